/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.LogManager;

/** What {@code scripts/sandbox.sh} runs: the whole system on one machine, until Ctrl-C or the end of a demo. */
public final class Sandbox {
    private static final int FAILED = 1;
    private static final int BAD_INPUT = 2;

    private final SandboxArguments arguments;
    private final Narrator narrator;
    private final Interrupt interrupt;

    private Sandbox(SandboxArguments arguments, Narrator narrator, Interrupt interrupt) {
        this.arguments = arguments;
        this.narrator = narrator;
        this.interrupt = interrupt;
    }

    public static void main(String[] args) {
        // Jersey, inside YARN, speaks through java.util.logging.
        LogManager.getLogManager().reset();
        int exitCode = FAILED;
        try {
            Narrator narrator = new Narrator(System.out);
            exitCode = new Sandbox(SandboxArguments.parse(args), narrator, Interrupt.listen()).run();
        } catch (IllegalArgumentException | SandboxCluster.PortTakenException e) {
            System.err.println("error: " + e.getMessage());
            exitCode = BAD_INPUT;
        } catch (Throwable e) {
            // Errors too: this thread must end the process, since signals only ask it to, and Hadoop's threads keep it.
            System.err.println("error: " + e);
            e.printStackTrace();
        }
        System.exit(exitCode);
    }

    private int run() throws Exception {
        SandboxCluster cluster = SandboxCluster.start(arguments.options(), narrator);
        int exitCode = FAILED;
        try {
            exitCode = use(cluster);
        } finally {
            if (exitCode != 0 && !interrupt.hasArrived()) {
                cluster.keepLogs(arguments.options().keptLogs());
            }
            cluster.close();
        }
        narrator.say("all gone");
        return exitCode;
    }

    private int use(SandboxCluster cluster) throws IOException, InterruptedException {
        if (interrupt.hasArrived()) {
            return 0;
        }
        LauncherRun launch = cluster.launchService();
        if (launch.exitCode() != 0) {
            return interrupt.hasArrived() ? 0 : FAILED;
        }
        int servers = arguments.options().servers();
        System.out.println();
        System.out.println("READY " + cluster.clientUrl() + " (" + servers + (servers == 1 ? " server)" : " servers)"));
        if (arguments.demo() != null) {
            return demo(cluster, arguments.demo());
        }
        System.out.println(snippet(cluster));
        interrupt.await();
        System.out.println();
        return 0;
    }

    private int demo(SandboxCluster cluster, Path script) throws IOException, InterruptedException {
        narrator.say("running the demo: " + script + " demo " + cluster.clientUrl());
        int exitCode = new ProcessBuilder(List.of(python(), script.toString(), "demo", cluster.clientUrl()))
                .inheritIO()
                .start()
                .waitFor();
        narrator.say("the demo ended with exit code " + exitCode);
        return exitCode;
    }

    private String snippet(SandboxCluster cluster) {
        return """

                Try it in another terminal:

                  %s -c '
                from pyspark.sql import SparkSession
                spark = SparkSession.builder.remote("%s").getOrCreate()
                spark.range(10).selectExpr("id", "id * id AS square").show()
                spark.stop()
                '

                Look at it, with any command of docs/cli.md:

                  export PATH=%s:$PATH
                  scripts/sparkconnect.sh status

                Ctrl-C stops everything.
                """.formatted(python(), cluster.clientUrl(), cluster.commands());
    }

    private String python() {
        Path python = arguments.options().python();
        return python == null ? "python3" : python.toString();
    }
}
