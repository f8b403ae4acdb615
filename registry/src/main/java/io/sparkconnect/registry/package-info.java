/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The contract between our parts: the records that live in ZooKeeper as JSON, their paths, and the keys of the
 * configuration. Published: other gateways may read it. Records are immutable; every time is in milliseconds since the
 * epoch (UTC), every size in bytes unless its name says otherwise. A reader ignores fields that it does not know, and a
 * writer that changes a record keeps them (see {@link io.sparkconnect.registry.JsonCodec#encodeOver}).
 */
package io.sparkconnect.registry;
