"""What stands in `deploy/` and the container's files, held against the tools that read them."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from bot.settings import variables
from tests.conftest import ROOT
from tests.doubles.container_tree import (
    Container,
    build,
    command_of,
    context,
    enter,
    environment,
    said,
    stages,
)
from tests.doubles.discord.fixtures import eventually
from tests.doubles.discord.server import DiscordServer
from tests.operation.test_figures import free_port, health
from tests.project.test_packaging import PROJECT

UNIT = ROOT / "deploy" / "quoth.service"
NEWER = ("RestartSteps=", "RestartMaxDelaySec=")
"""Keys that systemd knows from 254 on; older ones say so, and pass them over."""
LARGEST_EXPOSURE = 25
"""Tenths of what `systemd-analyze security` says; a plain service has 96."""


def analysed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, which starts nothing and asks nobody."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


def test_systemd_finds_nothing_wrong_with_the_service(tmp_path: Path) -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert text.count("ExecStart=/opt/quoth/bin/quoth discord") == 1
    unit = tmp_path / "quoth.service"
    known = [line for line in text.splitlines() if not line.startswith(_newer())]
    unit.write_text("\n".join(known).replace("/opt/quoth/bin/quoth", sys.executable))
    done = analysed("verify", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    unit.write_text(text.replace("ProtectSystem=", "ProtectSystems="))
    assert "ProtectSystems" in analysed("verify", str(unit)).stderr


def _newer() -> tuple[str, ...]:
    """Return how lines begin that this systemd does not know."""
    version = int(analysed("--version").stdout.split()[1])
    return NEWER if version < 254 else ()


def test_the_service_can_do_little_on_the_machine(tmp_path: Path) -> None:
    threshold = f"--threshold={LARGEST_EXPOSURE}"
    done = analysed("security", "--offline=yes", threshold, str(UNIT))
    assert done.returncode == 0, done.stdout
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert analysed("security", "--offline=yes", threshold, str(bare)).returncode != 0


# --- the container ---------------------------------------------------------------------------

LARGEST_TREE = 750
"""MiB of what the image adds to its base, which takes about 130: less than 900 together."""


def test_the_image_is_built_from_what_it_needs_and_runs_as_nobody() -> None:
    first, last = stages()
    assert {stage[0].said.split()[0] for stage in (first, last)} == {"python:3.11-slim"}
    assert context() == {"pyproject.toml", "README.md", "LICENSE", "bot", "index", "prompts"}
    (extras,) = [one.split("=")[1].split(",") for one in said(first, "ARG")]
    assert set(extras) <= set(PROJECT["project"]["optional-dependencies"])
    assert "weights" in extras
    assert said(last, "USER") == ["10001:10001"]
    assert said(last, "VOLUME") == ["/data"]
    assert command_of(last, "ENTRYPOINT") + command_of(last, "CMD") == ["quoth", "discord"]
    found = environment(last)
    assert {name for name in found if name.startswith("QUOTH_")} <= set(variables())
    assert "environ['QUOTH_METRICS_PORT']" in command_of(last, "HEALTHCHECK")[2]
    assert found["QUOTH_METRICS_PORT"] == "9464"
    assert not [step for step in last if step.name == "COPY" and "--from=build" not in step.said]


def test_compose_gives_the_bot_no_more_than_it_needs() -> None:
    given = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    bot, vectors = given["services"]["bot"], given["services"]["vectors"]
    assert (bot["read_only"], bot["tmpfs"], bot["init"]) == (True, ["/tmp"], True)
    for service in (bot, vectors):
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
    places = [volume.split(":") for volume in bot["volumes"]]
    assert places == [["home", "/data"], ["./documents", "/documents", "ro"]]
    assert set(bot["environment"]) <= set(variables())
    assert all(port.startswith("127.0.0.1:") for port in bot["ports"])
    database = given["services"]["database"]
    for service in (vectors, database):
        assert (service["profiles"], "ports" in service) == (["scale"], False)
    # Its image hands its files over to a user of its own at the first start.
    assert ("cap_drop" in database, database["security_opt"]) == (False, ["no-new-privileges:true"])
    assert database["environment"]["POSTGRES_PASSWORD"].startswith("${")
    image, tag = vectors["image"].split(":")
    needs = {Requirement(one).name: Requirement(one) for one in PROJECT["project"]["dependencies"]}
    assert (image, tag in needs["chromadb"].specifier) == ("chromadb/chroma", True)
    assert set(given["volumes"]) == {"home", "vectors", "database"}


def test_models_are_kept_where_the_container_and_the_service_may_write() -> None:
    given = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    bot = given["services"]["bot"]
    (volume,) = said(stages()[-1], "VOLUME")
    for given_variables in (environment(stages()[-1]), bot["environment"]):
        assert Path(given_variables["QUOTH_MODELS"]).is_relative_to(volume)
        assert (
            Path(given_variables["QUOTH_MODELS"]) == Path(given_variables["QUOTH_HOME"]) / "models"
        )
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    (models,) = [line for line in lines if line.startswith("Environment=QUOTH_MODELS=")]
    assert Path(models.partition("QUOTH_MODELS=")[2]).parent == Path("/var/lib/quoth")
    assert "StateDirectory=quoth quoth/home quoth/documents" in lines


def can_contain() -> bool:
    """Say whether this process may make namespaces, as only root may in most places."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("setpriv") is None:
        return False
    return subprocess.run(["unshare", "--mount", "--net", "true"], check=False).returncode == 0


