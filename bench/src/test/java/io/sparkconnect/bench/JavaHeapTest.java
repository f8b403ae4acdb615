/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JavaHeapTest {
    @Test
    void addsUpTheGenerationsOfTheSerialCollector() {
        String info = """
                4711:
                 def new generation   total 9792K, used 348K [0x01, 0x02, 0x03)
                  eden space 8704K,   4% used [0x01, 0x02, 0x03)
                 tenured generation   total 21888K, used 12000K [0x01, 0x02, 0x03)
                   the space 21888K,  54% used [0x01, 0x02, 0x03)
                 Metaspace       used 9000K, committed 9100K, reserved 1114112K
                  class space    used 900K, committed 1000K, reserved 1048576K
                """;

        assertThat(JavaHeap.usedKib(info)).isEqualTo(12348);
    }

    @Test
    void readsTheHeapOfG1() {
        String info = """
                4711:
                 garbage-first heap   total 262144K, used 5120K [0x01, 0x02)
                  region size 1024K, 2 young (2048K), 0 survivors (0K)
                 Metaspace       used 9000K, committed 9100K, reserved 1114112K
                """;

        assertThat(JavaHeap.usedKib(info)).isEqualTo(5120);
    }
}
