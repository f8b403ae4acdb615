/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The AM's HTTP server: the agents' join, the page under YARN's tracking URL, the same as JSON, metrics and health. Links
 * are relative and nothing is loaded from elsewhere, because the page is mostly seen through YARN's proxy.
 */
@NullMarked
package io.sparkconnect.am.page;

import org.jspecify.annotations.NullMarked;
