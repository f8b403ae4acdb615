#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts, stops and shows the Spark Connect proxy on this host.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: sparkconnect-proxy.sh [--dry-run] start|stop|reload|restart|status|run [PROXY OPTIONS]

  start    starts the proxy in the background; nothing happens when it runs already
  stop     asks it to stop: open requests may end first (sparkconnect.proxy.drain.timeout)
  reload   replaces it by a new process with the present jar and configuration, without a refused connection: the new
           one takes the open ports over when it is ready, and the old one ends when its open requests have. When the new
           one fails, the old one stays. Without PROXY OPTIONS those of the running proxy are used again.
  restart  stop and start, with a moment in between; restart --graceful is reload
  status   says whether it runs and is ready; exit code 0 ready, 1 not ready, 3 not running
  run      runs it in the foreground, for systemd or containers

  --dry-run   with start, reload, restart or run: shows the command instead of running it
  --help      this text

PROXY OPTIONS are passed on, such as --listen HOST:PORT, --servers HOST:PORT,... or -D KEY=VALUE.

Environment, also to be set in conf/proxy-env.sh:
  SPARKCONNECT_CONF_DIR    configuration; default: conf beside scripts
  SPARKCONNECT_LOG_DIR     logs; default: logs beside scripts
  SPARKCONNECT_PID_DIR     pid file and hand-over socket; default: SPARKCONNECT_LOG_DIR
  SPARKCONNECT_PROXY_JAR   the jar; default: the newest below lib or proxy/target
  SPARKCONNECT_PROXY_HEAP  heap such as 1g
  SPARKCONNECT_PROXY_DIRECT_MEMORY   memory for buffers such as 2g
  SPARKCONNECT_PROXY_OPTS  further JVM options
  SPARKCONNECT_START_SECONDS  how long start and reload wait until the proxy serves; default 120
  SPARKCONNECT_STOP_SECONDS   how long stop waits before it kills; default 60
  JAVA_HOME                Java 17 or later
USAGE
}

fail() {
  echo "sparkconnect-proxy: $*" >&2
  exit 2
}

home() {
  local here
  here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
  dirname -- "$here"
}

load_environment() {
  project=$(home)
  SPARKCONNECT_CONF_DIR=${SPARKCONNECT_CONF_DIR:-$project/conf}
  if [[ -r $SPARKCONNECT_CONF_DIR/proxy-env.sh ]]; then
    # shellcheck source=/dev/null
    . "$SPARKCONNECT_CONF_DIR/proxy-env.sh"
  fi
  log_dir=${SPARKCONNECT_LOG_DIR:-$project/logs}
  pid_dir=${SPARKCONNECT_PID_DIR:-$log_dir}
  pid_file=$pid_dir/sparkconnect-proxy.pid
  out_file=$log_dir/sparkconnect-proxy.out
}

find_java() {
  if [[ -n ${JAVA_HOME:-} ]]; then
    java=$JAVA_HOME/bin/java
    [[ -x $java ]] || fail "JAVA_HOME=$JAVA_HOME has no bin/java"
  else
    java=$(command -v java) || fail "no java found: set JAVA_HOME to a Java 17 or later"
  fi
  local version
  version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = //p')
  [[ ${version%%.*} -ge 17 ]] || fail "$java is Java $version (expected: 17 or later; set JAVA_HOME)"
}

find_jar() {
  jar=${SPARKCONNECT_PROXY_JAR:-}
  if [[ -n $jar ]]; then
    [[ -r $jar ]] || fail "SPARKCONNECT_PROXY_JAR=$jar cannot be read"
    return
  fi
  local candidate
  for candidate in "$project"/lib/sparkconnect-proxy-*.jar "$project"/proxy/target/sparkconnect-proxy-*.jar; do
    if [[ -r $candidate && ( -z $jar || $candidate -nt $jar ) ]]; then
      jar=$candidate
    fi
  done
  [[ -n $jar ]] || fail "no sparkconnect-proxy-*.jar in $project/lib or $project/proxy/target (build it: mvn -pl proxy -am package -DskipTests; or set SPARKCONNECT_PROXY_JAR)"
}

