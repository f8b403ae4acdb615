/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.proxy.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.sparkconnect.proxy.listen.ReusedBuffers;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class that let a buffer go without releasing it. Applies to every class of the module. */
public final class LeakWatch implements BeforeAllCallback, AfterAllCallback {
    private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();
    private static final Set<Class<?>> WATCHED = ConcurrentHashMap.newKeySet();
    private static final int ALLOCATIONS_THAT_POLL = 100;

    static {
        // Before the first buffer class is loaded: they keep their detector for good.
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new RecordingFactory());
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        WATCHED.add(context.getRequiredTestClass());
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        // Loops that are shutting down still write their last.
        await().untilAsserted(() -> assertThat(ReusedBuffers.lent())
                .as("lent buffers that did not come back")
                .isZero());
        assertNoLeaks();
    }

    /** Whether the class is looked after, without having asked for it. */
    static boolean watches(Class<?> testClass) {
        return WATCHED.contains(testClass);
    }

    /** For the test of this watch only. */
    static void forgetLeaks() {
        LEAKS.clear();
    }

    /** Collects garbage and asserts that no buffer was among it. */
    public static void assertNoLeaks() {
        for (int round = 0; round < 2; round++) {
            System.gc();
            System.runFinalization();
            for (int i = 0; i < ALLOCATIONS_THAT_POLL; i++) {
                ByteBufAllocator.DEFAULT.buffer(16).release();
            }
        }
        assertThat(LEAKS).as("buffers that were never released").isEmpty();
    }

    private static final class RecordingFactory extends ResourceLeakDetectorFactory {
        @Override
        @SuppressWarnings("deprecation") // The factory's abstract method is the deprecated one.
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                Class<T> resource, int samplingInterval, long maxActive) {
            return new Recording<>(resource, samplingInterval);
        }
    }

    private static final class Recording<T> extends ResourceLeakDetector<T> {
        @SuppressWarnings("deprecation") // The only public constructor of a detector.
        private Recording(Class<T> resource, int samplingInterval) {
            super(resource, samplingInterval);
        }

        @Override
        protected void reportTracedLeak(String resourceType, String records) {
            LEAKS.add(resourceType + records);
            super.reportTracedLeak(resourceType, records);
        }

        @Override
        protected void reportUntracedLeak(String resourceType) {
            LEAKS.add(resourceType);
            super.reportUntracedLeak(resourceType);
        }
    }
}
