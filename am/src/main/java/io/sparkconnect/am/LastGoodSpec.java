/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am;

import io.sparkconnect.am.core.Event;
import io.sparkconnect.registry.JsonCodec;
import io.sparkconnect.registry.RegistryDataException;
import io.sparkconnect.registry.ServiceSpec;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The spec that was last followed, in the staging directory, where the next attempt finds it when the registry has none
 * that it can follow. It is written on a thread of its own, since a file system may be away for long; of specs that come
 * meanwhile only the newest is written.
 *
 * <p>Each generation is a file of its own and the one before it stays: not every file system replaces a file in one step.
 */
final class LastGoodSpec {
    private static final Logger LOG = LoggerFactory.getLogger(LastGoodSpec.class);
    private static final String PREFIX = "spec-";
    private static final String SUFFIX = ".json";
    private static final int KEPT = 2;
    private static final FsPermission OWNER_ONLY = new FsPermission((short) 0600);
    private static final long PAUSE_MS = 10_000;

    private final Configuration conf;
    private final Path staging;
    private final BlockingQueue<ServiceSpec> newest = new ArrayBlockingQueue<>(1);

    LastGoodSpec(Configuration conf, Path staging) {
        this.conf = conf;
        this.staging = staging;
    }

    /** Passes events on, and keeps the spec of those that bring one that can be followed. Any thread. */
    Consumer<Event> keptFrom(Consumer<Event> next) {
        return event -> {
            if (event instanceof Event.SpecChanged changed) {
                keep(changed.spec());
            }
            next.accept(event);
        };
    }

    /** This one is followed from now on. Any thread. */
    synchronized void keep(ServiceSpec spec) {
        newest.clear();
        newest.add(spec);
    }

    /** The life of the thread that writes. */
    void run() throws InterruptedException {
        ServiceSpec written = null;
        while (true) {
            ServiceSpec spec = newest.take();
            if (!spec.equals(written)) {
                written = write(spec) ? spec : written;
            }
        }
    }

    private boolean write(ServiceSpec spec) throws InterruptedException {
        Path file = new Path(staging, PREFIX + "%019d".formatted(spec.generation()) + SUFFIX);
        try {
            FileSystem files = staging.getFileSystem(conf);
            try (FSDataOutputStream out = FileSystem.create(files, file, OWNER_ONLY)) {
                out.write(JsonCodec.encode(spec));
            }
            List<Path> all = newestFirst(files);
            for (Path old : all.subList(Math.min(KEPT, all.size()), all.size())) {
                files.delete(old, false);
            }
            return true;
        } catch (IOException e) {
            LOG.warn("{} cannot be written; tries again: {}", file, e.toString());
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            retry(spec);
            return false;
        }
    }

    private synchronized void retry(ServiceSpec spec) {
        // Full means that a newer one has come.
        boolean unused = newest.offer(spec);
    }

    /** What an earlier attempt kept; empty when there is nothing readable. */
    Optional<ServiceSpec> read() {
        try {
            FileSystem files = staging.getFileSystem(conf);
            for (Path file : newestFirst(files)) {
                ServiceSpec spec = read(files, file);
                if (spec != null) {
                    return Optional.of(spec);
                }
            }
        } catch (IOException e) {
            LOG.warn("staging={} cannot be looked at for the last spec that was followed", staging, e);
        }
        return Optional.empty();
    }

    private static @Nullable ServiceSpec read(FileSystem files, Path file) {
        try (FSDataInputStream in = files.open(file)) {
            return JsonCodec.decode(in.readAllBytes(), ServiceSpec.class, file.toString());
        } catch (IOException | RegistryDataException e) {
            LOG.warn("{} cannot be read; looks at the one before it", file, e);
            return null;
        }
    }

    private List<Path> newestFirst(FileSystem files) throws IOException {
        List<Path> found = new ArrayList<>();
        try {
            for (FileStatus file : files.listStatus(staging)) {
                String name = file.getPath().getName();
                if (name.startsWith(PREFIX) && name.endsWith(SUFFIX)) {
                    found.add(file.getPath());
                }
            }
        } catch (FileNotFoundException e) {
            LOG.warn("staging={} is not there", staging);
        }
        found.sort(Collections.reverseOrder(Comparator.comparing(Path::getName)));
        return found;
    }
}
