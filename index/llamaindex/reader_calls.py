"""Finds a LlamaIndex reader by its name, gives it its arguments, and has it load its documents."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import re
from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import LoadError
from index.text.layout import folded

if TYPE_CHECKING:
    from llama_index.core.schema import Document

_WAYS = ("load_data", "lazy_load_data", "aload_data", "alazy_load_data")
"""What a reader may load by: the first that it has of its own."""

_MANY = frozenset({"list", "sequence", "iterable", "set", "tuple", "collection"})
_TYPES = _MANY | frozenset({"int", "float", "bool", "dict", "mapping", "any"})

_TOLD = 300
"""Characters told of what a reader says."""


@dataclass(frozen=True)
class Parameters:
    """What a function takes by name."""

    named: Mapping[str, object]
    """Annotations by name; empty where there is none."""
    is_open: bool
    """Whether it takes others besides."""
    told: str

    @classmethod
    def of(cls, function: Callable[..., object]) -> Parameters:
        """Return what a function or a class takes."""
        found = [
            each for each in inspect.signature(function).parameters.values() if each.name != "self"
        ]
        kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        named = [each for each in found if each.kind in kinds]
        return cls(
            {each.name: each.annotation for each in named},
            any(each.kind == inspect.Parameter.VAR_KEYWORD for each in found),
            ", ".join(_told(each) for each in named),
        )


def find_reader(reader: str) -> type[Any]:
    """Import the class that `package:Class` names; raises LoadError."""
    from llama_index.core.readers.base import BaseReader

    module, _, name = reader.partition(":")
    found = getattr(_imported(module), name, None)
    if found is None:
        raise LoadError(name, f"There is no class {name} in {module}.")
    if not (isinstance(found, type) and issubclass(found, BaseReader)):
        raise LoadError(name, f"{name} is no reader of LlamaIndex (no BaseReader).")
    return found


def read_documents(reader: type[Any], arguments: Sequence[tuple[str, str]]) -> Iterator[Document]:
    """Yield what a reader loads when it is called with `arguments`; raises LoadError."""
    made, loaded = _shared_out(reader, arguments)
    name, way = reader.__name__, _way(reader)
    try:
        called = reader(**made)
    except ImportError as error:
        raise LoadError(name, _lacking(error)) from None
    except Exception as error:
        reason = _with_parameters(f"It refuses its arguments ({said(error)}).", reader)
        raise LoadError(name, reason) from None
    try:
        yield from _iterated(getattr(called, way)(**loaded))
    except ImportError as error:
        raise LoadError(name, _lacking(error)) from None
    except (Exception, SystemExit) as error:
        reason = f"It failed while it was reading ({said(error)})."
        if isinstance(error, TypeError):
            reason = _with_parameters(reason, reader)
        raise LoadError(name, reason) from None


def said(error: BaseException) -> str:
    """Return the class and the words of an error, on one line."""
    words = folded(str(error))[:_TOLD].rstrip(".")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _imported(module: str) -> object:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if f"{module}.".startswith(f"{missing}."):
            raise LoadError(module, _not_installed(module)) from None
        raise LoadError(module, _lacking(error)) from None
    except (Exception, SystemExit) as error:
        raise LoadError(module, f"{module} cannot be imported ({said(error)}).") from None


def _lacking(error: ImportError) -> str:
    """Say which package is not there; an error that a reader words itself names none."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f"It needs the package {package!r}, which is not installed beside Quoth."
    return f"It needs a package that is not installed beside Quoth ({said(error)})."


def _not_installed(module: str) -> str:
    parts = module.split(".")
    if parts[:2] == ["llama_index", "readers"] and len(parts) > 2:
        package = f"llama-index-readers-{parts[2].replace('_', '-')}"
        return f"The package {package} is not installed beside Quoth: `pip install {package}`."
    return f"There is no module {module!r}. Install the package that has it beside Quoth."


def _way(reader: type[Any]) -> str:
    """Return the name of the method that a reader loads by; raises LoadError without any."""
    from llama_index.core.readers.base import BaseReader

    for name in _WAYS:
        if getattr(reader, name) is not getattr(BaseReader, name):
            return name
    raise LoadError(reader.__name__, "It has no way to load anything.")


def _shared_out(
    reader: type[Any], arguments: Sequence[tuple[str, str]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of the class and of the method that loads; a name of both is for both.

    A name of neither is for the first that takes any.
    """
    takers = [Parameters.of(reader), Parameters.of(getattr(reader, _way(reader)))]
    given: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    texts: dict[str, list[str]] = {}
    for name, text in arguments:
        texts.setdefault(name, []).append(text)
    for name, values in texts.items():
        places = [at for at, taker in enumerate(takers) if name in taker.named]
        places = places or [at for at, taker in enumerate(takers) if taker.is_open][:1]
        if not places:
            reason = _with_parameters(f"It has no argument {name!r}.", reader)
            raise LoadError(reader.__name__, reason)
        for at in places:
            given[at][name] = converted(values, takers[at].named.get(name, inspect._empty))
    return given


def converted(texts: Sequence[str], annotation: object) -> Any:
    """Return what was typed for one name as the parameter's annotation wants it.

    JSON where it is JSON, and text where a text is wanted; what is given more than once, or where
    a list is wanted, is a list.
    """
    said = "" if annotation is inspect._empty else getattr(annotation, "__name__", "")
    if not isinstance(annotation, type):
        said = str(annotation)
    words = set(re.findall(r"\w+", said.lower()))
    is_text = "str" in words and not words & (_TYPES - _MANY)
    is_many = bool(words & _MANY)
    if len(texts) > 1:
        return [text if is_text else _parsed(text) for text in texts]
    (text,) = texts
    if "path" in words and not is_many:
        return Path(text)
    if is_text and not is_many:
        return text
    parsed = _parsed(text)
    if is_many and not isinstance(parsed, list | dict | None):
        return [text if is_text else parsed]
    if "tuple" in words and isinstance(parsed, list):
        return [tuple(each) if isinstance(each, list) else each for each in parsed]
    return parsed


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _with_parameters(sentence: str, reader: type[Any]) -> str:
    """Return a sentence, and what the class and its loading method take."""
    way = _way(reader)
    own, loading = Parameters.of(reader).told, Parameters.of(getattr(reader, way)).told
    parts = [part for part in (own, loading) if part]
    takes = f"It takes: {'; '.join(parts)}." if parts else "It takes no arguments."
    return f"{sentence} {takes}"


def _told(parameter: inspect.Parameter) -> str:
    has_default = parameter.default is not inspect.Parameter.empty
    return f"[{parameter.name}]" if has_default else parameter.name


def _iterated(found: Any) -> Iterator[Document]:
    """Yield what a method loads, whether it returns or yields it, now or later."""
    with closing(asyncio.new_event_loop()) as loop:
        if inspect.isawaitable(found):
            found = loop.run_until_complete(found)
        if not isinstance(found, AsyncIterable):
            yield from found or ()
            return
        documents = aiter(found)
        with suppress(StopAsyncIteration):
            while True:
                yield loop.run_until_complete(anext(documents))
