/* SPDX-License-Identifier: Apache-2.0 */
/** How NodeManagers open their state. */
package org.apache.hadoop.shaded.org.fusesource.leveldbjni;
