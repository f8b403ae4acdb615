/* SPDX-License-Identifier: Apache-2.0 */
/** JMH benchmarks of the proxy's parts that every call passes: {@code scripts/bench.sh --micro}. */
package io.sparkconnect.bench.micro;
