/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What NodeManagers keep their state in, as far as they use it: the mini cluster's jar names these classes, but does not
 * carry them. Here it is a sorted map with a journal on disk, so that a NodeManager finds its state again after kill -9.
 */
package org.apache.hadoop.shaded.org.iq80.leveldb;
