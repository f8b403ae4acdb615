#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes .build/clients once: PySpark's Connect clients of several versions side by side, each a directory for PYTHONPATH called as
# its version, and .build/clients/deps, a virtual environment with what they all need; and .build/spark/<version>, the Spark 3.5 that
# comes with the client of that version (without the Connect server's jar, which no distribution of Spark 3 has). Prints the path of
# the virtual environment's Python. Everything else that it has to say goes to standard error.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=scripts/lib/machine.sh
source "$root/scripts/lib/machine.sh"

clients="$root/.build/clients"
spark="$root/.build/spark"
deps="$clients/deps"
log="$root/.build/clients.log"
pip=("$deps/bin/python" -m pip --disable-pip-version-check --no-input --quiet)

# One at a time: two builds may want them at once.
mkdir -p "$clients"
exec 9>"$root/.build/clients.lock"
if command -v flock >/dev/null; then
  flock 9
fi

has() {
  [[ "$1" != 3.5.* || -d "$spark/$1" ]] && [[ -f "$clients/$1/pyspark/sql/connect/session.py" ]] &&
    PYTHONPATH="$clients/$1" "$deps/bin/python" -c "import pyspark; assert pyspark.__version__ == '$1'" 2>>"$log"
}

make_deps() {
  need_python
  echo "installing what PySpark's Connect clients need into .build/clients/deps (once; some 150 MB from PyPI)" >&2
  "$python" -m venv "$deps" >"$log" 2>&1 || fail "cannot make a virtual environment in $deps: $(tail -n 3 "$log")"
  # setuptools has the distutils that 3.5 still asks for.
  "${pip[@]}" install grpcio grpcio-status googleapis-common-protos protobuf 'pandas<3' pyarrow zstandard py4j \
    'setuptools<81' wheel >>"$log" 2>&1 ||
    fail "cannot install the clients' requirements (see .build/clients.log): $(tail -n 3 "$log")"
}

# pyspark 3.5 comes as a source package with the whole of Spark in it, of which the Python files are the client.
install_35() {
  echo "installing PySpark $1's client into .build/clients/$1 and its Spark into .build/spark/$1 (once; some 320 MB from PyPI)" >&2
  local sdist="$clients/sdist"
  "${pip[@]}" download --no-deps --no-build-isolation --no-binary pyspark -d "$sdist" "pyspark==$1" >>"$log" 2>&1 ||
    fail "cannot download pyspark==$1 (see .build/clients.log): $(tail -n 3 "$log")"
  mkdir -p "$clients/$1"
  tar xzf "$sdist/pyspark-$1.tar.gz" -C "$clients/$1" --strip-components=1 --wildcards '*/pyspark/*.py'
  # Under its name only when all of it is there.
  rm -rf "${spark:?}/$1" "$spark/$1.part"
  mkdir -p "$spark/$1.part"
  tar xzf "$sdist/pyspark-$1.tar.gz" -C "$spark/$1.part" --strip-components=2 --wildcards '*/deps/bin' '*/deps/sbin' '*/deps/jars'
  chmod +x "$spark/$1.part"/bin/* "$spark/$1.part"/sbin/*
  mv "$spark/$1.part" "$spark/$1"
  rm -r "$sdist"
}

install_4() {
  echo "installing PySpark $1's client into .build/clients/$1 (once)" >&2
  "${pip[@]}" install --no-deps --target "$clients/$1" "pyspark-client==$1" >>"$log" 2>&1 ||
    fail "cannot install pyspark-client==$1 (see .build/clients.log): $(tail -n 3 "$log")"
}

if ! { [[ -x "$deps/bin/python" ]] && "$deps/bin/python" -c 'import grpc, grpc_status, pandas, pyarrow, wheel' 2>/dev/null; }; then
  make_deps
fi
versions=(3.5.7 4.0.4)
if "$deps/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
  versions+=(4.2.0)
fi
for version in "${versions[@]}"; do
  if ! has "$version"; then
    if [[ "$version" == 3.5.* ]]; then install_35 "$version"; else install_4 "$version"; fi
    has "$version" || fail "PySpark $version is installed in $clients/$version, but cannot be imported (see .build/clients.log)"
  fi
done
echo "$deps/bin/python"
