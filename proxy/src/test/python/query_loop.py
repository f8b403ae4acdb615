# SPDX-License-Identifier: Apache-2.0
"""Queries in a loop over one PySpark session, until the standard input ends; a new session, too, every 20 queries.

usage: query_loop.py sc://HOST:PORT

Prints "queries N" every 20 queries, and at the end "queries N servers N errors N". PySpark's own retries are counted as errors:
a user must not even wait for them.
"""

import sys
import threading

from pyspark.sql import SparkSession
from pyspark.sql.connect.client.retries import Retrying

retries = []
_wait = Retrying._wait


def _counted_wait(self):
    retries.append(repr(self._last_exception()))
    return _wait(self)


Retrying._wait = _counted_wait


def one_query(session):
    return session.sql("SELECT name").collect()[0][0]


def main():
    url = sys.argv[1]
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    kept = SparkSession.builder.remote(url).create()
    servers = set()
    errors = []
    queries = 0
    while not ended.is_set():
        try:
            servers.add(one_query(kept))
            queries += 1
            if queries % 20 == 0:
                fresh = SparkSession.builder.remote(url + "/;x-loop=" + str(queries)).create()
                one_query(fresh)
                fresh.stop()
                print("queries", queries, flush=True)
        except Exception as error:
            errors.append(error)
            print("error", repr(error), flush=True)
    kept.stop()
    for retry in retries:
        print("retry", retry, flush=True)
    print("queries", queries, "servers", len(servers), "errors", len(errors) + len(retries), flush=True)


if __name__ == "__main__":
    main()
