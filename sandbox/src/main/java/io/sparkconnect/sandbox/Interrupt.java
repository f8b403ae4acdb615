/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C, TERM and HUP as something to wait for, so that the main thread stops things in order. A JVM shutdown hook will
 * not do: Hadoop's own hooks run beside it and take file systems away. The JDK has no documented way, so its signal class
 * is reached by name.
 */
final class Interrupt {
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
                                arrived.countDown();
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
