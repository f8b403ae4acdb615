/* SPDX-License-Identifier: Apache-2.0 */
/** The proxies that are compared, and the processes they run in. Used by the main thread only. */
package io.sparkconnect.bench.peer;
