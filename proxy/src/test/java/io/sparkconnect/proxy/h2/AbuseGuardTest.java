/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One test a limit: below it nothing happens, above it the connection ends and the limit's counter says so. */
class AbuseGuardTest {
    private static final AbuseLimits LIMITS = AbuseLimits.forClients();

    private final LimitCounters counters = new LimitCounters();
    private long now = -5;
    private final AbuseGuard guard = new AbuseGuard(LIMITS, counters, () -> now);
    private final FrameReader reader =
            new FrameReader(UnpooledByteBufAllocator.DEFAULT, Frame.MIN_MAX_SIZE, guard, new RecordedFrames());

    @AfterEach
    void close() {
        reader.close();
    }

    @Test
    void stopsRapidReset() {
        assertStops(LIMITS.maxResetsReceived(), Limit.RESETS_RECEIVED, guard::resetReceived);
    }

    @Test
    void stopsMadeYouReset() {
        assertStops(LIMITS.maxResetsSent(), Limit.RESETS_SENT, guard::resetSent);
    }

    @Test
    void stopsAFloodOfPings() {
        assertStops(LIMITS.maxPings(), Limit.PINGS, guard::ping);
    }

    @Test
    void stopsAFloodOfSettings() {
        assertStops(LIMITS.maxSettings(), Limit.SETTINGS, () -> {
            ByteBuf in = Unpooled.buffer();
            Frame.writeHeader(in, 0, Frame.SETTINGS, 0, 0);
            reader.read(in);
        });
    }

    @Test
    void stopsAFloodOfFramesThatMeanNothing() {
        assertStops(LIMITS.maxIgnoredFrames(), Limit.IGNORED_FRAMES, () -> {
            ByteBuf in = Unpooled.buffer();
            Frame.writeHeader(in, 0, 0xcc, 0, 0);
            reader.read(in);
        });
    }

    @Test
    void stopsAFloodOfZeroWindowUpdates() {
        assertStops(LIMITS.maxZeroWindowUpdates(), Limit.ZERO_WINDOW_UPDATES, () -> {
            ByteBuf in = Unpooled.buffer();
            Frame.writeWindowUpdate(in, 1, 0);
            reader.read(in);
        });
    }

    @Test
    void stopsEmptyDataInARow() {
        assertStops(LIMITS.maxEmptyData(), Limit.EMPTY_DATA, () -> data(0));
    }

    @Test
    void letsEmptyDataBeWhenFullFramesAreBetween() throws Exception {
        for (int i = 0; i < 10 * LIMITS.maxEmptyData(); i++) {
            data(0);
            data(1);
        }
        assertThat(counters.hits(Limit.EMPTY_DATA)).isZero();
    }

    @Test
    void stopsAFloodOfContinuations() throws Exception {
        headers(1);
        assertStops(LIMITS.maxContinuations(), Limit.CONTINUATIONS, () -> continuation(1));
    }

    @Test
    void stopsAHeaderBlockThatIsTooLarge() throws Exception {
        headers(16_000);
        assertStops(2 * LIMITS.maxHeaderListBytes() / 16_000 - 1, Limit.HEADER_BLOCK_BYTES, () -> continuation(16_000));
    }

    @Test
    void stopsAPeerThatDoesNotReadItsControlFrames() throws Exception {
        guard.controlFramesQueued(LIMITS.maxControlFramesQueued(), LIMITS.maxControlBytesQueued());
        assertThat(catchThrowableOfType(
                                ConnectionErrorException.class,
                                () -> guard.controlFramesQueued(LIMITS.maxControlFramesQueued() + 1, 0))
                        .code())
                .isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);
        assertThat(counters.hits(Limit.CONTROL_FRAMES_QUEUED)).isEqualTo(1);
    }

    @Test
    void countsAnewWhenTheWindowHasPassed() throws Exception {
        for (int period = 0; period < 5; period++) {
            for (int i = 0; i < LIMITS.maxPings(); i++) {
                guard.ping();
            }
            now += LIMITS.window().toNanos();
        }
        assertThat(counters.hits(Limit.PINGS)).isZero();
    }

    @Test
    void doesNotCountAnewBeforeTheWindowHasPassed() {
        assertStops(LIMITS.maxPings(), Limit.PINGS, () -> {
            now += TimeUnit.MICROSECONDS.toNanos(1);
            guard.ping();
        });
    }

    private void assertStops(int allowed, Limit limit, ThrowingCallable event) {
        for (int i = 0; i < allowed; i++) {
            assertThat(catchThrowableOfType(Throwable.class, event))
                    .as("event %d", i)
                    .isNull();
        }
        assertThat(counters.hits(limit)).isZero();

        ConnectionErrorException stopped = catchThrowableOfType(ConnectionErrorException.class, event);

        assertThat(stopped.code()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);
        assertThat(stopped).hasMessageContaining(limit.name());
        assertThat(counters.hits(limit)).isEqualTo(1);
    }

    private void data(int length) throws ConnectionErrorException {
        ByteBuf in = Unpooled.buffer();
        Frame.writeHeader(in, length, Frame.DATA, 0, 1);
        reader.read(in.writeZero(length));
    }

    private void headers(int length) throws ConnectionErrorException {
        ByteBuf in = Unpooled.buffer();
        Frame.writeHeader(in, length, Frame.HEADERS, 0, 1);
        reader.read(in.writeZero(length));
    }

    private void continuation(int length) throws ConnectionErrorException {
        ByteBuf in = Unpooled.buffer();
        Frame.writeHeader(in, length, Frame.CONTINUATION, 0, 1);
        reader.read(in.writeZero(length));
    }
}