@pytest.mark.long
@pytest.mark.limit(1500)  # everything is installed from the index of packages
async def test_what_the_dockerfile_builds_answers_offline_and_serves(tmp_path: Path) -> None:
    if not can_contain():
        pytest.skip("namespaces need Linux, and root")
    tree, data, documents = (tmp_path / name for name in ("tree", "data", "documents"))
    await asyncio.to_thread(build, tree)
    shutil.copytree(ROOT / "documents", documents)
    data.mkdir()
    for folder in (tmp_path, documents, *documents.iterdir()):
        folder.chmod(0o755)
    os.chown(data, 10001, 10001)
    held = [path for path in (tree / "opt").rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in held) < LARGEST_TREE * 1024 * 1024
    packages = {path.name.partition("-")[0] for path in (tree / "opt").rglob("*.dist-info")}
    assert not packages & {"torch", "pip", "kubernetes", "sentence_transformers"}
    assert {"quoth", "chromadb", "prometheus_client", "tree_sitter"} <= packages

    offline = Container(tree, data, documents)
    question = "quoth ask 'what are the UN prerequisites?'"
    done = await _ran(enter(offline, f"{question}; id -u; ! touch /opt/quoth/x /documents/x /x"))
    assert "[1] UN peacekeeping" in done.stdout or "[1] [2]" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "10001"
    assert done.stderr.count("Read-only file system") == 3
    assert {path.name for path in data.iterdir()} >= {"catalog.sqlite", "chroma", "models"}
    await _serves(tree, data, documents)


def _first_process(unshared: int) -> int:
    """Return the id that the first process of the container has outside."""
    return int(Path(f"/proc/{unshared}/task/{unshared}/children").read_text().split()[0])


async def _ran(command: list[str]) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False, timeout=300
    )


async def _serves(tree: Path, data: Path, documents: Path) -> None:
    """Run the image's command as its first process, look at its health, and stop it."""
    port = free_port()
    async with DiscordServer() as discord:
        discord.guild("Acme")
        given = discord.settings() | {"QUOTH_METRICS_PORT": str(port)}
        container = Container(tree, data, documents, network=True, variables=given)
        process = await asyncio.create_subprocess_exec(
            *enter(container, "exec quoth discord"),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await discord.gateway.connected(within=120)

        async def is_ready() -> bool:
            return await health(port) == (200, "ready")

        await eventually(is_ready, within=30)
        check = enter(container, shlex.join(command_of(stages()[-1], "HEALTHCHECK")))
        assert (await _ran(check)).returncode == 0
        os.kill(_first_process(process.pid), signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 20)
        assert (process.returncode, out) == (0, b""), err.decode()
        assert "Answering as Quoth in 1 server." in err.decode()
        assert (await _ran(check)).returncode == 1
