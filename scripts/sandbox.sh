#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything on this machine: a mini YARN cluster, ZooKeeper, the proxy, and the service launched into them.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/machine.sh
source "$root/scripts/lib/machine.sh"

usage() {
  cat <<'END'
usage: scripts/sandbox.sh [--demo] [--port PORT] [--servers N] [-Dkey=value]... [--dry-run] [--help]

Builds the project, fetches Spark, starts a YARN cluster with two nodes, ZooKeeper and the proxy on this machine, launches
the service into them with the real command line, and stays until Ctrl-C. Leaves nothing behind but .build/.

  --demo        run a short PySpark script through the URL instead of waiting, then stop; exit 0 when all went well
  --port PORT   where clients connect (default 15002; 0 takes a free one)
  --servers N   Spark Connect servers, 1 to 4 (default 2)
  -Dkey=value   a setting of the service, such as -Dsparkconnect.server.memory=2g
  --dry-run     check the machine and say what would be done
  --help        this text

environment: JAVA_HOME (JDK 17 to 21), PYTHON (3.9 or later), SPARK_HOME (used in place of PyPI's Spark)
END
}

demo=false
dry_run=false
port=15002
servers=2
settings=()

while (($# > 0)); do
  case "$1" in
    --demo) demo=true ;;
    --dry-run) dry_run=true ;;
    --port | --servers)
      (($# > 1)) || fail "$1 wants a number (see --help)"
      [[ "$2" =~ ^[0-9]{1,5}$ ]] || fail "$1: $2 (expected: a number)"
      if [[ "$1" == --port ]]; then port=$2; else servers=$2; fi
      shift
      ;;
    -D) fail "-D and key=value belong together: -Dkey=value" ;;
    -D*=*) settings+=("$1") ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "$1: unknown option (see --help)" ;;
  esac
  shift
done
((port <= 65535)) || fail "--port: $port (expected: 0 to 65535)"
((servers >= 1 && servers <= 4)) || fail "--servers: $servers (expected: 1 to 4; the sandbox's queue holds no more)"

need_java
need_maven
need_python

# Whether the jars are older than what they are made of.
stamp="$root/.build/sandbox.built"
must_build() {
  [[ -e "$stamp" && -d "$root/sandbox/target/lib" ]] || return 0
  local newer
  newer=$(cd "$root" && find pom.xml ./*/pom.xml ./*/src/main -newer "$stamp" -print -quit)
  [[ -n "$newer" ]]
}

build() {
  local log="$root/.build/build.log" started=$SECONDS pid
  echo "building (some minutes the first time; log in .build/build.log)"
  touch "$stamp.new"
  (cd "$root" && exec mvn --batch-mode --no-transfer-progress package -DskipTests -pl sandbox -am) >"$log" 2>&1 &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; rm -f "$stamp.new"; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    if (((SECONDS - started) % 15 == 0)); then
      echo "  … still building, $((SECONDS - started))s: $(grep -E '^\[INFO\] (Building|---) ' "$log" | tail -n 1 | cut -c8-90)"
    fi
  done
  trap - INT TERM
  if ! wait "$pid"; then
    rm -f "$stamp.new"
    grep -E '^\[ERROR\]' "$log" | head -n 20 >&2
    echo "error: the build failed (whole log: .build/build.log)" >&2
    exit 1
  fi
  mv "$stamp.new" "$stamp"
}

if [[ "$dry_run" == true ]]; then
  echo "java: $java"
  echo "python: $python"
  if must_build; then echo "would build the project"; else echo "the project is built"; fi
  if [[ -n "${SPARK_HOME:-}" ]]; then echo "Spark: $SPARK_HOME (SPARK_HOME)"; else echo "Spark: PySpark's, in .build/venv"; fi
  echo "would start YARN, ZooKeeper, the proxy and $servers servers behind sc://localhost:$port"
  exit 0
fi

mkdir -p "$root/.build"
if must_build; then
  build
fi
client_python=$("$root/scripts/lib/python-env.sh")
spark_home=${SPARK_HOME:-$("$client_python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')}
[[ -x "$spark_home/bin/spark-submit" ]] || fail "SPARK_HOME: $spark_home has no bin/spark-submit (expected: a Spark distribution)"

rm -rf "$root/.build/sandbox-logs"
directory=$(mktemp -d "${TMPDIR:-/tmp}/sparkconnect-sandbox.XXXXXX")
mkdir "$directory/logs"
arguments=(
  --home "$root" --directory "$directory"
  --spark-home "$spark_home" --python "$client_python" --port "$port" --servers "$servers"
)
if [[ "$demo" == true ]]; then
  arguments+=(--demo "$root/sandbox/src/test/python/scenarios.py")
fi

# The user's Hadoop and Spark would find their way into the containers.
unset HADOOP_CONF_DIR YARN_CONF_DIR HADOOP_HOME SPARK_CONF_DIR SPARK_HOME SPARKCONNECT_CONF_DIR
class_path="$root/sandbox/target/classes"
for jar in "$root"/sandbox/target/lib/*.jar; do
  class_path+=":$jar"
done
exec "$java" -Xmx1g -XX:+UseSerialGC --add-opens=java.base/java.lang=ALL-UNNAMED \
  -Djava.io.tmpdir="$directory" -Dsandbox.log="$directory/logs/sandbox.log" \
  -cp "$class_path" io.sparkconnect.sandbox.Sandbox "${arguments[@]}" ${settings[@]+"${settings[@]}"}
