/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins at the ApplicationMaster, and again whenever it has been silent for long: a new attempt may not know this server.
 * Without limit of time, since an AM may be away for long while the server serves. One thread calls {@link #step}.
 */
final class JoinLoop {
    /** Some polls long: an AM that was killed in the moment of a join may have forgotten it, and must soon learn again. */
    static final Duration SILENCE = Duration.ofSeconds(15);

    static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** For a wrong secret, which time alone hardly mends. */
    private static final Duration LONGEST_PAUSE_REFUSED = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(JoinLoop.class);

    private enum Round {
        JOINED,
        REFUSED,
        NOBODY,
        DISOWNED
    }

    private final List<URI> urls;
    private final String json;
    private final AmClient am;
    private final Contact contact;
    private final Departure departure;
    /** Uniform in [0, 1). */
    private final DoubleSupplier random;

    private Duration pause = FIRST_PAUSE;
    private int failedRounds;
    private boolean joinedBefore;

    JoinLoop(
            AgentEnvironment environment,
            String json,
            AmClient am,
            Contact contact,
            Departure departure,
            DoubleSupplier random) {
        this.urls = environment.joinUrls().stream()
                .map(base -> URI.create(base + "/agent/join/" + environment.serverId()))
                .toList();
        this.json = json;
        this.am = am;
        this.contact = contact;
        this.departure = departure;
        this.random = random;
    }

    /** Joins if that is due, and says when to call again. */
    Duration step() throws InterruptedException {
        if (contact.within(SILENCE)) {
            pause = FIRST_PAUSE;
            failedRounds = 0;
            return LOOK_AGAIN;
        }
        if (joinedBefore && failedRounds == 0) {
            LOG.info("The ApplicationMaster has not asked for {} s; joining again.", SILENCE.toSeconds());
        }
        return switch (tryAll()) {
            case JOINED -> {
                contact.made();
                joinedBefore = true;
                yield LOOK_AGAIN;
            }
            case DISOWNED -> {
                departure.disowned();
                yield LONGEST_PAUSE;
            }
            case REFUSED -> nextPause(LONGEST_PAUSE_REFUSED);
            case NOBODY -> nextPause(LONGEST_PAUSE);
        };
    }

    private Round tryAll() throws InterruptedException {
        Round round = Round.NOBODY;
        for (URI url : urls) {
            switch (put(url)) {
                case 200 -> {
                    LOG.info("Joined the ApplicationMaster at {}.", url);
                    return Round.JOINED;
                }
                case 410 -> {
                    return Round.DISOWNED;
                }
                case 403 -> round = Round.REFUSED;
                default -> {}
            }
        }
        return round;
    }

    /** The answer's status, or 0 without one. */
    private int put(URI url) throws InterruptedException {
        try {
            AmClient.Answer answer = am.put(url, json);
            if (answer.status() != 200) {
                complain(url, "HTTP " + answer.status() + " " + answer.text());
            }
            return answer.status();
        } catch (IOException e) {
            complain(url, e.toString());
            return 0;
        }
    }

    /** Loudly at first and then every tenth time: an AM that restarts is no news, one that stays away is. */
    private void complain(URI url, String what) {
        if (failedRounds % 10 == 0) {
            LOG.warn("Cannot join the ApplicationMaster at {}: {} (try {}; trying on).", url, what, failedRounds + 1);
        } else {
            LOG.debug("Cannot join the ApplicationMaster at {}: {} (try {}).", url, what, failedRounds + 1);
        }
    }

    /** Between half of the pause and all of it: many servers miss the same AM at the same moment. */
    private Duration nextPause(Duration longest) {
        failedRounds++;
        Duration base = pause.compareTo(longest) < 0 ? pause : longest;
        pause = base.multipliedBy(2);
        return Duration.ofMillis((long) (base.toMillis() * (0.5 + random.getAsDouble() / 2)));
    }
}
