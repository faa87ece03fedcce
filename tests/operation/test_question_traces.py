"""What OpenTelemetry is told of a question: stages, durations and counts, and no text."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from bot.observer import Traces
from bot.operation.question_traces import OpenTelemetryTraces, open_traces
from bot.schema import Scope
from index.embed.minilm import open_minilm
from index.errors import StoreError
from tests.answering.test_answer_models import COST, ENGINE, generator
from tests.doubles.answer_world import open_world
from tests.doubles.generate_world import MISSION
from tests.doubles.model_plays import obedient
from tests.doubles.model_server import Reply, model_server
from tests.doubles.recording_server import recording_server

SCOPE = Scope(collections=("documents",))


def followed() -> tuple[InMemorySpanExporter, OpenTelemetryTraces]:
    told = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(told))
    return told, OpenTelemetryTraces(provider)


async def test_a_question_is_a_span_and_each_stage_one_below_it(
    indexed_folder: Path, tmp_path: Path
) -> None:
    told, traces = followed()
    embedder = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path, embedder) as world:
        world.add("documents", "mission.md", MISSION)
        async with model_server() as server:
            server.play = lambda prompt: Reply(obedient(prompt))
            async with generator(world, server.url) as engine:
                answerer = world.answerer(generator=engine, traces=traces)
                answer = await answerer.answer(COST, scope=SCOPE)
        spans = {span.name: span for span in told.get_finished_spans()}
        assert set(spans) == {"search", "choose", "model", "question"}
        root = spans.pop("question")
        assert root.parent is None
        assert {span.parent.span_id for span in spans.values() if span.parent} == {
            root.context.span_id
        }
        assert all(_took(span) <= _took(root) for span in spans.values())
        assert dict(root.attributes or {}) == {
            "quoth.status": "answered",
            "quoth.kind": "answer",
            "quoth.engine": ENGINE,
            "quoth.confidence": answer.confidence,
            "quoth.citations": len(answer.citations),
            "quoth.collections": 1,
        }
        everything = "".join(span.to_json() for span in told.get_finished_spans())
        for text in (COST, "million", "mission.md", "cost"):
            assert text not in everything


async def test_a_failure_is_told_by_its_kind_alone() -> None:
    told, traces = followed()
    with pytest.raises(StoreError), traces.question() as trace, trace.stage("extract"):
        raise StoreError(f"of {COST}")
    stage, question = told.get_finished_spans()
    assert (stage.name, question.name) == ("choose", "question")
    for span in (stage, question):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description == "StoreError"
        assert not span.events  # a stack trace may hold what was asked


def test_spans_go_where_the_environment_says_and_nowhere_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_traces({}) as nothing:
        assert type(nothing) is Traces
    with recording_server() as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        for name, value in {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"}.items():
            with open_traces({**os.environ, name: value}) as nothing:
                assert type(nothing) is Traces
        with open_traces(os.environ) as traces, traces.question() as trace:
            with trace.stage("search"):
                pass
            trace.came_to(status="answered")
        (sent,) = server.received
    assert sent.startswith("POST /v1/traces")
    for word in ("quoth", "question", "search", "quoth.status", "answered"):
        assert word in sent


def test_without_the_extra_one_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    given = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}
    with caplog.at_level(logging.WARNING), open_traces(given) as nothing:
        assert type(nothing) is Traces
    (line,) = caplog.messages
    assert "Run `pip install 'quoth[telemetry]'`, or unset OTEL_EXPORTER_OTLP_TRACES" in line


def _took(span: ReadableSpan) -> int:
    assert span.start_time is not None
    assert span.end_time is not None
    return span.end_time - span.start_time
