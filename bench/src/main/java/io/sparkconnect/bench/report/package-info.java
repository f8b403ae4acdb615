/* SPDX-License-Identifier: Apache-2.0 */
/** From what was measured to tables: pure arithmetic and text. */
package io.sparkconnect.bench.report;
