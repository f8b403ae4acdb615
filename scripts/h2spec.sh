#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds the shipped proxy against h2spec, the conformance suite of HTTP/2.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/lib/machine.sh
source "$root/scripts/lib/machine.sh"

usage() {
  cat <<'END'
usage: scripts/h2spec.sh [--no-build] [--dry-run] [--help]

Builds the proxy and h2spec (github.com/summerwind/h2spec, with Go, below .build/h2spec), starts the proxy's jar stand-alone
on loopback in front of one of the bench's light servers, and runs every case of h2spec against it, the strict ones too.
Failures that are explained in scripts/h2spec-explained.txt are named and allowed.

  --no-build   use the jars that were built last time
  --dry-run    say what would be done
  --help       this text

environment: JAVA_HOME (JDK 17 to 21), GO (the go command; default: go on the PATH), H2SPEC (an h2spec to use as it is)
exit codes: 0 nothing else failed; 1 a case failed that is not explained, or the proxy or the light server did not start, the
proxy ended during the run, or h2spec gave no report; 2 Java, Go or a jar is missing, or h2spec could not be built
END
}

# The newest that Go's proxy serves; it is 2.2.1.
version=latest
# The suite must have run to its end: 2.2.1 has 146 cases.
least_cases=145
# Larger than the default: "a HEADERS frame larger than MAX_FRAME_SIZE" is made of five such fields, and we allow 65,535.
field_bytes=14000

build=true
dry_run=false
for argument in "$@"; do
  case "$argument" in
    --no-build) build=false ;;
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) fail "$argument: unknown option (see --help)" ;;
  esac
done

cd "$root"
explained=scripts/h2spec-explained.txt
work=.build/h2spec
need_java
go=${GO:-go}
h2spec=${H2SPEC:-$work/h2spec}

if [[ ! -x "$h2spec" ]] && ! command -v "$go" > /dev/null; then
  fail "no Go to build h2spec with: install Go 1.21 or later, set GO, or set H2SPEC to an h2spec binary"
fi

if $dry_run; then
  echo "would use $h2spec$([[ -x "$h2spec" ]] || echo " (built with $go)"), $java, and the jars of proxy and bench$($build && echo " (built)")"
  exit 0
fi

if [[ ! -x "$h2spec" ]]; then
  echo "building h2spec $version below $work"
  mkdir -p "$work"
  GOBIN="$PWD/$work" "$go" install "github.com/summerwind/h2spec/cmd/h2spec@$version" 2> "$work/go.log" \
    || fail "h2spec could not be built: $(tail -n 3 "$work/go.log")"
fi
if $build; then
  need_maven
  mvn --batch-mode --quiet --no-transfer-progress -pl proxy,bench -am package -DskipTests
fi

jars=(proxy/target/sparkconnect-proxy-*.jar)
[[ -f "${jars[0]}" && -d bench/target/lib ]] || fail "no jars below proxy/target and bench/target: run without --no-build"

mkdir -p "$work"
children=()
# shellcheck disable=SC2329 # the trap invokes it
stop_children() {
  for child in ${children[@]+"${children[@]}"}; do
    kill "$child" 2> /dev/null || true
  done
}
trap stop_children EXIT

# What is wrong with us, and not with the machine.
fail_run() {
  echo "FAILED: $*" >&2
  exit 1
}

# wait_for FILE PATTERN CHILD: prints what the pattern's group caught, once it is in the file.
wait_for() {
  local caught
  for _ in $(seq 300); do
    caught=$(sed -n "s/$2/\\1/p" "$1" | head -n 1)
    if [[ -n "$caught" ]]; then
      echo "$caught"
      return
    fi
    kill -0 "$3" 2> /dev/null || break
    sleep 0.1
  done
  fail_run "not started: $(tail -n 3 "$1")"
}

# The light server ends with its standard input.
mkfifo "$work/stay.$$"
"$java" -cp "bench/target/classes:bench/target/lib/*" io.sparkconnect.bench.server.LightServers 1 1 \
  < "$work/stay.$$" > "$work/server.log" 2>&1 &
children+=($!)
exec 3> "$work/stay.$$"
rm "$work/stay.$$"
server_port=$(wait_for "$work/server.log" '^ports \([0-9]*\)$' "${children[0]}")

"$java" -jar "${jars[0]}" --listen 127.0.0.1:0 --servers "127.0.0.1:$server_port" \
  -D sparkconnect.proxy.admin.listen=127.0.0.1:0 > "$work/proxy.log" 2>&1 &
children+=($!)
port=$(wait_for "$work/proxy.log" '.*listening=sc:\/\/127\.0\.0\.1:\([0-9]*\).*' "${children[1]}")

"$h2spec" --host 127.0.0.1 --port "$port" --strict --timeout 5 --max-header-length "$field_bytes" \
  --junit-report "$work/report.xml" > "$work/h2spec.log" 2>&1 || true
kill -0 "${children[1]}" 2> /dev/null || fail_run "the proxy ended during the run: $(tail -n 3 "$work/proxy.log")"
[[ -f "$work/report.xml" ]] || fail_run "h2spec gave no report: $(tail -n 3 "$work/h2spec.log")"

# One line a failed case, as in the list of explanations: SECTION|CASE.
failed=$(sed -n '/<\/testcase>$/!s/.*<testcase package="\([^"]*\)" classname="\([^"]*\)".*/\1|\2/p' "$work/report.xml")
cases=$(grep -c '<testcase ' "$work/report.xml")
grep -E '^[0-9]+ tests, ' "$work/h2spec.log" | tail -n 1 || true

status=0
while IFS= read -r case; do
  [[ -n "$case" ]] || continue
  reason=$(awk -F'|' -v wanted="$case" '$1 "|" $2 == wanted { print $3 }' "$explained")
  if [[ -n "$reason" ]]; then
    echo "explained: $case: $reason"
  else
    echo "FAILED: $case (see $work/h2spec.log)"
    status=1
  fi
done <<< "$failed"
while IFS='|' read -r section case _; do
  [[ -z "$section" || "$section" == \#* ]] && continue
  grep -qxF "$section|$case" <<< "$failed" || echo "note: $section|$case passes now; take it out of $explained"
done < "$explained"
if ((cases < least_cases)); then
  echo "FAILED: only $cases cases were run (expected: at least $least_cases)"
  status=1
fi
exit "$status"
