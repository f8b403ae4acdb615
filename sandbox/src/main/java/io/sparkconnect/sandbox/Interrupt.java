/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ctrl-C, TERM and HUP as something to wait for, so that the main thread stops things in order. A JVM shutdown hook will
 * not do: Hadoop's own hooks run beside it and take file systems away. The JDK has no documented way, so its signal class
 * is reached by name.
 */
final class Interrupt {
    private static final int INTERRUPTED = 130;

    private final AtomicInteger insistence = new AtomicInteger();
    private final CountDownLatch arrived = new CountDownLatch(1);

    private Interrupt() {}

    static Interrupt listen() {
        Interrupt interrupt = new Interrupt();
        for (String signal : new String[] {"INT", "TERM", "HUP"}) {
            interrupt.handle(signal);
        }
        return interrupt;
    }

    void await() throws InterruptedException {
        arrived.await();
    }

    boolean hasArrived() {
        return arrived.getCount() == 0;
    }

    /** Whoever insists gets the process ended at once, whatever is left behind. */
    private void arrive() {
        arrived.countDown();
        int times = insistence.incrementAndGet();
        if (times == 2) {
            System.err.println("stopping; once more ends the process at once and leaves things behind");
        } else if (times > 2) {
            Runtime.getRuntime().halt(INTERRUPTED);
        }
    }

    private void handle(String name) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object handler = Proxy.newProxyInstance(
                    Interrupt.class.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                        return switch (method.getName()) {
                            case "hashCode" -> System.identityHashCode(proxy);
                            case "equals" -> proxy == arguments[0];
                            case "toString" -> "interrupt";
                            default -> {
                                arrive();
                                yield null;
                            }
                        };
                    });
            signal.getMethod("handle", signal, handlerType)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM does not let us handle SIG" + name, e);
        }
    }
}
