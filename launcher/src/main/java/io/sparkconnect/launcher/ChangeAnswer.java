/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.launcher;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of a change.
 *
 * @param generation of the spec now
 * @param changed whether the spec was changed, or would be
 * @param steps what was, or would be, done
 * @param outcome what was waited for; empty when nothing was
 */
record ChangeAnswer(
        String service, long generation, boolean changed, boolean dryRun, List<String> steps, String outcome)
        implements Answer {
    @Override
    public String text(boolean wide, boolean headers) {
        StringBuilder text = new StringBuilder();
        if (!changed) {
            text.append("nothing to do: all is so already (generation ")
                    .append(generation)
                    .append(")\n");
        }
        for (String step : steps) {
            text.append(dryRun ? "would " : "").append(step).append('\n');
        }
        if (changed && !dryRun) {
            text.append("generation ").append(generation).append(" of the spec\n");
        }
        if (!outcome.isEmpty()) {
            text.append(outcome).append('\n');
        }
        return text.toString();
    }

    @Override
    public List<String> names() {
        return List.of(service);
    }

    @Override
    public Object records() {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("service", service);
        answer.put("generation", generation);
        answer.put("changed", changed);
        answer.put("dryRun", dryRun);
        answer.put("steps", steps);
        answer.put("outcome", outcome);
        return answer;
    }
}
