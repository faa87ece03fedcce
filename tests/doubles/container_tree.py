"""The container without Docker: the steps of the Dockerfile, in a tree of their own.

What `RUN` says is run as it stands, with the paths of the image moved into the tree. What runs in
the end is shut into it by namespaces of Linux: as the image's user, and with the tree read-only.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from tests.conftest import ROOT

_MOVED = ("/opt/quoth", "/tmp/try")


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile."""

    name: str
    said: str


def stages() -> list[list[Step]]:
    """Return the instructions of the Dockerfile by stage, lines joined and comments left out."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    steps = [Step(*line.split(maxsplit=1)) for line in lines if line.strip()]
    begins = [place for place, step in enumerate(steps) if step.name == "FROM"] + [len(steps)]
    assert begins[0] == 0
    return [steps[begin:end] for begin, end in itertools.pairwise(begins)]


def said(stage: list[Step], name: str) -> list[str]:
    """Return what the instructions of one name say."""
    return [step.said for step in stage if step.name == name]


def environment(stage: list[Step]) -> dict[str, str]:
    """Return the variables that a stage sets."""
    pairs = [pair for one in said(stage, "ENV") for pair in shlex.split(one)]
    return dict(pair.split("=", 1) for pair in pairs)


def context() -> set[str]:
    """Return the entries of this folder that reach the build, by `.dockerignore`."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    taken = set()
    for path in ROOT.iterdir():
        last = [rule for rule in rules if fnmatch(path.name, rule.lstrip("!"))][-1]
        if last.startswith("!"):
            taken.add(path.name)
    return taken


def build(tree: Path) -> None:
    """Do what the first stage says; raises CalledProcessError."""
    source, arguments = tree / "src", {}
    source.mkdir(parents=True)
    for step in stages()[0]:
        if step.name == "COPY":
            *names, target = step.said.split()
            for name in names:
                assert name in context(), name
                _copy(ROOT / name, source / target)
        elif step.name == "ARG":
            name, value = step.said.split("=")
            arguments[name] = value
        elif step.name == "RUN":
            _run(_moved(step.said, tree), source, arguments)


def _copy(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__", "*.py[cod]"))
    else:
        shutil.copy(path, target)


def _moved(command: str, tree: Path) -> str:
    for path in _MOVED:
        command = command.replace(path, f"{tree}{path}")
    base = Path(sys.base_prefix) / "bin" / "python3"
    return command.replace("python -m venv", f"{base} -m venv")


def _run(command: str, folder: Path, arguments: Mapping[str, str]) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ = {**kept, "HOME": str(folder), **arguments}
    subprocess.run(["sh", "-ec", command], cwd=folder, env=environ, check=True)


@dataclass(frozen=True)
class Container:
    """What a container is started from."""

    tree: Path
    data: Path
    documents: Path
    network: bool = False
    """Whether it has the network of this machine, and not only itself."""
    variables: Mapping[str, str] = field(default_factory=dict)


def enter(container: Container, script: str) -> list[str]:
    """Return the command that runs a script of the shell where the image would.

    What it may write to is its data and a /tmp of its own.
    """
    tree = container.tree
    final = stages()[-1]
    (user,) = said(final, "USER")
    owner = user.split(":")
    variables = [
        f"{name}={value}" for name, value in {**environment(final), **container.variables}.items()
    ]
    inside = " ".join(
        map(shlex.quote, [
            "setpriv", f"--reuid={owner[0]}", f"--regid={owner[1]}", "--clear-groups",
            "--no-new-privs", "--bounding-set=-all", "env", "-i", *variables, "sh", "-ec", script,
        ])
    )  # fmt: skip
    mounts = "\n".join(_mounts(tree, container.data, container.documents))
    alone = [] if container.network else ["--net"]
    line = "" if container.network else "ip link set lo up\n"
    return [
        "unshare", "--mount", *alone, "--pid", "--fork", "--kill-child",
        "sh", "-ec", f"{mounts}\n{line}exec chroot {tree}/root {inside}",
    ]  # fmt: skip


def _mounts(tree: Path, data: Path, documents: Path) -> Iterator[str]:
    """Yield the commands that put the image's root together, read-only but for its volume."""
    root = f"{tree}/root"
    read_only = {
        "/usr": "/usr", "/etc": "/etc", sys.base_prefix: sys.base_prefix,
        f"{tree}/opt/quoth": f"{tree}/opt/quoth", str(documents): "/documents",
    }  # fmt: skip
    yield f"mkdir -p {root}; mount -t tmpfs -o mode=755 none {root}"
    for name in ("bin", "lib", "lib64", "sbin"):
        yield f"ln -s usr/{name} {root}/{name}"
    # The tree itself may lie below /tmp or /dev/shm, which are mounted before it.
    yield f"mkdir {root}/tmp; mount -t tmpfs -o mode=1777 none {root}/tmp"
    yield f"mkdir {root}/dev {root}/proc; mount --rbind /dev {root}/dev"
    yield f"mount -t tmpfs -o mode=1777 none {root}/dev/shm"
    for path, place in read_only.items():
        yield f"mkdir -p {root}{place}; mount --bind {path} {root}{place}"
        yield f"mount -o remount,bind,ro {root}{place}"
    yield f"mkdir -p {root}/opt; ln -s {tree}/opt/quoth {root}/opt/quoth"
    yield f"mkdir {root}/data; mount --bind {data} {root}/data"
    yield f"mount -t proc proc {root}/proc"
    yield f"mount -o remount,ro {root}"


def command_of(stage: list[Step], name: str) -> list[str]:
    """Return what an instruction starts, which must be in the form that needs no shell."""
    (one,) = said(stage, name)
    found: list[str] = json.loads(one[one.index("[") :])
    return found
