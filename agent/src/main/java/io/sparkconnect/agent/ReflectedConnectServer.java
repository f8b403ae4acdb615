/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.agent;

import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.collection.Seq;
import scala.util.Either;
import scala.util.Right;

/**
 * {@code SparkConnectService} by reflection: 3.4 can count nothing, 3.5 counts operations, 4.0 sessions too; and in 3.x
 * its jar is not in Spark's class path but in the loader of {@code --jars}.
 */
final class ReflectedConnectServer implements ConnectServer {
    private static final Logger LOG = LoggerFactory.getLogger(ReflectedConnectServer.class);
    private static final String SERVICE = "org.apache.spark.sql.connect.service.SparkConnectService$";

    private final ClassLoader loader;

    ReflectedConnectServer(ClassLoader loader) {
        this.loader = loader;
    }

    /**
     * Only to be called once the SparkContext is up: it initialises Spark's class, whose fields read the SparkEnv.
     * Before the server is up {@code localPort} throws (an assertion on its null server, or grpc's "Not started").
     */
    @Override
    public OptionalInt boundPort() {
        try {
            return invoke(service(), "localPort") instanceof Integer port && port > 0
                    ? OptionalInt.of(port)
                    : OptionalInt.empty();
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.trace("no bound port yet", e);
            return OptionalInt.empty();
        }
    }

    @Override
    public Load load() {
        return new Load(sessions(), operations());
    }

    private int sessions() {
        try {
            Object manager = invoke(service(), "sessionManager");
            return invoke(manager, "listActiveSessions") instanceof Seq<?> sessions ? sessions.size() : -1;
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.trace("this Spark does not list sessions", e);
            return -1;
        }
    }

    private int operations() {
        try {
            // Left: nothing runs, and when something last did. Right: what runs.
            if (invoke(service(), "listActiveExecutions") instanceof Either<?, ?> executions) {
                return executions instanceof Right<?, ?> right && right.value() instanceof Seq<?> running
                        ? running.size()
                        : 0;
            }
            return -1;
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.trace("this Spark does not list executions", e);
            return -1;
        }
    }

    @Override
    public void stop(Duration grace) {
        try {
            Object service = service();
            service.getClass()
                    .getMethod("stop", Option.class, Option.class)
                    .invoke(service, Option.apply(grace.toMillis()), Option.apply(TimeUnit.MILLISECONDS));
        } catch (InvocationTargetException e) {
            LOG.warn("the gRPC server did not stop cleanly", e.getCause());
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.warn("this Spark has no way to stop its gRPC server gracefully; its calls end with the process", e);
        }
    }

    private Object service() throws ReflectiveOperationException {
        return Class.forName(SERVICE, true, loader).getField("MODULE$").get(null);
    }

    private static Object invoke(Object target, String method) throws ReflectiveOperationException {
        return target.getClass().getMethod(method).invoke(target);
    }
}
