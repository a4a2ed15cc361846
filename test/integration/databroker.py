"""A databroker that speaks kuksa.val.v1 as the published protocol has it, with a small catalogue.

What it refuses, and by which numbers, is what Eclipse's databroker refuses: unknown paths (404),
values of another type or out of range (400). A value that is not set makes a signal not available.
"""

# ruff: noqa: ARG002, N802 - the protocol's names
from __future__ import annotations

import time
from concurrent import futures
from typing import Any

import grpc
from kuksa.val.v1 import types_pb2, val_pb2, val_pb2_grpc

D = types_pb2
TYPES = {"float": D.DATA_TYPE_FLOAT, "bool": D.DATA_TYPE_BOOLEAN, "uint32": D.DATA_TYPE_UINT16}
CATALOGUE = {
    "Vehicle.Driver.FatigueLevel": ("float", 0.0, 100.0),
    "Vehicle.Driver.HeartRate": ("uint32", 0, 65535),
    "Vehicle.Driver.IsEyesOnRoad": ("bool", 0, 1),
    "Vehicle.ADAS.DMS.IsEnabled": ("bool", 0, 1),
    "Vehicle.ADAS.DMS.IsWarning": ("bool", 0, 1),
}
"""Without Vehicle.ADAS.DMS.IsError: catalogues differ."""


class Broker(val_pb2_grpc.VALServicer):
    """Attributes: values by path, None where not available; when each was set; what was refused."""

    def __init__(self, port: int = 0) -> None:
        self.values: dict[str, Any] = {}
        self.refused: list[str] = []
        self.times: dict[str, float] = {}
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        val_pb2_grpc.add_VALServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        assert self.port
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0).wait()

    def GetServerInfo(self, request: Any, context: Any) -> Any:
        return val_pb2.GetServerInfoResponse(name="test", version="0")

    def Get(self, request: Any, context: Any) -> Any:
        response = val_pb2.GetResponse()
        for entry in request.entries:
            if entry.path not in CATALOGUE:
                response.errors.append(self._error(entry.path, 404, "not_found"))
                response.error.CopyFrom(response.errors[-1].error)
                continue
            kind = CATALOGUE[entry.path][0]
            metadata = types_pb2.Metadata(data_type=TYPES[kind])
            response.entries.append(types_pb2.DataEntry(path=entry.path, metadata=metadata))
        return response

    def Set(self, request: Any, context: Any) -> Any:
        response = val_pb2.SetResponse()
        for update in request.updates:
            path, data = update.entry.path, update.entry.value
            which = data.WhichOneof("value")
            value: Any = getattr(data, which) if which else None
            if path not in CATALOGUE:
                response.errors.append(self._error(path, 404, "not_found"))
                continue
            kind, low, high = CATALOGUE[path]
            if which is not None and (which != kind or not low <= value <= high):
                response.errors.append(self._error(path, 400, f"bad request: {which} {value}"))
                continue
            self.values[path], self.times[path] = value, time.monotonic()
        return response

    def _error(self, path: str, code: int, reason: str) -> Any:
        self.refused.append(f"{path}: {reason}")
        return types_pb2.DataEntryError(
            path=path, error=types_pb2.Error(code=code, reason=reason, message=reason)
        )
