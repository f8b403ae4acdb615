/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Each container's own secret, derived from the application's master secret: no attempt has to store them. Thread-safe.
 */
public final class ServerSecrets {
    private static final String HMAC = "HmacSHA256";

    private final SecretKeySpec master;

    /** @param master the application's master secret; never empty */
    public ServerSecrets(byte[] master) {
        if (master.length == 0) {
            throw new IllegalArgumentException("master secret: empty (expected: 32 bytes from the launcher)");
        }
        this.master = new SecretKeySpec(master, HMAC);
    }

    /** 64 hex digits. */
    public String of(String containerId) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(master);
            return HexFormat.of().formatHex(mac.doFinal(containerId.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + HMAC, e);
        }
    }

    /** Compares in a time that does not depend on where they differ. */
    public boolean matches(String containerId, String claimed) {
        return MessageDigest.isEqual(
                of(containerId).getBytes(StandardCharsets.UTF_8), claimed.getBytes(StandardCharsets.UTF_8));
    }
}
