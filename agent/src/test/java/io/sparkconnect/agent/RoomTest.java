/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The agent lives in servers that run users' code, on whatever Spark the cluster has: it brings nothing along. */
@AnalyzeClasses(packages = "io.sparkconnect", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomTest {
    @ArchTest
    static final ArchRule usesOnlyWhatEverySparkBrings = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.sparkconnect.agent",
                    "java..",
                    "com.sun.net.httpserver",
                    "org.slf4j",
                    "org.apache.spark",
                    "org.apache.spark.api.plugin",
                    "org.apache.spark.scheduler",
                    "org.apache.hadoop.conf",
                    "org.apache.hadoop.io",
                    "org.apache.hadoop.security",
                    "org.apache.hadoop.util",
                    "scala..",
                    "org.jspecify.annotations");
}
