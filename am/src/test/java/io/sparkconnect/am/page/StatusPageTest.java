/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.page;

import static io.sparkconnect.am.page.OutlookOnPage.NOW_MS;
import static io.sparkconnect.am.page.OutlookOnPage.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkconnect.am.core.Outlook;
import io.sparkconnect.registry.DeathCause;
import io.sparkconnect.registry.DeathCertificate;
import io.sparkconnect.registry.Decision;
import io.sparkconnect.registry.Orders;
import io.sparkconnect.registry.RolloutState;
import io.sparkconnect.registry.RolloutStatus;
import io.sparkconnect.registry.SpecChange;
import io.sparkconnect.registry.WaysToDie;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusPageTest {
    @ParameterizedTest
    @EnumSource
    void showsOfADeathItsCauseWhatToDoItsLastWordsAndItsLog(WaysToDie way) {
        String lost = server(77);
        String cause = Html.escape(way.cause().inWords());
        String remedy = way.remedy() == null ? "" : Html.escape(way.remedy());

        String page = show(OutlookOnPage.of(2).withDeath(way.certificate(lost, NOW_MS - 60_000)));

        assertThat(page)
                .contains(
                        "<h2>Servers lost: 1</h2><p>1 × " + cause + "</p>",
                        "<tr><td>60 s</td><td>default-0</td><td>n1:1</td><td>" + cause + "</td><td>" + way.exitStatus()
                                + "</td><td>" + remedy + "</td>")
                .contains("<a href=\"" + WaysToDie.logUrl(lost) + "\">" + lost + "</a>");
        if (way.lastLine() != null) {
            assertThat(page).contains("<td>" + Html.escape(way.lastLine()) + "</td>");
        }
    }

    @Test
    void countsDeathsByCauseTheMostFrequentFirst() {
        OutlookOnPage outlook = OutlookOnPage.of(2)
                .withDeath(WaysToDie.SIGKILL.certificate(server(50), NOW_MS - 1))
                .withDeath(WaysToDie.HEAP_OOM.certificate(server(51), NOW_MS - 2))
                .withDeath(WaysToDie.HEAP_OOM.certificate(server(52), NOW_MS - 3));

        assertThat(show(outlook))
                .contains("2 × the driver ran out of heap; 1 × the driver process was killed from outside (SIGKILL)");
    }

    /** A rolling restart of 200 servers shall not hide the one that was lost. */
    @Test
    void countsServersThatWereStoppedOnWishApart() {
        OutlookOnPage outlook = OutlookOnPage.of(2).withDeath(WaysToDie.SIGKILL.certificate(server(50), NOW_MS - 9));
        for (int i = 100; i < 300; i++) {
            outlook.withDeath(new DeathCertificate(
                    server(i), "default", "s", "n", DeathCause.STOPPED_BY_OPERATOR, 143, "", List.of(), null, null, 1));
        }

        assertThat(show(outlook))
                .contains("Servers lost: 1", server(50), "Not counted: 200 that operators or the pool&#39;s size had")
                .doesNotContain(server(100), "earlier ones");
    }

    @Test
    void showsHowFarARolloutIsAndWhyItWasRolledBack() {
        String page = show(OutlookOnPage.of(4)
                .withRollout(new RolloutStatus(3, RolloutState.ROLLED_BACK, 0, 4, "3 new servers failed: <why>")));

        assertThat(page)
                .contains(
                        "<h2>Last restart or upgrade</h2>",
                        "<td>default</td><td><span class=\"ROLLED_BACK\">ROLLED_BACK</span></td><td>0 of 4</td><td>3</td>"
                                + "<td>Spark home /opt/&lt;spark&gt;-4.1</td><td>3 new servers failed: &lt;why&gt;</td>");
    }

    @Test
    void showsWhatOperatorsDrainedWhoDidItAndWhatIsLeft() {
        Orders orders = Orders.NONE
                .drainNode("n0:1", OutlookOnPage.drain("ana"))
                .drainServer(server(1), OutlookOnPage.drain("ben"))
                .drainServer("container_gone", OutlookOnPage.drain("cleo"));

        String page = show(OutlookOnPage.of(2).withOrders(orders));

        assertThat(page)
                .contains(
                        "<td>node n0:1</td><td>ana</td><td>5 min</td><td>2 min</td><td>default-0 READY with 12 sessions</td>",
                        "<td>server " + server(1) + "</td><td>ben</td>")
                .doesNotContain("container_gone");
    }

    @Test
    void showsTheLastChangesByOperatorsTheNewestFirst() {
        Orders orders = new Orders(
                Map.of(),
                Map.of(),
                List.of(
                        new SpecChange(2, NOW_MS - 9_000, "ana", "scale pool default"),
                        new SpecChange(3, NOW_MS - 3_000, "<ben>", "restart")));

        String page = show(OutlookOnPage.of(2).withOrders(orders));

        assertThat(page).contains("<td>3</td><td>&lt;ben&gt;</td><td>restart</td>");
        assertThat(page.indexOf("&lt;ben&gt;")).isLessThan(page.indexOf("scale pool default"));
    }

    @Test
    void showsWhatAPoolNeedsAndWhatKeepsItFromThat() {
        assertThat(show(OutlookOnPage.of(2))).contains("<td>9 servers are needed: queue q can hold &lt;3&gt;</td>");
    }

    @Test
    void showsQueuesNodesAndTheNodesThatAreAvoided() {
        assertThat(show(OutlookOnPage.of(2)))
                .contains(
                        "<td>sparkconnect</td><td>–</td><td>1024</td><td>4096</td><td>3072</td>",
                        "<td>sparkconnect</td><td>CORE</td><td>512</td><td>2048</td><td>–</td>",
                        "40 RUNNING, 2 LOST",
                        "Servers are spread over nodes by blacklist: constraints are &lt;disabled&gt;",
                        "servers failed there again and again: n9:1");
    }

    /** At 3 a.m. the two that are missing must not hide among the 198 that are well. */
    @Test
    void putsWhatIsWrongBeforeTwoHundredServersThatAreWell() {
        String page = show(OutlookOnPage.of(200)
                .withReady(198)
                .withDeath(WaysToDie.DISK_FULL.certificate(server(250), NOW_MS - 1)));

        assertThat(page)
                .contains("<h2>Servers that are not ready: 2</h2>")
                .contains("<details><summary>Servers that are ready: 198</summary>");
        assertThat(page.indexOf("default-199")).isLessThan(page.indexOf("Servers lost: 1"));
        assertThat(page.indexOf("Servers lost: 1")).isLessThan(page.indexOf("Last decisions"));
        assertThat(page.indexOf("Last decisions")).isLessThan(page.indexOf("Servers that are ready"));
    }

    @Test
    void foldsAwayWhatRepeatsWhenTwoHundredServersWait() {
        String page = show(OutlookOnPage.of(200)
                .withReady(0)
                .withReason("waits for a container: queue sparkconnect is full")
                .withDecisions(IntStream.range(0, 50)
                        .mapToObj(i -> new Decision(NOW_MS - 50_000 + i, "decision " + i))
                        .toList()));

        String folded = page.replaceAll("<details>.*?</details>", "");
        assertThat(folded)
                .contains("All of them: waits for a container: queue sparkconnect is full", "decision 49")
                .doesNotContain("decision 1<");
        assertThat(folded.split("<tr>")).hasSizeLessThan(60);
        assertThat(page).contains("180 more", "38 earlier ones", "decision 0", "default-199");
    }

    @Test
    void escapesWhateverComesFromElsewhere() {
        String evil = "<img src=x onerror=\"alert('1')\">&";
        Orders orders = Orders.NONE.drainNode(evil, OutlookOnPage.drain(evil));
        Outlook outlook = OutlookOnPage.of(2)
                .withReason(evil)
                .withOrders(new Orders(
                        orders.drainedServers(), orders.drainedNodes(), List.of(new SpecChange(3, 1, evil, evil))))
                .withRollout(new RolloutStatus(3, RolloutState.RUNNING, 0, 1, evil))
                .withDecisions(List.of(new Decision(1, evil)))
                .withDeath(new DeathCertificate(
                        evil,
                        evil,
                        evil,
                        evil,
                        DeathCause.EXITED,
                        1,
                        evil,
                        List.of(evil),
                        evil,
                        "javascript:" + evil,
                        1))
                .build();

        String page = StatusPage.of(evil, outlook, NOW_MS);

        assertThat(page).contains("&lt;img src=x").doesNotContain("<img", "href=\"javascript:", "onerror=\"");
    }

    @Test
    void isShortBeforeTheAttemptHasRecovered() {
        assertThat(StatusPage.of("svc", null, 0)).contains("recovering what its predecessor left");
    }

    private static String show(OutlookOnPage outlook) {
        return StatusPage.of("svc", outlook.build(), NOW_MS);
    }
}
