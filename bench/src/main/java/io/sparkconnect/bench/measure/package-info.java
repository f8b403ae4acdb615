/* SPDX-License-Identifier: Apache-2.0 */
/** What Linux tells of processes: CPU time, memory, and how busy the machine is with others. Any thread. */
package io.sparkconnect.bench.measure;
