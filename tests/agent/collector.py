"""A collector of OpenTelemetry on loopback: takes OTLP over HTTP, in protobuf; or is down, slow or mad."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.loopback import Loopback


class Collector(Loopback):
    """The server, and every span that it was sent."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.spans: list[Any] = []
        self.resources: list[dict[str, Any]] = []
        self.answer: tuple[int, bytes] = (200, b"")
        self.silent = False
        self.elsewhere = ""
        super().__init__(_handler_of(self))

    @property
    def url(self) -> str:
        """What `OtlpEndpoint` has to be."""
        return self.address

    def named(self, beginning: str) -> list[Any]:
        """The spans whose names begin so, in the order of their beginnings."""
        return sorted((each for each in self.spans if each.name.startswith(beginning)), key=began)

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for of_resource in request.resource_spans:
            self.resources.append(attributes(of_resource.resource))
            self.spans += [span for scope in of_resource.scope_spans for span in scope.spans]

    def hold(self) -> None:
        """Answer nothing until it is closed."""
        self.closing.wait()


def began(span: Any) -> int:
    """When a span began, in nanoseconds."""
    return int(span.start_time_unix_nano)


def attributes(told: Any) -> dict[str, Any]:
    """The attributes of a span or a resource, by name."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in told.attributes}


def _handler_of(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.paths.append(self.path)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            if collector.silent:
                collector.hold()
                return
            status, content = collector.answer
            if status == 200:
                collector.take(body)
            self.send_response(status)
            if collector.elsewhere:
                self.send_header("Location", collector.elsewhere)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    return Handler
