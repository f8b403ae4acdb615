# SPDX-License-Identifier: Apache-2.0
"""A server that keeps sessions as Spark Connect does and computes nothing: it answers every query with its own number.

python fake_spark.py NUMBER: listens on a free port of the loopback interface and says which in a JSON line. The messages are those
of the PySpark client on PYTHONPATH.
"""

import json
import sys
import threading
import time
import uuid
from concurrent import futures

import grpc
import pyarrow as pa
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from pyspark.sql.connect import proto
from pyspark.sql.connect.proto import base_pb2_grpc

# A query for this many rows sends one and then keeps its client waiting.
ROWS_THAT_NEVER_COME = 7


class Session:
    def __init__(self):
        self.server_side_id = str(uuid.uuid4())
        self.conf = {}


def refuse(context, error_class, session_id):
    """As Spark's servers do: INTERNAL, with the class in an ErrorInfo."""
    message = f"[{error_class}] The handle {session_id} is invalid. SQLSTATE: HY000"
    info = error_details_pb2.ErrorInfo(
        reason="org.apache.spark.SparkSQLException",
        domain="org.apache.spark",
        metadata={
            "classes": '["org.apache.spark.SparkSQLException"]',
            "errorClass": error_class,
        },
    )
    detail = any_pb2.Any()
    detail.Pack(info)
    status = status_pb2.Status(
        code=grpc.StatusCode.INTERNAL.value[0], message=message, details=[detail]
    )
    context.abort_with_status(rpc_status.to_status(status))


class FakeSpark(base_pb2_grpc.SparkConnectServiceServicer):
    def __init__(self, number):
        self.number = number
        self.sessions = {}
        self.lock = threading.Lock()

    def _session(self, request):
        key = (request.user_context.user_id, request.session_id)
        with self.lock:
            return self.sessions.setdefault(key, Session())

    def _holds(self, request):
        key = (request.user_context.user_id, request.session_id)
        with self.lock:
            return key in self.sessions

    def Config(self, request, context):
        session = self._session(request)
        response = proto.ConfigResponse(
            session_id=request.session_id,
            server_side_session_id=session.server_side_id,
        )
        operation = request.operation
        kind = operation.WhichOneof("op_type")
        if kind == "set":
            for pair in operation.set.pairs:
                session.conf[pair.key] = pair.value
        elif kind == "get_with_default":
            for pair in operation.get_with_default.pairs:
                response.pairs.add(
                    key=pair.key, value=session.conf.get(pair.key, pair.value)
                )
        elif kind in ("get", "get_option"):
            for key in getattr(operation, kind).keys:
                response.pairs.add(key=key, value=session.conf.get(key, "false"))
        return response

    def AnalyzePlan(self, request, context):
        session = self._session(request)
        response = proto.AnalyzePlanResponse(
            session_id=request.session_id,
            server_side_session_id=session.server_side_id,
        )
        response.spark_version.version = "4.2.0"
        return response

    def ExecutePlan(self, request, context):
        session = self._session(request)
        rows = request.plan.root.range.end

        def response(**fields):
            return proto.ExecutePlanResponse(
                session_id=request.session_id,
                server_side_session_id=session.server_side_id,
                operation_id=request.operation_id,
                response_id=str(uuid.uuid4()),
                **fields,
            )

        table = pa.table({"id": pa.array([self.number], pa.int64())})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        batch = proto.ExecutePlanResponse.ArrowBatch(
            row_count=1, data=sink.getvalue().to_pybytes()
        )
        yield response(arrow_batch=batch)
        while rows == ROWS_THAT_NEVER_COME and context.is_active():
            time.sleep(0.1)
        yield response(result_complete=proto.ExecutePlanResponse.ResultComplete())

    def ReattachExecute(self, request, context):
        refuse(context, "INVALID_HANDLE.OPERATION_NOT_FOUND", request.operation_id)
        yield  # an iterator, as the stub wants it

    def ReleaseExecute(self, request, context):
        if not self._holds(request):
            refuse(context, "INVALID_HANDLE.SESSION_NOT_FOUND", request.session_id)
        return proto.ReleaseExecuteResponse(
            session_id=request.session_id, operation_id=request.operation_id
        )

    def ReleaseSession(self, request, context):
        with self.lock:
            self.sessions.pop((request.user_context.user_id, request.session_id), None)
        return proto.ReleaseSessionResponse(session_id=request.session_id)

    def AddArtifacts(self, requests, context):
        for request in requests:
            session_id = request.session_id
            self._session(request)
        return proto.AddArtifactsResponse(session_id=session_id)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))
    base_pb2_grpc.add_SparkConnectServiceServicer_to_server(
        FakeSpark(int(sys.argv[1])), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(json.dumps({"event": "listening", "port": port}), flush=True)
    server.wait_for_termination()


main()
