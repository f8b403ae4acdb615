/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.ServerRecord;
import io.sparkconnect.registry.zookeeper.AsyncZooKeeper.Node;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;

class RecordReaderTest {
    private static final String PATH = "/sparkconnect/test/servers/c1";

    private final RecordReader<ServerRecord> reader = new RecordReader<>(ServerRecord.class, RecordProblems::of);

    @Test
    void readsARecordThatIsRight() {
        assertThat(reader.read(PATH, node(JsonCodec.encode(Records.server("c1")), 1)))
                .contains(Records.server("c1"));
    }

    @Test
    void skipsARecordUnderAnothersName() {
        assertThat(reader.read(PATH, node(JsonCodec.encode(Records.server("c2")), 1)))
                .isEmpty();
    }

    @Test
    void complainsOnceAboutEachVersionOfGarbageWithPathAndReason() {
        String log = logged(() -> {
            for (int reading = 0; reading < 3; reading++) {
                reader.read(PATH, node("{oops".getBytes(StandardCharsets.UTF_8), 1));
            }
            reader.read(PATH, node("[]".getBytes(StandardCharsets.UTF_8), 2));
        });

        assertThat(log.lines().filter(line -> line.contains("path=" + PATH + " is skipped")))
                .hasSize(2);
        assertThat(log).contains("does not hold a ServerRecord");
    }

    private static Node node(byte[] data, long zxid) {
        Stat stat = new Stat();
        stat.setMzxid(zxid);
        return new Node(data, stat);
    }

    /** What slf4j-simple writes: it takes System.err anew for each line. */
    private static String logged(Runnable work) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
