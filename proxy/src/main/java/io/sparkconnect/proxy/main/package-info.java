/* SPDX-License-Identifier: Apache-2.0 */
/** The program: command line, configuration, what is started in which order and stopped in the opposite one. */
package io.sparkconnect.proxy.main;
