# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts ask of the machine. Sourced; each function says what is missing and what to do, and exits with 2.

fail() {
  echo "error: $*" >&2
  exit 2
}

# Sets java to a JDK 17 to 21: JAVA_HOME's, else the PATH's.
need_java() {
  if [[ -n "${JAVA_HOME:-}" ]]; then
    java="$JAVA_HOME/bin/java"
    [[ -x "$java" ]] || fail "JAVA_HOME: $JAVA_HOME has no bin/java (expected: the home of a JDK 17 to 21)"
  else
    java=$(command -v java) || fail "java is not on the PATH (expected: a JDK 17 to 21, or JAVA_HOME)"
  fi
  local version
  version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p')
  if [[ ! "$version" =~ ^(17|18|19|20|21)$ ]]; then
    fail "$java is Java ${version:-of an unknown version} (expected: 17 to 21; point JAVA_HOME at one)"
  fi
  [[ -x "$(dirname "$(readlink -f "$java")")/javac" ]] ||
    fail "$java is no JDK: there is no javac beside it (install the -jdk package, or point JAVA_HOME at a JDK)"
}

need_maven() {
  command -v mvn >/dev/null || fail "mvn is not on the PATH (expected: Maven 3.8.7 or later)"
}

# Sets python to a Python 3.9 or later that can make virtual environments.
need_python() {
  python=$(command -v "${PYTHON:-python3}") || fail "python3 is not on the PATH (expected: Python 3.9 or later, or PYTHON)"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
    fail "$python is $("$python" --version 2>&1) (expected: 3.9 or later; set PYTHON)"
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv (on Debian and Ubuntu: apt install python3-venv)"
}
