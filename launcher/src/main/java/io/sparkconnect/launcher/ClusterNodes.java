/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.io.IOException;
import java.util.List;

/** The nodes that YARN has, for commands that can do without. */
final class ClusterNodes {
    private ClusterNodes() {}

    /** Node ids; none, with a word to the user, when the ResourceManager does not answer. */
    static List<String> of(Surroundings surroundings, OpenService service) {
        try (ClusterView yarn =
                surroundings.yarn().connect(service.configuration().hadoop())) {
            return yarn.capacity().nodes().stream().map(ClusterView.Node::id).toList();
        } catch (IOException e) {
            surroundings
                    .terminal()
                    .warn("only nodes with servers of this service are known: " + InWords.oneLine(e.getMessage(), 200));
            return List.of();
        }
    }
}
