"""How each question was answered, told to OpenTelemetry: durations and counts, and no text.

Whoever runs Quoth switches it on by the standard variables of OpenTelemetry, in the environment of
the process alone: a `.env` may not name a server that is told what is done here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from bot.observer import QuestionTrace, Traces

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""The variables that name who is told; without one of them nobody is."""

OFF = ("OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER")
"""The variables that switch it off: `true` in the first, `none` in the second."""

NAMES = {"extract": "choose", "generate": "model"}
"""What stages are called there, where not as in `timings_ms`."""

LAST_SECONDS = 2.0
"""What sending the last spans may take when the process ends."""

logger = logging.getLogger(__name__)


@contextmanager
def open_traces(environ: Mapping[str, str]) -> Iterator[Traces]:
    """Follow questions where the environment says who is told; else follow nothing."""
    if not _is_wanted(environ):
        yield Traces()
        return
    try:
        provider = _open_provider()
    except ModuleNotFoundError as error:
        logger.warning(
            "No traces are sent: %s is not installed. Run `pip install 'quoth[telemetry]'`, or "
            "unset %s.", error.name, " and ".join(filter(environ.get, ADDRESSES)),
        )  # fmt: skip
        yield Traces()
        return
    library = logging.getLogger("opentelemetry")
    before = library.level
    library.setLevel(logging.CRITICAL)  # it repeats each attempt; `_Sender` says it once
    try:
        yield OpenTelemetryTraces(provider)
    finally:
        _end(provider)
        library.setLevel(before)


def _end(provider: TracerProvider) -> None:
    """Send what is left, and wait no longer for a collector that is away."""
    ending = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
    ending.start()
    ending.join(LAST_SECONDS)


def _is_wanted(environ: Mapping[str, str]) -> bool:
    disabled, exporter = (environ.get(name, "").strip().lower() for name in OFF)
    return any(map(environ.get, ADDRESSES)) and disabled != "true" and exporter != "none"


def _open_provider() -> TracerProvider:
    """Return what sends spans as the environment says; raises ModuleNotFoundError."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource({SERVICE_NAME: "quoth"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=named, shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(cast("SpanExporter", _Sender(OTLPSpanExporter())))
    )
    return provider


class _Sender:
    """Sends spans by another exporter, and says once where they do not arrive."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_told = False
        self.shutdown = exporter.shutdown
        self.force_flush = exporter.force_flush

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; what cannot be sent is dropped."""
        result = self._exporter.export(spans)
        if result.name != "SUCCESS" and not self._is_told:
            self._is_told = True
            logger.warning(
                "Traces do not arrive: the collector that %s name did not take them. "
                "Questions are answered all the same.", " or ".join(ADDRESSES),
            )  # fmt: skip
        return result


class OpenTelemetryTraces(Traces):
    """One trace for each question, with a span for each stage."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("quoth")

    def question(self) -> AbstractContextManager[QuestionTrace]:
        """Follow a question as long as the block runs; a failure is noted by its kind alone."""
        return self._question()

    @contextmanager
    def _question(self) -> Iterator[QuestionTrace]:
        with self.span("question", None) as span:
            yield _OpenQuestion(self, span)

    @contextmanager
    def span(self, name: str, parent: Any) -> Iterator[Any]:
        """Open a span, below `parent` if there is one, whatever thread it is."""
        from opentelemetry.context import Context
        from opentelemetry.trace import Status, StatusCode, set_span_in_context

        context = Context() if parent is None else set_span_in_context(parent, Context())
        span = self._tracer.start_span(name, context=context)
        try:
            yield span
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()


class _OpenQuestion(QuestionTrace):
    """The span of a question, and those below it."""

    def __init__(self, traces: OpenTelemetryTraces, span: Any) -> None:
        self._traces = traces
        self._span = span

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Follow a stage as long as the block runs, on whichever thread."""
        return self._traces.span(NAMES.get(name, name), self._span)

    def came_to(self, **facts: str | int | float) -> None:
        """Note what came of the question: outcomes and counts, and no text of anybody."""
        for name, value in facts.items():
            self._span.set_attribute(f"quoth.{name}", value)
