/* SPDX-License-Identifier: Apache-2.0 */
/** How NodeManagers learn that there is no state yet. */
package org.apache.hadoop.shaded.org.fusesource.leveldbjni.internal;
