/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Days of users on a simulated cluster under a simulated clock, with the real core in the middle: the same seed gives the same
 * day again, to the last session. ScalingPlots draws the pictures of docs/scaling.md.
 */
package io.sparkconnect.am.simulation;
