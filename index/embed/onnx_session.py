"""ONNX Runtime sessions over graphs that are built once and kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from index.embed.model_folders import ModelFolders, note_use, remove_unused
from index.embed.weights import write_atomically

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MOST_THREADS = 4
"""More threads than this gain little on batches of passages, and starve the rest of the bot."""


def default_threads() -> int:
    """Return how many threads a session may use: the processors we may run on, at most four."""
    affinity = getattr(os, "sched_getaffinity", None)
    available = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(MOST_THREADS, available)


def open_cached(
    folders: ModelFolders,
    name: str,
    build: Callable[[str], tuple[bytes, bytes]],
    *,
    threads: int | None,
) -> InferenceSession:
    """Open the graph `name` kept in one of the folders; build it where it is missing or damaged.

    `build` gets the name of the data file and returns the graph and the content of that file.
    Processes that build at once write the same bytes, each file in one step.
    """
    threads = threads or default_threads()
    for folder in _wanted(folders):
        if session := _opened(folder, name, threads):
            _settle(folders, folder, name)
            return session
    built = build(f"{name}.data")
    for folder in dict.fromkeys((folders.writable(), folders.own)):
        try:
            graph = _keep(folder, name, built)
        except OSError:  # one that can only be read, a full disk, or others have the file open
            if session := _opened(folder, name, threads):
                return session
            continue
        remove_unused(folder, name)
        _settle(folders, folder, name)
        return _open(graph, threads)
    with TemporaryDirectory(prefix="quoth-", ignore_cleanup_errors=True) as elsewhere:
        return _open(_keep(Path(elsewhere), name, built), threads)  # made again the next time


def _wanted(folders: ModelFolders) -> tuple[Path, ...]:
    """Return where a graph is looked for: at home only where the shared folder takes none."""
    return folders.all if folders.writable() == folders.own else folders.all[:1]


def _settle(folders: ModelFolders, folder: Path, name: str) -> None:
    if folder == folders.shared:
        folders.clear_own(name)


def _opened(folder: Path, name: str, threads: int) -> InferenceSession | None:
    """Open a graph of a folder; None where it is missing, or damaged and so taken away."""
    graph, data = folder / f"{name}.onnx", folder / f"{name}.data"
    if not (_is_file(graph) and _is_file(data)):
        return None
    try:
        session = _open(graph, threads)
    except Exception:
        # ONNX Runtime raises a class of its own for each way in which a file is damaged.
        with suppress(OSError):
            graph.unlink(missing_ok=True)
        return None
    note_use(graph)
    return session


def _is_file(path: Path) -> bool:
    """Say whether there is such a file; in a folder that may not be looked into there is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _keep(folder: Path, name: str, built: tuple[bytes, bytes]) -> Path:
    """Write both files and return the graph, which comes last."""
    graph, data = folder / f"{name}.onnx", folder / f"{name}.data"
    model, tensors = built
    write_atomically(data, lambda file: file.write(tensors))
    write_atomically(graph, lambda file: file.write(model))
    return graph


def _open(graph: Path, threads: int) -> InferenceSession:
    """Open a session whose large tensors are mapped, not copied (0.05 s instead of 0.17 s)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Nothing is left to optimise: the graph is written with fused operators.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # Threads that wait by spinning would take the processor from the bot between two batches.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        str(graph), sess_options=options, providers=["CPUExecutionProvider"]
    )