# Sets the array "command"; $1 is the logging configuration, empty for the console.
compose_command() {
  local logging=$1
  shift
  find_java
  find_jar
  command=("$java"
    "-Xms${SPARKCONNECT_PROXY_HEAP:-512m}" "-Xmx${SPARKCONNECT_PROXY_HEAP:-512m}"
    "-XX:MaxDirectMemorySize=${SPARKCONNECT_PROXY_DIRECT_MEMORY:-2g}"
    # Buffers without these are zeroed and freed by the collector.
    --add-opens=java.base/java.nio=ALL-UNNAMED
    --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED
    -Dio.netty.tryReflectionSetAccessible=true
    # Looking for leaked buffers costs 2 % of a small call; to look for one, set another level in SPARKCONNECT_PROXY_OPTS.
    -Dio.netty.leakDetection.level=disabled
    -XX:+ExitOnOutOfMemoryError)
  if [[ -n $logging ]]; then
    command+=("-Dlogback.configurationFile=$logging" "-Dsparkconnect.log.dir=$log_dir")
  fi
  local -a extra=()
  if [[ -n ${SPARKCONNECT_PROXY_OPTS:-} ]]; then
    read -r -a extra <<<"$SPARKCONNECT_PROXY_OPTS"
    command+=("${extra[@]}")
  fi
  command+=(-jar "$jar" ${own[@]+"${own[@]}"})
  if [[ -r $SPARKCONNECT_CONF_DIR/sparkconnect-proxy-site.xml ]]; then
    command+=(--conf "$SPARKCONNECT_CONF_DIR/sparkconnect-proxy-site.xml")
  fi
  command+=("$@")
}

# Succeeds when the pid file names a living proxy, and sets "pid". A pid may be another program's by now.
is_running() {
  [[ -r $pid_file ]] || return 1
  pid=$(<"$pid_file")
  [[ $pid =~ ^[0-9]+$ ]] && kill -0 "$pid" 2>/dev/null || return 1
  if [[ -r /proc/$pid/cmdline ]]; then
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'sparkconnect-proxy' || return 1
  fi
}

show_command() {
  printf '%q ' "${command[@]}"
  echo
}

# One start, stop or reload at a time.
lock() {
  if [[ $dry_run == no ]] && command -v flock >/dev/null; then
    mkdir -p -- "$pid_dir"
    exec 9>"$pid_dir/sparkconnect-proxy.lock"
    flock -n 9 || fail "another sparkconnect-proxy.sh is at work (it holds $pid_dir/sparkconnect-proxy.lock)"
  fi
}

# What the script itself adds to the proxy's options; $1 may be --take-over.
own_options() {
  own=(--pid-file "$pid_file" --handover-socket "$pid_dir/sparkconnect-proxy.sock" "$@")
}

