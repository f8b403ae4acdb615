# SPDX-License-Identifier: Apache-2.0
"""A Spark Connect server that knows sessions and one query: SELECT of its own name, or a range.

usage: small_connect_server.py NAME    prints its port

It serves a real PySpark client: Config, AnalyzePlan of schemas, ExecutePlan (reattachable too), releases. Sessions are made as
Spark makes them, with a server-side id, and a client that comes to a server without its session notices by that.
"""

import sys
import threading
import uuid
from concurrent import futures

import grpc
import pyarrow as pa
import pyspark.sql.connect.proto as proto
import pyspark.sql.connect.proto.base_pb2_grpc as service


class SmallConnectServer(service.SparkConnectServiceServicer):
    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.sessions = {}

    def _session(self, request, context, creates=True):
        key = (request.user_context.user_id, request.session_id)
        with self.lock:
            if key not in self.sessions and not creates:
                context.abort(
                    grpc.StatusCode.INTERNAL,
                    f"[INVALID_HANDLE.SESSION_NOT_FOUND] The handle {request.session_id} is invalid. SQLSTATE: HY000",
                )
            return self.sessions.setdefault(key, str(uuid.uuid4()))

    def Config(self, request, context):
        server_session = self._session(request, context)
        response = proto.ConfigResponse(session_id=request.session_id, server_side_session_id=server_session)
        which = request.operation.WhichOneof("op_type")
        operation = getattr(request.operation, which)
        if which == "get_with_default":
            response.pairs.extend(operation.pairs)
        elif which in ("get", "get_option"):
            response.pairs.extend(proto.KeyValue(key=key, value="") for key in operation.keys)
        return response

    def ExecutePlan(self, request, context):
        server_session = self._session(request, context)

        def part(**content):
            return proto.ExecutePlanResponse(
                session_id=request.session_id,
                server_side_session_id=server_session,
                operation_id=request.operation_id,
                response_id=str(uuid.uuid4()),
                **content,
            )

        table = pa.table({"server": [self.name]})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        data = sink.getvalue().to_pybytes()
        schema = proto.DataType(
            struct=proto.DataType.Struct(
                fields=[
                    proto.DataType.StructField(
                        name="server", data_type=proto.DataType(string=proto.DataType.String()), nullable=True
                    )
                ]
            )
        )
        yield part(schema=schema)
        yield part(arrow_batch=proto.ExecutePlanResponse.ArrowBatch(row_count=1, data=data))
        yield part(result_complete=proto.ExecutePlanResponse.ResultComplete())

    def ReattachExecute(self, request, context):
        self._session(request, context, creates=False)
        context.abort(
            grpc.StatusCode.INTERNAL,
            f"[INVALID_HANDLE.OPERATION_NOT_FOUND] The handle {request.operation_id} is invalid. SQLSTATE: HY000",
        )

    def ReleaseExecute(self, request, context):
        server_session = self._session(request, context, creates=False)
        return proto.ReleaseExecuteResponse(
            session_id=request.session_id, server_side_session_id=server_session, operation_id=request.operation_id
        )

    def ReleaseSession(self, request, context):
        with self.lock:
            self.sessions.pop((request.user_context.user_id, request.session_id), None)
        return proto.ReleaseSessionResponse(session_id=request.session_id)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    service.add_SparkConnectServiceServicer_to_server(SmallConnectServer(sys.argv[1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
