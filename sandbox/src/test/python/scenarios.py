#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What users do with Spark Connect, as scripts that a system test can run and judge.

    scenarios.py <scenario> sc://host:port [options]        scenarios.py --help

Each scenario is a stock PySpark client. It prints one JSON object per line of what it saw ({"scenario", "event", ...}),
ends with the event "passed" and exit status 0, or with the event "failed", a clear text on stderr and exit status 1.
Exit status 2 is a wrong command line. Scenarios that talk with their test print the event READY, flush, and read stdin.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, NoReturn

# PySpark warns of each pandas that is newer than itself; no scenario depends on it.
warnings.filterwarnings("ignore", category=FutureWarning)

try:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql import functions as F
except ImportError as missing:
    sys.exit(f"PySpark is missing ({missing}). Run this with a Python that has pyspark[connect] or pyspark-client.")

SCENARIO = "?"
_print_lock = threading.Lock()


class Failed(Exception):
    """An expectation did not hold; the text is for whoever reads the test's report."""


def say(event: str, **fields: Any) -> None:
    with _print_lock:
        print(json.dumps({"scenario": SCENARIO, "event": event, **fields}, default=str), flush=True)


def expect(holds: bool, text: str) -> None:
    if not holds:
        raise Failed(text)


def expect_equal(seen: Any, wanted: Any, what: str) -> None:
    expect(seen == wanted, f"{what}: {seen!r} (expected: {wanted!r})")


# --- sessions ---------------------------------------------------------------------------------------------------------


def new_session(url: str) -> SparkSession:
    """A session of its own. All sessions of one process share one TCP connection."""
    return SparkSession.builder.remote(url).create()


def server_of(spark: SparkSession) -> str:
    """The server's own Spark application: each server in the pool is one."""
    return spark.conf.get("spark.app.id") or "?"


def sleeping(milliseconds: int, rows: int = 1) -> str:
    """SQL that returns `rows`, after a sleep of so long for each of them, in one task and without burning CPU."""
    return (
        f"SELECT count(*) AS n FROM range(0, {rows}, 1, 1) "
        f"WHERE java_method('java.lang.Thread', 'sleep', {milliseconds}L) IS NOT NULL"
    )


