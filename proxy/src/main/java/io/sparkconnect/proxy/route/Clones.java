/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.route;

import io.netty.buffer.ByteBuf;
import io.sparkconnect.registry.SessionBinding;
import io.sparkconnect.registry.SessionKey;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Binds clones to the server of their source, before anybody can use them. Confined to the core thread. */
final class Clones {
    private static final Logger LOG = LoggerFactory.getLogger(Clones.class);

    private final RouterState state;
    private final WriteBehind writeBehind;

    Clones(RouterState state, WriteBehind writeBehind) {
        this.state = state;
        this.writeBehind = writeBehind;
    }

    /** The new session id in a CloneSessionResponse; null when there is none that can be read. Any thread. */
    static @Nullable String newSessionId(ByteBuf response) {
        ProtoScan fields = new ProtoScan(response, response.readerIndex(), response.writerIndex(), true);
        String newSessionId = null;
        while (fields.next() == ProtoScan.Step.FIELD) {
            if (fields.field() == ConnectMethod.CLONED_SESSION_ID_FIELD
                    && fields.wireType() == ProtoScan.LENGTH_DELIMITED
                    && fields.valueLength() <= SessionKeyReader.MAX_ID_BYTES) {
                newSessionId = fields.text();
            }
        }
        return newSessionId == null || newSessionId.isEmpty() ? null : newSessionId;
    }

    /**
     * Binds the clone. When the registry does not answer the binding is kept in memory and written later.
     *
     * @param answered whether the clone exists already; otherwise its server is still to be asked
     * @param done told whether the clone may live on that server
     */
    void bind(SessionKey clone, String serverId, boolean answered, Consumer<Boolean> done) {
        Binding known = state.bindings.get(clone);
        if (known != null) {
            done.accept(known.serverId.equals(serverId));
            return;
        }
        long now = state.now();
        Binding proposed = new Binding(clone, serverId, state.poolOf(serverId), now, now, false);
        proposed.awaitsClone = !answered;
        SessionBinding record = proposed.record(state.clock);
        state.questions.ask(
                () -> state.table.bindIfAbsent(record),
                state.registryPatienceMs(),
                (winner, failure) -> done.accept(
                        winner == null ? keepUnwritten(proposed, failure) : bound(proposed, record, winner)),
                late -> writeBehind.obey(clone, late));
    }

    /** The server refused the clone that the request named: the id is free again. */
    void refused(SessionKey clone, String serverId, Consumer<Binding> release) {
        Binding known = state.bindings.get(clone);
        if (known != null && known.awaitsClone && known.serverId.equals(serverId)) {
            release.accept(known);
        }
    }

    private boolean bound(Binding proposed, SessionBinding record, SessionBinding winner) {
        boolean ours = winner.serverId().equals(proposed.serverId);
        if (!ours) {
            LOG.warn(
                    "session={} was to be cloned to server={}, but is bound to server={}",
                    proposed.key,
                    proposed.serverId,
                    winner.serverId());
        }
        Binding binding = Binding.of(proposed.key, winner, state.clock);
        // One that was there before is not taken back when the server refuses the clone.
        binding.awaitsClone = proposed.awaitsClone && winner.equals(record);
        state.bind(binding);
        state.count(RouterEvent.CLONED);
        return ours;
    }

    private boolean keepUnwritten(Binding proposed, @Nullable Throwable failure) {
        LOG.warn("session={} server={} clone bound in memory only for now", proposed.key, proposed.serverId, failure);
        state.count(RouterEvent.REGISTRY_FAILURES);
        state.bind(proposed);
        // The clone is there or will be, so its binding must hold: without room now the sweep finds room later.
        if (!writeBehind.isFull()) {
            writeBehind.add(proposed);
        }
        state.count(RouterEvent.CLONED);
        return true;
    }
}
