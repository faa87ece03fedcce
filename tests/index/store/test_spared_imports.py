"""What Chroma's import leaves out, in processes that have imported nothing yet."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

from index.store.spared_imports import spared_imports

ROOT = Path(__file__).parents[3]

EXPORTER = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"

PROGRAM = f"""
import sys
from pathlib import Path

from index.store.chroma_client import open_embedded

opened = open_embedded(Path("home"))
print([name for name in ("rich", "pygments", "grpc") if name in sys.modules])

import chromadb.telemetry.opentelemetry as traces
import httpx

exporter = traces.OTLPSpanExporter(endpoint="http://127.0.0.1:9")
exporter.shutdown()
from {EXPORTER} import OTLPSpanExporter

print(type(exporter) is OTLPSpanExporter)
import httpx._main

print(httpx._main.main.name)
import overrides


class Base(overrides.EnforceOverrides):
    def look(self, at: int) -> None: ...


try:

    class Stranger(Base):
        @overrides.override
        def look(self, at: str) -> None: ...

except TypeError:
    print("compared")
"""


def test_nothing_is_imported_that_is_not_called_and_all_is_there_for_others(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[]\nTrue\nmain\ncompared\n", "")


def test_what_was_imported_before_stays_as_it_is() -> None:
    before = [importlib.import_module(name) for name in (EXPORTER, "httpx._main")]
    with spared_imports():
        assert [sys.modules[EXPORTER], sys.modules["httpx._main"]] == before
    assert [sys.modules[EXPORTER], sys.modules["httpx._main"]] == before
