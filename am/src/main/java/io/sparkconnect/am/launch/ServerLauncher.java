/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.am.launch;

import io.sparkconnect.registry.LaunchContract;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.yarn.api.ApplicationConstants;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.ContainerRetryContext;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.URL;

/** Makes the launch context of a server's container. It asks the file system, so not on the core thread. Thread-safe. */
public final class ServerLauncher {
    /** Alias of a container's own secret in its credentials. */
    private static final Text AGENT_SECRET = new Text("sparkconnect.agent.secret");

    private final Configuration conf;
    private final Path staging;
    private final ServerSecrets secrets;
    private final LaunchTokens tokens;

    /** @param staging directory that holds the agent's jar */
    public ServerLauncher(Configuration conf, Path staging, ServerSecrets secrets, LaunchTokens tokens) {
        this.conf = conf;
        this.staging = staging;
        this.secrets = secrets;
        this.tokens = tokens;
    }

    /** @throws IOException naming the file that cannot be found or read */
    public ContainerLaunchContext contextFor(ServerContext server) throws IOException {
        Map<String, LocalResource> files = new HashMap<>();
        files.put(
                LaunchContract.AGENT_JAR,
                resource(
                        new Path(staging, LaunchContract.AGENT_JAR),
                        LocalResourceType.FILE,
                        LocalResourceVisibility.APPLICATION));
        String archive = server.pool().sparkArchive();
        if (archive != null) {
            // Private: unpacked once per node and user, and no demand on the permissions of its parents.
            files.put(
                    ServerScript.ARCHIVE_LINK,
                    resource(new Path(archive), LocalResourceType.ARCHIVE, LocalResourceVisibility.PRIVATE));
        }
        ContainerLaunchContext context = ContainerLaunchContext.newInstance(
                files,
                Map.of(),
                List.of(ServerScript.command(server, ApplicationConstants.LOG_DIR_EXPANSION_VAR)),
                null,
                credentialsFor(server.containerId()),
                null);
        // A relaunch by the node would be a new server that nobody here knows of.
        context.setContainerRetryContext(ContainerRetryContext.NEVER_RETRY_CONTEXT);
        return context;
    }

    private LocalResource resource(Path path, LocalResourceType type, LocalResourceVisibility visibility)
            throws IOException {
        FileStatus file;
        try {
            file = path.getFileSystem(conf).getFileStatus(path);
        } catch (FileNotFoundException e) {
            throw new FileNotFoundException(path + " is not there: " + e.getMessage());
        }
        return LocalResource.newInstance(
                URL.fromPath(file.getPath()), type, visibility, file.getLen(), file.getModificationTime());
    }

    private ByteBuffer credentialsFor(String containerId) throws IOException {
        Credentials credentials = tokens.forLaunch();
        credentials.addSecretKey(AGENT_SECRET, secrets.of(containerId).getBytes(StandardCharsets.UTF_8));
        DataOutputBuffer out = new DataOutputBuffer();
        credentials.writeTokenStorageToStream(out);
        return ByteBuffer.wrap(out.getData(), 0, out.getLength());
    }
}