class InBackground(threading.Thread):
    """Runs a query in a thread of its own and keeps what came of it."""

    def __init__(self, query: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._query = query
        self.result: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self._query()
        except BaseException as e:  # noqa: B902 - kept for the thread that waits
            self.error = e

    def wait(self, seconds: float, what: str) -> None:
        self.join(seconds)
        expect(not self.is_alive(), f"{what} did not end within {seconds:.0f} s")


# --- scenarios --------------------------------------------------------------------------------------------------------


class Own:
    """One session's own state: a number that only it knows, as a temp view and as a conf."""

    def __init__(self, url: str, number: int) -> None:
        self.number = number
        self.view = f"only_{os.getpid()}_{number}"
        self.spark = new_session(url)
        self.spark.range(number).createOrReplaceTempView("mine")
        self.spark.range(1).createOrReplaceTempView(self.view)
        self.spark.conf.set("scenario.number", str(number))
        self.server = server_of(self.spark)

    def check(self, others: list["Own"]) -> None:
        seen = self.spark.sql("SELECT count(*) AS n FROM mine").collect()[0].n
        expect_equal(seen, self.number, f"rows in temp view 'mine' of session {self.number}")
        expect_equal(self.spark.conf.get("scenario.number"), str(self.number), f"conf of session {self.number}")
        expect_equal(server_of(self.spark), self.server, f"server of session {self.number}")
        tables = {t.name for t in self.spark.catalog.listTables()}
        expect(self.view in tables, f"session {self.number} has lost its temp view {self.view}; it has {sorted(tables)}")
        foreign = tables & {other.view for other in others if other is not self}
        expect(not foreign, f"session {self.number} sees temp views of other sessions: {sorted(foreign)}")


def sessions(args: argparse.Namespace) -> None:
    """Many sessions from one process, in turns and at once: each sees its own temp views and confs, and one server."""
    base = 1000 + 100 * args.offset
    with ThreadPoolExecutor(max_workers=args.count) as pool:
        own = list(pool.map(lambda i: Own(args.url, base + i), range(args.count)))
        for one in own:
            say("session", session=one.spark.session_id, server=one.server)
        for _ in range(args.rounds):
            for checked in [pool.submit(one.check, own) for one in own]:
                checked.result()
    servers = sorted({one.server for one in own})
    say("servers", servers=servers, sessions={s: sum(one.server == s for one in own) for s in servers})
    expect(
        len(servers) >= args.min_servers,
        f"{args.count} sessions are on {len(servers)} servers {servers} (expected: at least {args.min_servers})",
    )
    for one in own:
        one.spark.stop()


def processes(args: argparse.Namespace) -> None:
    """The same from several processes at once."""
    command = [sys.executable, __file__, "sessions", args.url, "--count", str(args.count)]
    children = [
        subprocess.Popen(
            [*command, "--offset", str(i)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for i in range(args.processes)
    ]
    servers: set[str] = set()
    failures: list[str] = []
    # One reader per child: a pipe that nobody reads would hold its process.
    with ThreadPoolExecutor(max_workers=args.processes) as pool:
        for child, (out, err) in zip(children, pool.map(lambda c: c.communicate(), children)):
            seen = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
            on = sorted({line["server"] for line in seen if line["event"] == "session"})
            servers.update(on)
            say("process", pid=child.pid, exit=child.returncode, servers=on)
            if child.returncode != 0:
                failures.append(f"process {child.pid} ended with {child.returncode}: {err.strip()[-2000:]}")
    expect(not failures, "; ".join(failures))
    expect(
        len(servers) >= args.min_servers,
        f"the sessions are on servers {sorted(servers)} (expected: at least {args.min_servers})",
    )


def stop_frees(args: argparse.Namespace) -> None:
    """`spark.stop()` ends the session at once, and a new one is new. The test looks at the proxy's table."""
    spark = new_session(args.url)
    spark.range(1).createOrReplaceTempView("mine")
    first = spark.session_id
    say("READY", session=first, server=server_of(spark))
    if args.wait:
        sys.stdin.readline()
    spark.stop()
    say("stopped", session=first)
    again = new_session(args.url)
    expect(again.session_id != first, "a new session has the id of the stopped one")
    expect(not again.catalog.tableExists("mine"), "a new session has the temp view of the stopped one")
    say("new-session", session=again.session_id, server=server_of(again))
    if args.wait:
        sys.stdin.readline()
    again.stop()


def big_result(args: argparse.Namespace) -> None:
    """A result of more than 100 MB as Arrow, every row of it checked by a sum over checksums."""
    rows = args.megabytes * 1_000_000 // 72
    spark = new_session(args.url)
    frame = spark.range(rows).select("id", F.sha2(F.col("id").cast("string"), 256).alias("hash"))
    wanted = frame.select(F.sum(F.crc32("hash")).alias("sum")).collect()[0]["sum"]
    began = time.monotonic()
    if hasattr(frame, "toArrow"):  # 4.0
        table = frame.toArrow()
        size, ids, hashes = table.nbytes, table.column("id").to_pylist(), table.column("hash").to_pylist()
    else:
        pandas = frame.toPandas()
        size, ids, hashes = int(pandas.memory_usage(deep=True).sum()), list(pandas["id"]), list(pandas["hash"])
    say("result", rows=len(ids), bytes=size, seconds=round(time.monotonic() - began, 2), server=server_of(spark))
    expect(size > args.megabytes * 1_000_000, f"the result has {size} bytes (expected: > {args.megabytes} MB)")
    expect_equal(len(ids), rows, "rows")
    expect_equal(sum(ids), rows * (rows - 1) // 2, "sum of the ids")
    expect_equal(sum(zlib.crc32(h.encode()) for h in hashes), wanted, "sum of the checksums, here and on the server")
    expect_equal(hashes[ids.index(42)], hashlib.sha256(b"42").hexdigest(), "hash of row 42")
    spark.stop()


def artifacts(args: argparse.Namespace) -> None:
    """`addArtifacts` of a file in many chunks: the server knows it by its hash, and a UDF imports what was uploaded."""
    spark = new_session(args.url)
    blob = os.urandom(args.megabytes * 1_000_000)
    name = spark.client.cache_artifact(blob)
    expect_equal(name, hashlib.sha256(blob).hexdigest(), "hash of the uploaded bytes")
    expect(
        spark.client._artifact_manager.is_cached_artifact(name),
        f"the server does not know the artifact {name} that was uploaded to this session",
    )
    say("uploaded", bytes=len(blob), artifact=name, server=server_of(spark))
    if args.udf:
        use_uploaded_module(spark, args.megabytes * 1_000_000)
    spark.stop()


def use_uploaded_module(spark: SparkSession, size: int) -> None:
    text = os.urandom(size // 2).hex()
    module = f"payload_{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{module}.py")
        file.write_text(f"TEXT = '{text}'\n")
        spark.addArtifacts(str(file), pyfile=True)

    def digest(_: int) -> str:
        uploaded = __import__(module)
        return hashlib.sha256(uploaded.TEXT.encode()).hexdigest()

    seen = {row[0] for row in spark.range(2).select(F.udf(digest)("id")).collect()}
    expect_equal(seen, {hashlib.sha256(text.encode()).hexdigest()}, "digest of the uploaded module, seen by a UDF")
    say("udf", bytes=size, module=module)


def interrupt(args: argparse.Namespace) -> None:
    """Long queries are interrupted from another thread, by tag and all of them; the session goes on."""
    spark = new_session(args.url)

    def tagged(tag: str) -> Any:
        spark.addTag(tag)  # tags belong to the thread
        return spark.sql(sleeping(600_000)).collect()

    first = InBackground(lambda: tagged("first"))
    second = InBackground(lambda: tagged("second"))
    ended = until_found(lambda: spark.interruptTag("first"), "an operation with the tag 'first'")
    first.wait(60, "the query with the tag 'first', interrupted by its tag,")
    say("interrupted", by="tag", operations=ended, error=one_line(first.error))
    expect_cancelled(first)
    expect(second.is_alive(), f"the query with the other tag has ended too: {second.result or second.error}")
    ended = until_found(spark.interruptAll, "a running operation")
    second.wait(60, "the other query, after interruptAll,")
    say("interrupted", by="all", operations=ended, error=one_line(second.error))
    expect_cancelled(second)
    expect_equal(spark.range(3).count(), 3, "rows of a query after the interrupts")
    spark.stop()


def until_found(attempt: Callable[[], list[str]], what: str) -> list[str]:
    """An interrupt ends what runs already; the thread that sends the query may still be on its way."""
    deadline = time.monotonic() + 60
    between = threading.Event()
    while time.monotonic() < deadline:
        found = attempt()
        if found:
            return list(found)
        between.wait(0.1)
    raise Failed(f"the server had not found {what} after 60 s")


def expect_cancelled(query: InBackground) -> None:
    text = str(query.error)
    expect(
        query.error is not None and ("CANCEL" in text.upper()),
        f"the interrupted query ended with {query.result!r} / {text!r} (expected: OPERATION_CANCELED)",
    )


def big_plan(args: argparse.Namespace) -> None:
    """A plan of more than 100 kB in one request message: in literals, and as local data."""
    spark = new_session(args.url)
    numbers = list(range(0, 60_000, 3))
    literals = spark.range(60_000).where(F.col("id").isin(numbers))
    local = spark.createDataFrame([(i, f"text {i} {uuid.uuid4()}") for i in range(5_000)], "id INT, text STRING")
    for what, frame, rows in (("literals", literals, len(numbers)), ("local data", local, 5_000)):
        size = plan_bytes(spark, frame)
        say("plan", what=what, bytes=size, server=server_of(spark))
        expect(size > 100_000, f"the plan with {what} has only {size} bytes")
        expect_equal(frame.count(), rows, f"rows of the plan with {what}")
    spark.stop()


def plan_bytes(spark: SparkSession, frame: DataFrame) -> int:
    return frame._plan.to_proto(spark.client).ByteSize()  # type: ignore[attr-defined]


def clone(args: argparse.Namespace) -> None:
    """A cloned session is on the same server, has the views and confs, and goes its own way from there."""
    spark = new_session(args.url)
    if not hasattr(spark, "cloneSession"):  # 4.1
        say("not-available", client=client_version())
        return
    spark.range(7).createOrReplaceTempView("mine")
    spark.conf.set("scenario.number", "7")
    copy = spark.cloneSession()
    say("cloned", session=spark.session_id, clone=copy.session_id, server=server_of(spark))
    expect(copy.session_id != spark.session_id, "the clone has its source's session id")
    expect_equal(server_of(copy), server_of(spark), "server of the clone")
    expect_equal(copy.table("mine").count(), 7, "rows in the source's temp view, seen by the clone")
    expect_equal(copy.conf.get("scenario.number"), "7", "the source's conf, seen by the clone")
    copy.range(9).createOrReplaceTempView("mine")
    copy.range(1).createOrReplaceTempView("of_the_clone")
    expect_equal(spark.table("mine").count(), 7, "rows in the source's temp view after the clone has changed its own")
    expect(not spark.catalog.tableExists("of_the_clone"), "the source sees a temp view that the clone made")
    spark.stop()
    expect_equal(copy.table("mine").count(), 9, "rows in the clone's temp view after its source has stopped")
    copy.stop()


def survive_kill(args: argparse.Namespace) -> None:
    """Holds a session while the test kills a server. Reads one line: `lost` (its own server) or `kept` (another)."""
    os.environ["SPARK_REMOTE"] = args.url
    spark = SparkSession.builder.getOrCreate()
    spark.range(5).createOrReplaceTempView("mine")
    expect_equal(spark.table("mine").count(), 5, "rows in the temp view")
    server, session = server_of(spark), spark.session_id
    say("READY", session=session, server=server)
    line = sys.stdin.readline().strip()
    expect(line in ("lost", "kept"), f"on stdin: {line!r} (expected: lost or kept)")
    began = time.monotonic()
    if line == "kept":
        expect_equal(spark.table("mine").count(), 5, "rows in the temp view, on a server that nobody killed")
        expect_equal(server_of(spark), server, "server")
        say("kept", session=session, server=server, seconds=since(began))
        spark.stop()
        return
    text = text_of_loss(lambda: spark.table("mine").count())
    say("lost", session=session, server=server, seconds=since(began), error=text)
    expect("SESSION_CHANGED" in text, f"the error of the lost session is: {text} (expected: SESSION_CHANGED)")
    for cause in args.cause:
        expect(cause in text, f"the error of the lost session does not say {cause!r}: {text}")
    began = time.monotonic()
    again = SparkSession.builder.getOrCreate()
    expect(again.session_id != session, "getOrCreate() returned the lost session")
    expect_equal(again.range(3).count(), 3, "rows of the first query in the new session")
    expect(not again.catalog.tableExists("mine"), "the new session has the lost one's temp view")
    say("again", session=again.session_id, server=server_of(again), seconds=since(began))
    again.stop()


def killed(args: argparse.Namespace) -> None:
    """Runs a query without end until an operator ends its session; then gets another. Says READY while the query runs."""
    os.environ["SPARK_REMOTE"] = args.url
    spark = SparkSession.builder.getOrCreate()
    server, session = server_of(spark), spark.session_id
    running = threading.Event()
    if hasattr(spark, "registerProgressHandler"):  # 4.0
        spark.registerProgressHandler(lambda **_: running.set())
    query = InBackground(lambda: spark.sql(sleeping(600_000)).collect())
    expect(running.wait(120), "the query did not begin within 120 s")
    say("READY", session=session, server=server)
    began = time.monotonic()
    query.wait(args.seconds, "the query of the session that was to be killed")
    say("ended", session=session, seconds=since(began), error=one_line(query.error))
    for cause in args.cause:
        expect(cause in one_line(query.error), f"the error does not say {cause!r}: {one_line(query.error)}")
    again = SparkSession.builder.getOrCreate()
    expect(again.session_id != session, "getOrCreate() returned the killed session")
    expect_equal(again.range(3).count(), 3, "rows of the first query in the new session")
    say("again", session=again.session_id, server=server_of(again))
    again.stop()


def out_of_heap(args: argparse.Namespace) -> None:
    """A query that fills its driver's heap: its own error names the cause, and getOrCreate() goes on elsewhere."""
    os.environ["SPARK_REMOTE"] = args.url
    spark = SparkSession.builder.getOrCreate()
    server, session = server_of(spark), spark.session_id
    say("READY", session=session, server=server)
    began = time.monotonic()
    # Folded by the optimizer, that is: evaluated in the driver, which has 1 GiB.
    text = text_of_loss(lambda: spark.sql("SELECT length(repeat('x', 2000000000)) AS n").collect())
    say("lost", session=session, server=server, seconds=since(began), error=text)
    for cause in args.cause:
        expect(cause in text, f"the error of the query that killed its server does not say {cause!r}: {text}")
    again = SparkSession.builder.getOrCreate()
    expect(again.session_id != session, "getOrCreate() returned the lost session")
    expect_equal(again.range(3).count(), 3, "rows of the first query in the new session")
    again.stop()


def text_of_loss(query: Callable[[], Any]) -> str:
    try:
        rows = query()
    except Exception as e:  # whatever a client throws: its text is what the user reads
        return one_line(e)
    raise Failed(f"the session still answers ({rows}) although its server is said to be gone")


def long_query(args: argparse.Namespace) -> None:
    """A query of so many seconds with a result that is checked. Says RUNNING once the server has said so."""
    spark = new_session(args.url)
    rows = 50 * args.seconds
    running = threading.Event()

    def progressed(**_: Any) -> None:
        if not running.is_set():
            running.set()
            say("RUNNING", session=spark.session_id)

    say("READY", session=spark.session_id, server=server_of(spark))
    if hasattr(spark, "registerProgressHandler"):  # 4.0
        spark.registerProgressHandler(progressed)
    began = time.monotonic()
    seen = spark.sql(sleeping(20, rows)).collect()[0].n
    say("result", rows=seen, seconds=since(began), server=server_of(spark))
    expect_equal(seen, rows, "result of the long query")
    spark.stop()


def demo(args: argparse.Namespace) -> None:
    """A short walk through what a user sees."""
    show = lambda text: print(text, flush=True)  # noqa: E731
    show(f"Two users connect to {args.url} with stock PySpark {client_version()}:")
    alice, bob = new_session(args.url), new_session(args.url)
    for name, spark in (("alice", alice), ("bob", bob)):
        show(f"  {name:5}  session {spark.session_id}  on server {server_of(spark)} (Spark {spark.version})")
    show("\nEach has a temp view 'orders' of their own:")
    alice.sql("SELECT id AS order, id % 3 AS customer, id * 1.5 AS total FROM range(6)").createOrReplaceTempView("orders")
    bob.sql("SELECT 100 + id AS order, 7 AS customer, 9.99 AS total FROM range(2)").createOrReplaceTempView("orders")
    for name, spark, rows in (("alice", alice, 6), ("bob", bob, 2)):
        seen = spark.table("orders").count()
        show(f"  {name:5}  {seen} orders")
        expect_equal(seen, rows, f"{name}'s orders")
    show("\nAlice asks for her totals; the executors run it:")
    totals = "SELECT customer, count(*) AS orders, sum(total) AS total FROM orders GROUP BY customer ORDER BY customer"
    alice.sql(totals).show()
    show("Bob counts a hundred million numbers:")
    began = time.monotonic()
    even = bob.range(100_000_000).where("id % 2 = 0").count()
    expect_equal(even, 50_000_000, "even numbers")
    show(f"  {even:,} of them are even ({since(began)} s)")
    alice.stop()
    bob.stop()
    show("\nBoth have stopped; their sessions are free.")


# --- command line -----------------------------------------------------------------------------------------------------


def since(began: float) -> float:
    return round(time.monotonic() - began, 2)


def one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())


def client_version() -> str:
    import pyspark

    return pyspark.__version__


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scenarios.py", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="scenario", required=True, metavar="SCENARIO")

    def command(name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=(run.__doc__ or "").split("\n")[0])
        sub.add_argument("url", type=connect_url, help="sc://host:port")
        sub.set_defaults(run=run)
        return sub

    many = command("sessions", sessions)
    many.add_argument("--count", type=int, default=12)
    many.add_argument("--rounds", type=int, default=2, help="how often every session is checked (default: 2)")
    many.add_argument("--offset", type=int, default=0, help="makes this process's numbers differ from others'")
    several = command("processes", processes)
    several.add_argument("--processes", type=int, default=3)
    several.add_argument("--count", type=int, default=4, help="sessions per process (default: 4)")
    for spread in (many, several):
        spread.add_argument("--min-servers", type=int, default=1, help="how many servers must have got some")
    command("stop-frees", stop_frees).add_argument(
        "--wait", action="store_true", help="wait for a line on stdin before each stop, so that a test can look"
    )
    command("big-result", big_result).add_argument("--megabytes", type=int, default=120)
    upload = command("artifacts", artifacts)
    upload.add_argument("--megabytes", type=int, default=3)
    upload.add_argument("--no-udf", dest="udf", action="store_false", help="without a Python UDF on the executors")
    command("interrupt", interrupt)
    command("big-plan", big_plan)
    command("clone", clone)
    for name, loses_its_server in (("survive-kill", survive_kill), ("out-of-heap", out_of_heap)):
        command(name, loses_its_server).add_argument(
            "--cause", action="append", default=[], help="a text that the error must have; may be given several times"
        )
    ended = command("killed", killed)
    ended.add_argument("--cause", action="append", default=[], help="a text that the error must have")
    ended.add_argument("--seconds", type=int, default=300, help="how long the session may live (default: 300)")
    command("long-query", long_query).add_argument("--seconds", type=int, default=20)
    command("demo", demo)
    return parser


def connect_url(text: str) -> str:
    if not text.startswith("sc://"):
        raise argparse.ArgumentTypeError(f"{text!r} (expected: sc://host:port)")
    return text


def fail(text: str) -> NoReturn:
    say("failed", error=text)
    print(f"FAILED {SCENARIO}: {text}", file=sys.stderr, flush=True)
    # Past the interpreter's own end, which waits for clients' retries that may go on for ten minutes.
    os._exit(1)


def main() -> None:
    global SCENARIO
    args = command_line().parse_args()
    SCENARIO = args.scenario
    began = time.monotonic()
    try:
        args.run(args)
    except Failed as e:
        fail(str(e))
    except Exception as e:
        traceback.print_exc()
        fail(f"{type(e).__name__}: {one_line(e)}")
    if SCENARIO != "demo":
        say("passed", seconds=since(began), client=client_version())


if __name__ == "__main__":
    main()
