/* SPDX-License-Identifier: Apache-2.0 */
/** What the proxy tells about its traffic: counters, the access log, and the text that Prometheus reads. Thread-safe. */
package io.sparkconnect.proxy.metrics;
