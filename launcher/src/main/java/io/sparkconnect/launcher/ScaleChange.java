/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.PoolSpec;
import io.sparkconnect.registry.PoolStatus;
import io.sparkconnect.registry.ServiceSpec;
import io.sparkconnect.registry.ServiceStatus;
import io.sparkconnect.registry.settings.ServiceSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Another size of a pool. */
final class ScaleChange implements Change {
    private static final int MOST_SERVERS = 1000;

    private final PoolChoice choice;
    private final @Nullable Integer least;
    private final @Nullable Integer most;
    private String pool = "";

    /** @param least null keeps it as it is, and so does {@code most} */
    ScaleChange(PoolChoice choice, @Nullable Integer least, @Nullable Integer most) {
        this.choice = choice;
        this.least = least;
        this.most = most;
    }

    @Override
    public Proposal propose(ServiceSpec spec, @Nullable ServiceStatus status) throws CommandException {
        PoolSpec before = choice.of(spec);
        pool = before.name();
        int min = least == null ? before.minServers() : least;
        int max = most == null ? before.maxServers() : most;
        check(min, max);
        if (min == before.minServers() && max == before.maxServers()) {
            return Proposal.nothing(spec);
        }
        ServiceSpec after = spec.withPool(before.withServers(min, max));
        if (OwnKeys.describe(spec, pool)) {
            Map<String, String> settings = new TreeMap<>(spec.settings());
            OwnKeys.set(spec, pool, ServiceSettings.SERVERS_MIN, Integer.toString(min), settings);
            OwnKeys.set(spec, pool, ServiceSettings.SERVERS_MAX, Integer.toString(max), settings);
            after = after.withSettings(settings);
        }
        return new Proposal(
                after,
                List.of("scale pool " + pool + " from " + inWords(before.minServers(), before.maxServers()) + " to "
                        + inWords(min, max)),
                List.of());
    }

    private void check(int min, int max) throws CommandException {
        List<String> mistakes = new ArrayList<>();
        if (min < 0 || min > MOST_SERVERS) {
            mistakes.add("--min: " + min + " (expected: 0 to " + MOST_SERVERS + ")");
        }
        if (max < 1 || max > MOST_SERVERS) {
            mistakes.add("--max: " + max + " (expected: 1 to " + MOST_SERVERS + ")");
        }
        if (mistakes.isEmpty() && min > max) {
            mistakes.add(
                    most == null
                            ? "--min: " + min + " (expected: at most " + max
                                    + ", which is the pool's maximum; or give --max" + " too)"
                            : "--max: " + max + " (expected: at least " + min + ", which is the "
                                    + (least == null ? "pool's minimum; or give --min too)" : "--min that is given)"));
        }
        if (!mistakes.isEmpty()) {
            throw new CommandException(ExitCode.BAD_INPUT, mistakes, null);
        }
    }

    private static String inWords(int min, int max) {
        return min == max ? InWords.count(min, "server") : min + " to " + InWords.count(max, "server");
    }

    @Override
    public Outcome look(ServiceSpec written, ServiceStatus status) {
        PoolStatus now = status.pools().get(pool);
        PoolSpec wished = written.pools().get(pool);
        if (now == null || wished == null) {
            return new Outcome.Waiting("pool " + pool + " to be seen");
        }
        boolean aimed = now.desired() >= wished.minServers() && now.desired() <= wished.maxServers();
        if (aimed && now.ready() >= now.desired() && now.draining() == 0) {
            return new Outcome.Done("pool " + pool + " has " + InWords.count(now.ready(), "ready server"));
        }
        String message = InWords.oneLine(status.message(), 200);
        return new Outcome.Waiting("pool " + pool + ": " + now.ready() + " of "
                + InWords.count(now.desired(), "server") + " ready"
                + (now.draining() > 0 ? ", " + now.draining() + " draining" : "")
                + (message.isEmpty() ? "" : "; " + message));
    }

    @Override
    public boolean isStillWished(ServiceSpec written, ServiceSpec now) {
        PoolSpec then = written.pools().get(pool);
        PoolSpec later = now.pools().get(pool);
        return then != null
                && later != null
                && then.minServers() == later.minServers()
                && then.maxServers() == later.maxServers();
    }
}
