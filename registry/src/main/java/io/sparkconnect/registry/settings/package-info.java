/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The configuration: each key is declared once, with type, unit, default, range and description, and the validation, the
 * reference page and the shipped default file all come from that declaration. Everything here is immutable.
 */
package io.sparkconnect.registry.settings;
