/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@SuppressWarnings("AddressSelection") // These are addresses, no names.
class AddressRangesTest {
    private final List<String> mistakes = new ArrayList<>();

    @Test
    void containsWhatLiesInOneOfTheRanges() {
        AddressRanges ranges = AddressRanges.parse(List.of("10.1.0.0/16", "192.0.2.7", "fd00::/8"), mistakes);

        assertThat(mistakes).isEmpty();
        assertThat(List.of("10.1.255.1", "192.0.2.7", "fd12::1"))
                .allMatch(address -> ranges.contain(new InetSocketAddress(address, 1)));
        assertThat(List.of("10.2.0.1", "192.0.2.8", "fe80::1", "::1"))
                .noneMatch(address -> ranges.contain(new InetSocketAddress(address, 1)));
    }

    @Test
    void everyAddressIsInARangeOfNoBits() {
        AddressRanges ranges = AddressRanges.parse(List.of("0.0.0.0/0", "::/0"), mistakes);

        assertThat(ranges.contain(new InetSocketAddress("203.0.113.1", 1))).isTrue();
        assertThat(ranges.contain(new InetSocketAddress("2001:db8::1", 1))).isTrue();
    }

    @Test
    void namesEachTextThatIsNoRange() {
        AddressRanges.parse(List.of("10.0.0.0/33", "balancer.example/8", "10.0.0/8", "::1/x", "fd00::/129"), mistakes);

        assertThat(mistakes)
                .hasSize(5)
                .first()
                .asString()
                .isEqualTo("10.0.0.0/33 (expected: an address or ADDRESS/BITS, as 10.0.0.0/8 or fd00::/8)");
    }
}
