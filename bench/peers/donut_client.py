"""Our query service by gRPC, with code generated from the protos at each run."""

import pathlib
import sys

import grpc
import grpc_tools
from google.protobuf import json_format, message_factory
from grpc_tools import protoc

DEADLINE = 30


def generate(root: pathlib.Path, folder: pathlib.Path):
    protos = [str(path.relative_to(root / "proto")) for path in (root / "proto/donut").rglob("*.proto")]
    includes = [f"-I{root / 'proto'}", f"-I{pathlib.Path(grpc_tools.__file__).parent / '_proto'}"]
    if protoc.main(["", *includes, f"--python_out={folder}", f"--grpc_python_out={folder}", *protos]) != 0:
        raise RuntimeError("the protos cannot be compiled")
    sys.path.insert(0, str(folder))


class DonutClient:
    def __init__(self, address):
        from donut.analytics.v1 import query_pb2, query_pb2_grpc

        self._methods = query_pb2.DESCRIPTOR.services_by_name["QueryService"].methods_by_name
        self._channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", 1 << 28)])
        grpc.channel_ready_future(self._channel).result(timeout=DEADLINE)
        self._stub = query_pb2_grpc.QueryServiceStub(self._channel)

    def close(self):
        self._channel.close()

    def prepare(self, rpc, request):
        """A call without parameters that asks it."""
        message = json_format.ParseDict(request, message_factory.GetMessageClass(self._methods[rpc].input_type)())
        return lambda: getattr(self._stub, rpc)(message, timeout=DEADLINE)
