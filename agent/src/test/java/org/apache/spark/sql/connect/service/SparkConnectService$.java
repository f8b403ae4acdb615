/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.spark.sql.connect.service;

import java.util.concurrent.TimeUnit;
import scala.Option;
import scala.collection.Seq;
import scala.collection.Seq$;
import scala.util.Either;
import scala.util.Left;

/** Looks to the agent like the Scala object of that name in Spark 4.x. */
public final class SparkConnectService$ {
    public static final SparkConnectService$ MODULE$ = new SparkConnectService$();

    public int port;
    public String stopped = "";

    private SparkConnectService$() {}

    public int localPort() {
        if (port == 0) {
            throw new AssertionError("assertion failed: server is null");
        }
        return port;
    }

    public SparkConnectService$ sessionManager() {
        return this;
    }

    public Seq<Object> listActiveSessions() {
        return Seq$.MODULE$.<Object>newBuilder().result();
    }

    public Either<Object, Seq<Object>> listActiveExecutions() {
        return new Left<>(1234L);
    }

    public void stop(Option<Object> timeout, Option<TimeUnit> unit) {
        stopped = timeout.get() + " " + unit.get();
    }
}
