/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import java.util.ArrayList;
import java.util.List;

/**
 * A Log4j configuration that lies in every server's container, for pools that ask for it: without one, Spark writes all that
 * it says to stderr, and a driver that lives for months fills its node's disk. The site's own configuration is nothing that
 * we may replace unasked. As with the ApplicationMaster's log, warnings go to stderr as well, whose last lines stand in death
 * certificates, and the rotated files have names that YARN's log aggregation takes while the service runs.
 */
final class RollingLog {
    /** Found by this name alone: the container's directory is the driver's. */
    static final String FILE = "sparkconnect-log4j2.properties";

    private static final String END = "END_OF_LOG_CONFIGURATION";

    /** 64 MB a file, nine files; Log4j 2.20 of Spark 3.5 and 2.25 of Spark 4 read it alike. */
    private static final String CONFIGURATION = """
            status = warn

            appender.file.type = RollingFile
            appender.file.name = file
            appender.file.fileName = ${env:SPARKCONNECT_LOG_DIR}/spark.log
            appender.file.filePattern = ${env:SPARKCONNECT_LOG_DIR}/spark.log.%i
            appender.file.layout.type = PatternLayout
            appender.file.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
            appender.file.policies.type = Policies
            appender.file.policies.size.type = SizeBasedTriggeringPolicy
            appender.file.policies.size.size = 64MB
            appender.file.strategy.type = DefaultRolloverStrategy
            appender.file.strategy.fileIndex = min
            appender.file.strategy.max = 8

            appender.stderr.type = Console
            appender.stderr.name = stderr
            appender.stderr.target = SYSTEM_ERR
            appender.stderr.filter.threshold.type = ThresholdFilter
            appender.stderr.filter.threshold.level = warn
            appender.stderr.layout.type = PatternLayout
            appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex

            rootLogger.level = info
            rootLogger.appenderRef.file.ref = file
            rootLogger.appenderRef.stderr.ref = stderr

            # As in Spark's own default configuration.
            logger.jetty.name = org.sparkproject.jetty
            logger.jetty.level = warn
            logger.parquet.name = org.apache.parquet
            logger.parquet.level = error
            """;

    private RollingLog() {}

    /** Lines of the script. YARN tells several log directories where a node has several disks; one will do. */
    static List<String> write() {
        List<String> lines = new ArrayList<>();
        lines.add("log_directories=${LOG_DIRS:-$PWD}");
        lines.add("export SPARKCONNECT_LOG_DIR=\"${log_directories%%,*}\"");
        lines.add("cat > " + FILE + " <<'" + END + "'");
        CONFIGURATION.lines().forEach(lines::add);
        lines.add(END);
        return lines;
    }
}
