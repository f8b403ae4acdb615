/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * What {@code client_type} tells: {@code _SPARK_CONNECT_PYTHON spark/4.0.1 os/linux python/3.11} and its like, with the user's
 * own {@code user_agent} in front. Clients of Go, Rust and Swift, and Python's of 3.4, name no version. Stateless.
 */
final class ClientType {
    private static final int LONGEST = 1024;
    private static final String SPARKS_OWN = "_SPARK_CONNECT_";
    private static final String VERSION = " spark/";
    private static final int TELLS_WHAT_IT_SAW = 4;

    private ClientType() {}

    /** A client of Spark 4.0 or later, which says in each request which server it has seen, once it has. */
    static boolean namesSpark4(byte[] clientType) {
        if (clientType.length > LONGEST) {
            return false;
        }
        String text = new String(clientType, ISO_8859_1);
        int own = text.lastIndexOf(SPARKS_OWN);
        int version = own < 0 ? -1 : text.indexOf(VERSION, own);
        if (version < 0) {
            return false;
        }
        int at = version + VERSION.length();
        int major = 0;
        while (at < text.length() && Character.isDigit(text.charAt(at)) && major < TELLS_WHAT_IT_SAW) {
            major = 10 * major + Character.digit(text.charAt(at), 10);
            at++;
        }
        return major >= TELLS_WHAT_IT_SAW && text.indexOf('.', at) >= 0;
    }
}
