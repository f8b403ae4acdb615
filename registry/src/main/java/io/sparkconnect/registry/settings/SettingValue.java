/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

/**
 * A value as somebody gave it.
 *
 * @param text the value
 * @param source where it was given, for error texts: a file name, {@code -D}, …
 */
public record SettingValue(String text, String source) {}
