/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The relay as an engine of its own: whole DATA frames pass as the slices that were read, with the stream id patched in
 * place; header blocks are unfolded and folded again; flow control is coupled per stream by credit alone.
 *
 * <p>Threads: a client's connection, the server connections that carry its streams, and everything between them live on one
 * event loop. Nothing in here locks, and nothing is touched from elsewhere but {@link FrameEngine}.
 *
 * <p>Buffers: the reader owns what was read. A {@link Flow} that cannot pass a frame on at once keeps its own reference or
 * copy, and gives it up to the {@link Outlet}; an outlet owns what it is given until the channel does.
 */
@NullMarked
package io.sparkconnect.proxy.relay;

import org.jspecify.annotations.NullMarked;
