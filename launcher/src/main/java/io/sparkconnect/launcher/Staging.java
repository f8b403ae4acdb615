/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import io.sparkconnect.registry.LaunchContract;
import io.sparkconnect.registry.settings.ServiceSettings;
import io.sparkconnect.registry.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * The directory that an application's containers download from; it lives as long as the application does. Files in it
 * are never rewritten: NodeManagers compare their time stamps and refuse a changed one.
 */
final class Staging {
    private static final FsPermission OWNER_ONLY_DIRECTORY = FsPermission.createImmutable((short) 0700);
    private static final FsPermission FILE = FsPermission.createImmutable((short) 0644);

    private final FileSystem fileSystem;
    private final Path root;

    private Staging(FileSystem fileSystem, Path root) {
        this.fileSystem = fileSystem;
        this.root = root;
    }

    static Staging at(Settings settings, Configuration conf) throws IOException {
        Optional<String> given = settings.get(ServiceSettings.STAGING_DIR);
        if (given.isPresent()) {
            Path root = new Path(given.get());
            FileSystem fileSystem = root.getFileSystem(conf);
            return new Staging(fileSystem, fileSystem.makeQualified(root));
        }
        FileSystem fileSystem = FileSystem.get(conf);
        return new Staging(
                fileSystem, fileSystem.makeQualified(new Path(fileSystem.getHomeDirectory(), ".sparkconnect")));
    }

    FileSystem fileSystem() {
        return fileSystem;
    }

    Path root() {
        return root;
    }

    Path of(String applicationId) {
        return new Path(root, applicationId);
    }

    /** Copies both jars; on a failure nothing stays behind. */
    void create(String applicationId, ServiceJar jar) throws IOException {
        Path directory = of(applicationId);
        try {
            makePrivate(root);
            makePrivate(directory);
            try (InputStream service = jar.openService()) {
                write(service, new Path(directory, LaunchContract.SERVICE_JAR));
            }
            try (InputStream agent = jar.openAgent()) {
                write(agent, new Path(directory, LaunchContract.AGENT_JAR));
            }
        } catch (IOException e) {
            removeAfter(e, directory);
            throw new IOException(
                    "cannot write to the staging directory " + directory + " (sparkconnect.staging.dir): "
                            + InWords.oneLine(e.getMessage(), 300),
                    e);
        }
    }

    /** Yields whether there was something to remove. */
    boolean remove(String applicationId) throws IOException {
        return fileSystem.delete(of(applicationId), true);
    }

    FileStatus file(String applicationId, String name) throws IOException {
        return fileSystem.getFileStatus(new Path(of(applicationId), name));
    }

    private void makePrivate(Path directory) throws IOException {
        if (fileSystem.exists(directory)) {
            return;
        }
        if (!fileSystem.mkdirs(directory, OWNER_ONLY_DIRECTORY)) {
            throw new IOException("the file system refused to create " + directory);
        }
        // mkdirs obeys the umask.
        fileSystem.setPermission(directory, OWNER_ONLY_DIRECTORY);
    }

    private void write(InputStream from, Path to) throws IOException {
        try (OutputStream out = fileSystem.create(to, false)) {
            from.transferTo(out);
        }
        fileSystem.setPermission(to, FILE);
    }

    private void removeAfter(IOException cause, Path directory) {
        try {
            fileSystem.delete(directory, true);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
