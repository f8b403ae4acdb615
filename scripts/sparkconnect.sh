#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command line of the service: yarn jar sparkconnect-yarn-….jar, without unpacking the jar at each call.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

# A release has the jar beside bin/, a build below launcher/target/; SPARKCONNECT_JAR names any other.
jar=${SPARKCONNECT_JAR:-}
if [[ -z "$jar" ]]; then
  for candidate in "$here"/../lib/sparkconnect-yarn-*.jar "$here"/../launcher/target/sparkconnect-yarn-*.jar; do
    case "$candidate" in
      *-tests.jar | *-sources.jar | *-javadoc.jar) ;;
      *) if [[ -r "$candidate" ]]; then jar=$candidate; fi ;;
    esac
  done
fi
if [[ ! -r "$jar" ]]; then
  echo "error: no sparkconnect-yarn-….jar (expected: in lib/ or launcher/target/, or SPARKCONNECT_JAR)" >&2
  exit 2
fi
if ! command -v yarn >/dev/null; then
  echo "error: yarn is not on the PATH (expected: Hadoop's command)" >&2
  exit 2
fi
export HADOOP_CLIENT_SKIP_UNJAR=true
exec yarn jar "$jar" "$@"
