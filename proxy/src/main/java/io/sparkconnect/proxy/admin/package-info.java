/* SPDX-License-Identifier: Apache-2.0 */
/** The operator's port: health, readiness, figures and what the proxy knows, over HTTP/1.1 on an own event loop. */
package io.sparkconnect.proxy.admin;
