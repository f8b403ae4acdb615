/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import io.sparkconnect.proxy.route.Backend;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** An HTTP/2 server that greets, takes requests and is gone in the middle, as after kill -9. */
public final class SocketCutter implements AutoCloseable {
    private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    private static final int HEADERS = 1;
    private static final int PREFACE_BYTES = 24;

    private final ServerSocket listening;

    public SocketCutter() throws IOException {
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    public Backend backend() {
        return new Backend("container_cutter", "", "127.0.0.1", listening.getLocalPort());
    }

    /** Reads until a request's headers have come, and breaks the connection with a RST. */
    public void awaitRequestAndCut() throws IOException {
        try (Socket socket = listening.accept()) {
            socket.getOutputStream().write(EMPTY_SETTINGS);
            InputStream in = socket.getInputStream();
            in.readNBytes(PREFACE_BYTES);
            int type;
            do {
                byte[] header = in.readNBytes(9);
                int length = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff);
                type = header[3];
                in.readNBytes(length);
            } while (type != HEADERS);
            socket.setSoLinger(true, 0);
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
