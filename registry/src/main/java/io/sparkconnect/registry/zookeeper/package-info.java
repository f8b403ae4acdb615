/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The registry in ZooKeeper. Curator keeps the connection and its session; every read and write goes to ZooKeeper's own
 * asynchronous calls without hidden retries, so that each caller decides what an outage means to it. Works with ZooKeeper
 * 3.5 servers: one-shot watches only, no TTL or container nodes. Watchers and callbacks run on ZooKeeper's event thread
 * and only hand over.
 */
package io.sparkconnect.registry.zookeeper;
