from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from index.embed.model_folders import ModelFolders
from index.embed.onnx_graph import GraphBuilder
from index.embed.onnx_session import default_threads, open_cached

SUM = np.arange(4096, dtype=np.float32)


class Build:
    """Builds a graph that adds `SUM`, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, data_file: str) -> tuple[bytes, bytes]:
        self.calls += 1
        builder = GraphBuilder({})
        builder.node("Add", ["weights", builder.constant("sum", SUM)], "vectors")
        model = builder.model({"weights": (4096,)}, {"vectors": (4096,)}, data_file)
        return model.SerializeToString(), bytes(builder.data)


def added(folder: Path, build: Build, name: str = "sum-1") -> list[float]:
    session = open_cached(ModelFolders(folder), name, build, threads=1)
    (total,) = session.run(None, {"weights": np.ones(4096, np.float32)})
    return [float(total[0]), float(total[-1])]


def test_a_graph_is_built_once(tmp_path: Path) -> None:
    build = Build()
    assert added(tmp_path, build) == [1.0, 4096.0]
    assert added(tmp_path, build) == [1.0, 4096.0]
    assert build.calls == 1


def test_large_constants_stand_outside_the_graph(tmp_path: Path) -> None:
    added(tmp_path, Build())
    assert (tmp_path / "sum-1.onnx").stat().st_size < 1000
    assert (tmp_path / "sum-1.data").stat().st_size == SUM.nbytes


@pytest.mark.parametrize("suffix", ["onnx", "data"])
@pytest.mark.parametrize("kept", [0, 0.5, 0.99], ids=["empty", "half", "most"])
def test_a_truncated_graph_is_built_again(tmp_path: Path, suffix: str, kept: float) -> None:
    build = Build()
    added(tmp_path, build)
    path = tmp_path / f"sum-1.{suffix}"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert added(tmp_path, build) == [1.0, 4096.0]
    assert build.calls == 2


@pytest.mark.parametrize("suffix", ["onnx", "data"])
def test_a_missing_half_is_built_again(tmp_path: Path, suffix: str) -> None:
    build = Build()
    added(tmp_path, build)
    (tmp_path / f"sum-1.{suffix}").unlink()
    assert added(tmp_path, build) == [1.0, 4096.0]


def build_in_process(folder: str) -> list[float]:
    return added(Path(folder), Build())


def test_processes_that_build_at_once_all_work(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        found = pool.map(build_in_process, [str(tmp_path)] * 6, chunksize=1)
    assert found == [[1.0, 4096.0]] * 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sum-1.data", "sum-1.onnx"]


def test_threads_default_to_the_processors_but_at_most_four() -> None:
    assert 1 <= default_threads() <= 4


def test_a_graph_is_valid_onnx_as_the_checker_sees_it(tmp_path: Path) -> None:
    added(tmp_path, Build())
    onnx.checker.check_model(str(tmp_path / "sum-1.onnx"))
    model = onnx.load(tmp_path / "sum-1.onnx")
    assert [opset.version for opset in model.opset_import if not opset.domain] == [23]
    assert model.graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
