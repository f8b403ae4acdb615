/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DepartureTest {
    private final FakeSpark spark = new FakeSpark();
    private final Life life = new Life();
    private final FakeProcess process = new FakeProcess();
    private final ManualDelays delays = new ManualDelays();
    private final Departure departure = new Departure(spark, life, process, delays);

    @Test
    void saysWhyBeforeItHaltsForALostContext() {
        spark.stop();
        departure.contextStopped("its YARN application ended or was killed");

        assertThat(life.isAlive()).isFalse();
        assertThat(life.reason()).isEqualTo("its YARN application ended or was killed");
        delays.pass(Departure.LAST_WORDS.minusMillis(1));
        assertThat(process.ends).isEmpty();
        delays.pass(Duration.ofMillis(1));
        assertThat(process.ends).containsExactly("halt 50");
    }

    @Test
    void letsSparkFinishItsStopBeforeItHalts() {
        spark.stopped = true;
        departure.contextStopped("lost");

        delays.pass(Duration.ofSeconds(12));
        assertThat(process.ends).isEmpty();
        spark.finishedStopping = true;
        delays.pass(Duration.ofSeconds(1));
        assertThat(process.ends).containsExactly("halt 50");
    }

    @Test
    void haltsWhenSparksStopHangs() {
        spark.stopped = true;
        departure.contextStopped("lost");

        delays.pass(Departure.PATIENCE.plusSeconds(1));

        assertThat(process.ends).containsExactly("halt 50");
    }

    @Test
    void letsAnEndingProcessFinishByItself() {
        process.ending = true;
        spark.stop();
        departure.contextStopped("the process is ending");

        delays.pass(Departure.PATIENCE.minusMillis(1));
        departure.lastHook();

        assertThat(process.ends).isEmpty();
        assertThat(life.reason()).contains("SIGTERM");
    }

    @Test
    void cutsAnEndingProcessShortWhenItHangs() {
        process.ending = true;
        departure.contextStopped("the process is ending");

        delays.pass(Departure.PATIENCE);

        assertThat(process.ends).containsExactly("halt 143");
    }

    @Test
    void givesItsOwnExitStatusWhenSparkEndsTheProcessForTheLostContext() {
        spark.stop();
        departure.contextStopped("its YARN application ended or was killed");
        process.ending = true;

        departure.lastHook();

        assertThat(process.ends).containsExactly("halt 50");
    }

    @Test
    void leavesTheExitStatusOfAnyOtherEndAlone() {
        departure.lastHook();

        assertThat(process.ends).isEmpty();
    }

    @Test
    void exitsWithZeroAfterARequestedStop() throws Exception {
        assertThat(departure.stopRequested(Duration.ofSeconds(5))).isTrue();
        spark.stopped = true;
        departure.contextStopped("SparkContext.stop was called");
        delays.after(Duration.ofSeconds(2), () -> spark.finishedStopping = true);

        departure.exitOnceStopped();

        assertThat(process.ends).containsExactly("exit 0");
        assertThat(life.reason()).isEqualTo("it was stopped on request");
    }

    @Test
    void cutsARequestedStopShortWhenItHangs() {
        departure.stopRequested(Duration.ofSeconds(5));

        delays.pass(Duration.ofSeconds(5).plus(Departure.PATIENCE));

        assertThat(process.ends).containsExactly("halt 0");
    }

    @Test
    void carriesOutOnlyTheFirstOfTwoRequestedStops() {
        assertThat(departure.stopRequested(Duration.ZERO)).isTrue();
        assertThat(departure.stopRequested(Duration.ZERO)).isFalse();
    }

    @Test
    void haltsADisownedContainer() {
        departure.disowned();

        assertThat(process.ends).containsExactly("halt 51");
    }

    @Test
    void haltsAServerThatNeverStarted() {
        departure.neverStarted(Duration.ofMinutes(10));

        assertThat(process.ends).containsExactly("halt 52");
        assertThat(life.reason()).contains("600 s");
    }

    @Test
    void keepsTheFirstReasonThatIsKnown() {
        life.ending();
        life.ended("first");
        life.ended("second");
        life.ending();

        assertThat(life.reason()).isEqualTo("first");
    }
}
