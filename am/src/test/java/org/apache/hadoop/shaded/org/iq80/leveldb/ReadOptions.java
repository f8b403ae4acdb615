/* SPDX-License-Identifier: Apache-2.0 */
package org.apache.hadoop.shaded.org.iq80.leveldb;

/** None matters here. */
public final class ReadOptions {}
