/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/**
 * A decoded header block. Never changed once made: equal blocks of a connection share one list, and an encoder remembers the
 * bytes that it made of it.
 */
public final class HeaderList {
    private final Http2Headers fields;
    private final int identity = System.identityHashCode(this);
    private @Nullable Object derived;

    /** @param fields not to be changed any more */
    public HeaderList(Http2Headers fields) {
        this.fields = fields;
    }

    public Http2Headers fields() {
        return fields;
    }

    /** Tells lists apart that are not the same, mostly. Cheaper than to ask the JVM at each sight of the list. */
    int identity() {
        return identity;
    }

    /** What a reader of this list has worked out and wants to find again when the same list comes by; null at first. */
    public @Nullable Object derived() {
        return derived;
    }

    public void derived(Object value) {
        this.derived = value;
    }
}
