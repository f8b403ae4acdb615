/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The ApplicationMaster's decisions without its effects: {@link io.sparkconnect.am.core.Event}s go in, {@link
 * io.sparkconnect.am.core.Action}s and a {@link io.sparkconnect.am.core.RegistryImage} come out. Nothing here asks for
 * time, chance, YARN or ZooKeeper. Everything mutable belongs to the one thread that calls {@link
 * io.sparkconnect.am.core.Core}.
 */
@NullMarked
package io.sparkconnect.am.core;

import org.jspecify.annotations.NullMarked;
