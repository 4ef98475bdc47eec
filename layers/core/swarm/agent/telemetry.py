"""Spans that go to a collector by OTLP over HTTP, in protobuf; the only module that imports OpenTelemetry.

What goes wrong with a collector is told in the log, and nowhere else: spans that it does not take are lost.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.aws.aws_xray_propagator import TRACE_HEADER_KEY, AwsXRayPropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.re import parse_env_headers
from requests import Session

from swarm.agent.spans import Attributes, Span, Spans
from swarm.errors import ModelFailure, RunStopped
from swarm.logs import log

FLUSH_SECONDS = 2.0
MOST_SPANS = 2_000
"""So many that have ended are kept for the next flush; more are lost."""


class _Ended(SpanProcessor):
    """Keeps what has ended. Nothing runs beside the handler: Lambda freezes whatever does."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        if len(self.spans) < MOST_SPANS:
            self.spans.append(span)

    def taken(self) -> list[ReadableSpan]:
        spans, self.spans = self.spans, []
        return spans


class _Traced(Span):
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def failed(self, error_type: str) -> None:
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(StatusCode.ERROR)


class OtlpSpans(Spans):
    """Spans of this process. `endpoint` is the collector's, without `/v1/traces`.

    `headers` go with each request: a text as OTEL_EXPORTER_OTLP_HEADERS has it, `name=value` with commas between them.
    """

    def __init__(self, endpoint: str, headers: str, stage: str) -> None:
        # What it complains about would stand in the log in its own words.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        session = Session()
        # The headers are for this collector, and for none that it names.
        session.max_redirects = 0
        url = f"{endpoint.rstrip('/')}/v1/traces"
        told = parse_env_headers(headers, liberal=True)
        self._exporter = OTLPSpanExporter(url, headers=dict(told), timeout=FLUSH_SECONDS, session=session)
        self._ended = _Ended()
        about = {"service.name": "codex-swarm", "deployment.environment.name": stage}
        provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource(about), shutdown_on_exit=False)
        provider.add_span_processor(self._ended)
        self._tracer = provider.get_tracer("codex_swarm")
        self._sending: threading.Thread | None = None
        self.header = ""
        """Lambda's trace header of this invocation, which the first span is a part of."""

    @contextmanager
    def begin(
        self,
        name: str,
        attributes: Attributes,
        *,
        asks_server: bool = False,
        root: bool = False,
        since: datetime | None = None,
    ) -> Iterator[Span]:
        """A span within the one that is open."""
        kind = SpanKind.CLIENT if asks_server else SpanKind.INTERNAL
        # Lambda's trace header, as X-Ray writes it; without one it is a trace of its own.
        carrier = {TRACE_HEADER_KEY: self.header}
        context = AwsXRayPropagator().extract(carrier, Context()) if root else None
        with self._tracer.start_as_current_span(
            name,
            context,
            kind,
            attributes,
            start_time=None if since is None else int(since.timestamp() * 1e9),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            traced = _Traced(span)
            try:
                yield traced
            except RunStopped:
                raise
            except ModelFailure as failure:
                traced.failed(failure.error_type)
                raise
            except BaseException as error:
                traced.failed(type(error).__name__)
                raise

    def flush(self) -> None:
        """Send what has ended, in a thread that nobody waits for longer."""
        spans = self._ended.taken()
        if not spans:
            return
        if self._sending is not None and self._sending.is_alive():
            log.warning("spans were not taken", error="the collector is still busy with earlier ones")
            return
        self._sending = threading.Thread(target=self._send, args=(spans,), daemon=True)
        self._sending.start()
        self._sending.join(FLUSH_SECONDS)
        if self._sending.is_alive():
            log.warning("spans were not taken", error=f"no answer within {FLUSH_SECONDS:g} s")

    def _send(self, spans: list[ReadableSpan]) -> None:
        try:
            if self._exporter.export(spans) is not SpanExportResult.SUCCESS:
                log.warning("spans were not taken", error="the collector could not be reached, or refused them")
        except Exception as error:  # noqa: BLE001  whatever a collector answers, it is no matter of the run
            log.warning("spans were not taken", error=type(error).__name__)
