# SPDX-License-Identifier: Apache-2.0
"""Programs of users, run by the PySpark client on PYTHONPATH; each says what it saw in JSON lines.

python clients.py PROGRAM URL
"""

import concurrent.futures
import faulthandler
import json
import sys

import pyspark
from pyspark.sql.connect.session import SparkSession

# As fake_spark.py has it.
ROWS_THAT_NEVER_COME = 7

BACKGROUND = concurrent.futures.ThreadPoolExecutor()


def say(event, **what):
    print(json.dumps({"event": event, **what}), flush=True)


def server_of(spark):
    """The fake server's number, which is the answer to every query."""
    return spark.range(1).collect()[0][0]


def error_of(call):
    """What a user sees of a call that fails."""
    try:
        call()
    except Exception as e:
        return {"type": type(e).__name__, "text": str(e)}
    return {"type": "", "text": ""}


def session(url):
    return SparkSession.builder.remote(url).getOrCreate()


def query(url):
    """Connects and asks once."""
    say("started", version=pyspark.__version__)
    say("answered", server=server_of(session(url)))


def version(url):
    """Asks a real Spark which one it is, and lets its executors count."""
    spark = session(url)
    say("version", client=pyspark.__version__, server=spark.version, rows=int(spark.range(5).count()))
    spark.stop()


def several(url):
    """Three sessions at once, each of which asks a real Spark which one it is and lets it count."""
    sessions = [SparkSession.builder.remote(url).create() for _ in range(3)]
    for number, spark in enumerate(sessions):
        try:
            answer = {"server": spark.version, "rows": int(spark.range(5).count())}
        except Exception as e:
            answer = {"text": str(e)}
        say(f"session {number}", session=spark.session_id, **answer)
    for spark in sessions:
        spark.stop()
def stays(url):
    """A session that is used again when it is told so."""
    spark = session(url)
    say("placed", server=spark.conf.get("spark.app.id"), rows=int(spark.range(5).count()))
    sys.stdin.readline()
    say("again", server=spark.conf.get("spark.app.id"), rows=int(spark.range(5).count()))
    spark.stop()


def killed(url):
    """A query that holds the server's only executor until an operator ends its session, and one that waits behind it."""
    doomed = session(url)
    neighbour = SparkSession.builder.remote(url).create()
    server = doomed.conf.get("spark.app.id")
    together = neighbour.conf.get("spark.app.id") == server
    # One row at once, and another one much later.
    slow = "CASE WHEN id > 0 THEN java_method('java.lang.Thread', 'sleep', 900000L) END"
    rows = doomed.sql(f"SELECT id, {slow} FROM range(0, 2, 1, 2)").toLocalIterator()
    next(rows)
    waiting = BACKGROUND.submit(lambda: int(neighbour.range(5).count()))
    say("running", session=doomed.session_id, server=server, together=together)
    say("killed", **error_of(lambda: next(rows)))
    say("again", **error_of(lambda: doomed.range(1).count()))
    say("neighbour", rows=waiting.result())
    neighbour.stop()


def refused(url):
    """Is not let in."""
    say("refused", **error_of(lambda: session(url).range(1).count()))


def execute(url):
    """Sends its first query at once: no option to set, and nothing asked about the compression of plans (4.1 and later)."""
    spark = SparkSession(url)
    if hasattr(spark._client, "_plan_compression_threshold"):
        spark._client._plan_compression_threshold = -1
        spark._client._plan_compression_algorithm = "NONE"
    say("started", version=pyspark.__version__)
    say("answered", server=server_of(spark))


def lose(url):
    """Loses its server in the middle of a query, and is told so by the test."""
    spark = session(url)
    say("placed", server=server_of(spark))
    rows = spark.range(ROWS_THAT_NEVER_COME).toLocalIterator()
    next(rows)
    say("reading")
    sys.stdin.readline()
    say("query", **error_of(lambda: next(rows)))
    say("conf", **error_of(lambda: spark.conf.set("spark.sql.ansi.enabled", "true")))
    say("analysis", **error_of(lambda: spark.version))
    say("again", **error_of(lambda: server_of(spark)))
    renewed = session(url)
    say("renewed", same=renewed is spark, **error_of(lambda: server_of(renewed)))
    spark.stop()  # releases what is lost
    if renewed is not spark:
        # A session of 4.x that nobody stopped closes its channel as the interpreter ends, when the thread that gRPC would do it
        # with may be gone already: it then waits for ever, whatever the other side said.
        renewed.stop()
    say("finished")


PROGRAMS = {
    "query": query,
    "version": version,
    "several": several,
    "stays": stays,
    "killed": killed,
    "refused": refused,
    "execute": execute,
    "lose": lose,
}
PROGRAMS[sys.argv[1]](sys.argv[2])
# Who keeps the interpreter from ending, should somebody.
faulthandler.dump_traceback_later(10, file=sys.stdout)
