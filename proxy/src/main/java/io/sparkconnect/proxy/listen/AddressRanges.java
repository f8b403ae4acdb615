/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.listen;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Addresses and ranges of addresses, IPv4 and IPv6. Immutable. */
public final class AddressRanges {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    private final List<IpSubnetFilterRule> rules;

    private AddressRanges(List<IpSubnetFilterRule> rules) {
        this.rules = rules;
    }

    /**
     * @param texts such as {@code 10.0.0.0/8}, {@code fd00::/8} or {@code 10.1.2.3}
     * @param mistakes gets what cannot be understood, each in words
     */
    public static AddressRanges parse(List<String> texts, List<String> mistakes) {
        List<IpSubnetFilterRule> rules = new ArrayList<>();
        for (String text : texts) {
            try {
                rules.add(rule(text));
            } catch (IllegalArgumentException e) {
                mistakes.add(text + " (expected: an address or ADDRESS/BITS, as 10.0.0.0/8 or fd00::/8)");
            }
        }
        return new AddressRanges(List.copyOf(rules));
    }

    public boolean contain(InetSocketAddress address) {
        return rules.stream().anyMatch(rule -> rule.matches(address));
    }

    private static IpSubnetFilterRule rule(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        boolean ipv4 = NetUtil.isValidIpV4Address(address);
        // A name would be looked up, and could change what it means.
        if (!ipv4 && !NetUtil.isValidIpV6Address(address)) {
            throw new IllegalArgumentException(text);
        }
        int most = ipv4 ? IPV4_BITS : IPV6_BITS;
        int bits = slash < 0 ? most : Integer.parseInt(text.substring(slash + 1));
        if (bits < 0 || bits > most) {
            throw new IllegalArgumentException(text);
        }
        return new IpSubnetFilterRule(address, bits, IpFilterRuleType.ACCEPT);
    }
}
