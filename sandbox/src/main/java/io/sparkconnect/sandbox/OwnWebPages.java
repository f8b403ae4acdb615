/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.sandbox;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.Arrays;
import org.apache.hadoop.http.HttpServer2;
import org.apache.hadoop.service.Service;
import org.apache.hadoop.shaded.org.eclipse.jetty.servlet.FilterHolder;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.apache.hadoop.yarn.server.nodemanager.NodeManager;
import org.apache.hadoop.yarn.server.nodemanager.webapp.WebServer;
import org.apache.hadoop.yarn.server.resourcemanager.ResourceManager;
import org.apache.hadoop.yarn.webapp.WebApp;

/**
 * Hadoop's web servers find their pages through a filter of Guice that looks into a static field: in one JVM all of them show
 * the pages of the one that started last, so that a node says of another node's containers that it has no log, and the
 * ResourceManager has no page of its queues. Here each filter gets the pages of its own server, which Hadoop has at hand. There
 * is no public way to them.
 */
final class OwnWebPages {
    private static final String FILTER = "guice";

    private OwnWebPages() {}

    /** @throws IOException when this Hadoop is built otherwise */
    static void giveToAll(MiniYARNCluster cluster, int nodes) throws IOException {
        try {
            giveTo((WebApp) field(ResourceManager.class, "webApp").get(cluster.getResourceManager()));
            for (int node = 0; node < nodes; node++) {
                WebServer server = webServer(cluster.getNodeManager(node));
                giveTo((WebApp) field(WebServer.class, "webApp").get(server));
            }
        } catch (ReflectiveOperationException e) {
            throw new IOException("this Hadoop has other web servers than those that are known: " + e, e);
        }
    }

    private static void giveTo(WebApp pages) throws ReflectiveOperationException {
        Object own = field(WebApp.class, "guiceFilter").get(pages);
        Object served = filter(pages.httpServer()).getFilter();
        Field source = field(own.getClass(), "injectedPipeline");
        source.set(served, source.get(own));
    }

    private static WebServer webServer(NodeManager node) throws NoSuchFieldException {
        for (Service service : node.getServices()) {
            if (service instanceof WebServer server) {
                return server;
            }
        }
        throw new NoSuchFieldException("a web server of " + node);
    }

    private static FilterHolder filter(HttpServer2 server) throws NoSuchFieldException {
        return Arrays.stream(server.getWebAppContext().getServletHandler().getFilters())
                .filter(filter -> filter.getName().equals(FILTER))
                .findFirst()
                .orElseThrow(() -> new NoSuchFieldException("a filter called " + FILTER));
    }

    private static Field field(Class<?> type, String name) throws NoSuchFieldException {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }
}
