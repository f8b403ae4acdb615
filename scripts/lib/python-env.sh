#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes .build/venv with PySpark and its Connect client, once, and prints the path of its Python. The pyspark package is a
# whole Spark distribution, Connect and YARN included. Everything that it has to say goes to standard error.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=scripts/lib/machine.sh
source "$root/scripts/lib/machine.sh"

venv="$root/.build/venv"

# Whether all that the client needs is there.
complete() {
  [[ -x "$venv/bin/python" ]] &&
    "$venv/bin/python" -c 'import grpc, grpc_status, pandas, pyarrow, pyspark.sql.connect.client' 2>/dev/null
}

# One at a time: a build and a sandbox may want it at once.
mkdir -p "$root/.build"
exec 9>"$root/.build/venv.lock"
if command -v flock >/dev/null; then
  flock 9
fi

if ! complete; then
  need_python
  # The newest PySpark that the Python at hand can run.
  version=$("$python" -c 'import sys; v = sys.version_info; print("4.3.0" if v >= (3, 11) else "4.1.4" if v >= (3, 10) else "4.0.5")')
  echo "installing pyspark[connect] $version into .build/venv (once; some 400 MB from PyPI)" >&2
  log="$root/.build/venv.log"
  "$python" -m venv "$venv" >"$log" 2>&1 || fail "cannot make a virtual environment in $venv: $(tail -n 3 "$log")"
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-input "pyspark[connect]==$version" >>"$log" 2>&1 ||
    fail "cannot install pyspark[connect]==$version (see .build/venv.log): $(tail -n 3 "$log")"
  complete || fail "pyspark[connect]==$version is installed in $venv, but cannot be imported (see .build/venv.log)"
fi
echo "$venv/bin/python"