# Sets "options" to those that the running proxy "pid" was started with, without the script's own.
options_of_running() {
  local -a words
  mapfile -d '' -t words <"/proc/$pid/cmdline"
  options=()
  local i=0
  while ((i < ${#words[@]})) && [[ ${words[i]} != -jar ]]; do
    ((i += 1))
  done
  ((i += 2))
  while ((i < ${#words[@]})); do
    case ${words[i]} in
      --pid-file | --handover-socket) ((i += 1)) ;;
      --take-over) ;;
      --conf)
        if [[ ${words[i + 1]:-} != "$SPARKCONNECT_CONF_DIR/sparkconnect-proxy-site.xml" ]]; then
          options+=("${words[i]}" "${words[i + 1]:-}")
        fi
        ((i += 1))
        ;;
      *) options+=("${words[i]}") ;;
    esac
    ((i += 1))
  done
}

# Runs "command" in the background until it serves, which the pid file says; sets "pid". Ends this script when it fails.
launch() {
  mkdir -p -- "$log_dir" "$pid_dir"
  local said=$out_file.$$
  nohup "${command[@]}" >"$said" 2>&1 </dev/null 9>&- &
  pid=$!
  local i
  for ((i = 0; i < ${SPARKCONNECT_START_SECONDS:-120} * 10; i++)); do
    if ! kill -0 "$pid" 2>/dev/null; then
      local code=0
      wait "$pid" || code=$?
      cat -- "$said" >&2
      mv -f -- "$said" "$out_file"
      echo "sparkconnect-proxy did not start (exit code $code); see $log_dir" >&2
      exit "$code"
    fi
    if [[ -r $pid_file && $(<"$pid_file") == "$pid" ]]; then
      mv -f -- "$said" "$out_file"
      return
    fi
    sleep 0.1
  done
  kill -TERM "$pid" 2>/dev/null || true
  cat -- "$said" >&2
  echo "sparkconnect-proxy did not serve within ${SPARKCONNECT_START_SECONDS:-120} s and was stopped; see $log_dir" >&2
  exit 1
}

start() {
  if is_running; then
    echo "sparkconnect-proxy runs already (pid $pid); reload replaces it without an outage"
    return
  fi
  own_options
  compose_command logback-file.xml "$@"
  if [[ $dry_run == yes ]]; then
    show_command
    return
  fi
  launch
  echo "sparkconnect-proxy started (pid $pid), log in $log_dir/sparkconnect-proxy.log"
}

reload() {
  is_running || fail "sparkconnect-proxy does not run: nothing to reload (start starts it)"
  local before=$pid
  local -a options=("$@")
  if (($# == 0)); then
    options_of_running
  fi
  own_options --take-over
  compose_command logback-file.xml ${options[@]+"${options[@]}"}
  if [[ $dry_run == yes ]]; then
    show_command
    return
  fi
  launch
  echo "sparkconnect-proxy runs anew (pid $pid); pid $before ends when its open requests have"
}

restart() {
  if [[ ${1:-} == --graceful ]]; then
    shift
    reload "$@"
    return
  fi
  local -a options=("$@")
  if (($# == 0)) && is_running; then
    options_of_running
  fi
  [[ $dry_run == yes ]] || stop
  start ${options[@]+"${options[@]}"}
}

stop() {
  if ! is_running; then
    rm -f -- "$pid_file"
    echo "sparkconnect-proxy does not run"
    return
  fi
  kill -TERM "$pid"
  local i
  for ((i = 0; i < ${SPARKCONNECT_STOP_SECONDS:-60} * 4; i++)); do
    if ! kill -0 "$pid" 2>/dev/null; then
      rm -f -- "$pid_file"
      echo "sparkconnect-proxy stopped"
      return
    fi
    sleep 0.25
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f -- "$pid_file"
  echo "sparkconnect-proxy did not stop within ${SPARKCONNECT_STOP_SECONDS:-60} s and was killed" >&2
  exit 1
}

# The admin address is asked for where the running proxy wrote it.
admin_url() {
  [[ -r $log_dir/sparkconnect-proxy.log ]] || return 0
  sed -n 's/.* admin=\(http:[^ ]*\).*/\1/p' "$log_dir/sparkconnect-proxy.log" | tail -n 1
}

status() {
  if ! is_running; then
    echo "sparkconnect-proxy does not run"
    exit 3
  fi
  local url answer
  url=$(admin_url)
  if [[ -z $url ]] || ! command -v curl >/dev/null; then
    echo "sparkconnect-proxy runs (pid $pid)"
    return
  fi
  answer=$(curl -s --max-time 5 "$url/readyz" || true)
  echo "sparkconnect-proxy runs (pid $pid): ${answer:-its admin port $url does not answer}"
  [[ $answer == ready* ]] || exit 1
}

run() {
  compose_command "" "$@"
  if [[ $dry_run == yes ]]; then
    show_command
    return
  fi
  exec "${command[@]}"
}

main() {
  dry_run=no
  own=()
  while [[ ${1:-} == --* ]]; do
    case $1 in
      --help) usage; exit 0 ;;
      --dry-run) dry_run=yes; shift ;;
      *) fail "$1: unknown option (--help shows all)" ;;
    esac
  done
  local action=${1:-}
  [[ -n $action ]] || { usage >&2; exit 2; }
  shift
  case $action in
    start | stop | reload | restart | status | run)
      load_environment
      case $action in start | stop | reload | restart) lock ;; esac
      "$action" "$@"
      ;;
    help | -h) usage ;;
    *) fail "$action: unknown command (expected: start, stop, reload, restart, status or run)" ;;
  esac
}

main "$@"
