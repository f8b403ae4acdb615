# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Read by scripts/sparkconnect-proxy.sh. What is set in the environment wins.

# Java 17 or later.
# export JAVA_HOME=/usr/lib/jvm/java-17

# Where the log, the access log and the pid file go.
# export SPARKCONNECT_LOG_DIR=/var/log/sparkconnect
# export SPARKCONNECT_PID_DIR=/var/run/sparkconnect

# The heap holds the routing table: 512m serves 100,000 sessions.
: "${SPARKCONNECT_PROXY_HEAP:=512m}"

# Buffers live outside of the heap, at most so much; it is taken as it is needed. A quarter of it is kept for streams that
# are read more slowly than they come, sparkconnect.proxy.stream.window.kib per direction of each: 2g serves 500 such
# streams at the default of 1 MiB, and from then on ends those of which nothing is read (sparkconnect.proxy.buffer.max.mib).
: "${SPARKCONNECT_PROXY_DIRECT_MEMORY:=2g}"

# Further JVM options, separated by spaces. Buffer allocators can be tried with -Dio.netty.allocator.type=pooled.
: "${SPARKCONNECT_PROXY_OPTS:=}"

export SPARKCONNECT_PROXY_HEAP SPARKCONNECT_PROXY_DIRECT_MEMORY SPARKCONNECT_PROXY_OPTS
