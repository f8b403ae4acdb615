/* SPDX-License-Identifier: Apache-2.0 */
/**
 * HTTP/2 as rules (RFC 9113, RFC 7541): frame layout, reading and writing of frames, settings, header blocks, flow-control
 * windows, stream states, and the limits that keep a peer from hurting us. No I/O and no threads in here: everything works
 * on plain buffers, and each object belongs to the one event loop of its connection.
 */
@NullMarked
package io.sparkconnect.proxy.h2;

import org.jspecify.annotations.NullMarked;
