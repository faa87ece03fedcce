"""Leaves out of Chroma's import what Quoth never needs: nearly half of the time that it takes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_COMMAND = "httpx._main"
"""httpx's own command, with rich and Pygments; httpx does without where it cannot be imported."""

_EXPORTER = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
"""What sends Chroma's own traces, with gRPC; only where somebody sets an address for them."""

_CHECKS = ("override", "overrides")
"""Decorators of the package `overrides`, which compare the signatures of two classes while they are
made: a check for those who write Chroma. That a method is marked is still checked."""


@contextmanager
def spared_imports() -> Iterator[None]:
    """Let what is imported inside do without these; whoever imports them later gets them whole."""
    with _without_modules(), _without_checks():
        yield


@contextmanager
def _without_modules() -> Iterator[None]:
    absent: dict[str, ModuleType | None] = {_COMMAND: None, _EXPORTER: _exporter_when_called()}
    stand_ins = {name: each for name, each in absent.items() if name not in sys.modules}
    sys.modules.update(stand_ins)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, each in stand_ins.items():
            if sys.modules.get(name) is each:
                sys.modules.pop(name, None)


def _exporter_when_called() -> ModuleType:
    """Return a module whose exporter is the real one, imported when one is made."""

    def exporter(*given: Any, **named: Any) -> Any:
        return importlib.import_module(_EXPORTER).OTLPSpanExporter(*given, **named)

    module = ModuleType(_EXPORTER)
    module.__dict__["OTLPSpanExporter"] = exporter
    return module


@contextmanager
def _without_checks() -> Iterator[None]:
    try:
        package = vars(importlib.import_module("overrides"))
    except ImportError:  # a release of Chroma that does without
        yield
        return
    before = {name: package[name] for name in _CHECKS if name in package}
    package.update(dict.fromkeys(before, _marked))
    try:
        yield
    finally:
        package.update(before)


def _marked(method: Callable[..., Any] | None = None, **_: bool) -> Any:
    """Mark a method as one that overrides another, and leave it as it is."""
    if method is None:
        return _marked
    method.__dict__["__override__"] = True
    return method
