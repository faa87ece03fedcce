"""Whether the installation is whole and what is set is understood."""

from __future__ import annotations

import importlib.metadata
import sys

from bot.cli.address_origins import address_origins
from bot.cli.folder_consent import trust_command
from bot.cli.health_examination import Finding, Patient
from bot.setting_sources import read_given
from bot.settings import likely_variable, unknown_variables

PYTHONS = ((3, 11), (3, 14))
"""The first Python that works and the first that is not tested."""


def python_finding(_: Patient) -> Finding:
    """Say whether this Python is one that Quoth is tested with."""
    version = ".".join(map(str, sys.version_info[:3]))
    first, behind = PYTHONS
    if first <= sys.version_info[:2] < behind:
        return Finding("ok", version)
    wanted = f"Install Python {first[0]}.{first[1]} to {behind[0]}.{behind[1] - 1}."
    return Finding("problem", version, wanted)


def packages_finding(_: Patient) -> Finding:
    """Say which of the required packages are missing or do not fit."""
    required = [
        line for line in importlib.metadata.requires("quoth") or () if "extra ==" not in line
    ]
    if faults := list(filter(None, map(_fault, required))):
        advice = "Install Quoth again: `uv sync`, or `pip install --upgrade quoth`."
        return Finding("problem", "; ".join(faults), advice)
    own = importlib.metadata.version("quoth")
    return Finding("ok", f"quoth {own} and the {len(required)} packages it needs")


def _fault(line: str) -> str | None:
    """Say what is wrong with one required package."""
    from packaging.requirements import Requirement

    wanted = Requirement(line)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return None
    try:
        found = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{wanted.name} is not installed"
    fits = wanted.specifier.contains(found, prereleases=True)
    return None if fits else f"{wanted.name} is {found}, needed is {wanted.specifier}"


def settings_finding(patient: Patient) -> Finding:
    """Say where settings come from, and which are unknown."""
    unknown = unknown_variables(patient.environ, patient.folder)
    file = patient.folder / ".env"
    source = f"the environment and {str(file)!r}" if file.is_file() else "the environment; no .env"
    if not unknown:
        return Finding("ok", f"from {source}")
    near = likely_variable(unknown[0])
    guess = f"Did you mean {near}? " if near else ""
    return Finding(
        "problem",
        f"{', '.join(unknown)}: no such setting",
        f"{guess}.env.example lists all settings.",
    )


def addresses_finding(patient: Patient) -> Finding:
    """Say which addresses are set, and by whom."""
    given = read_given(patient.environ, patient.folder)
    found = "; ".join(address_origins(patient.settings, given))
    if not found:
        return Finding("off", "none are set; nothing is sent to other servers")
    if not patient.settings.withheld:
        return Finding("ok", found)
    advice = f"Run `{trust_command(patient.folder)}` if you want what is not allowed to be used."
    return Finding("problem", found, advice)
