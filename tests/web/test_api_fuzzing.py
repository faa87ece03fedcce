"""Requests made up by the description of the API: no failure inside, and answers as described."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.doubles.cli_fakes import answer
from tests.doubles.served_api import PacedAnswerer, ServedApi, served_api

QUICK = settings(
    max_examples=3,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
THOROUGH = settings(
    max_examples=100, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
REJECTED = negative_data_rejection
"""It does not know 413 for a rejection."""

MODES = pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)


@pytest.fixture(scope="module")
def quick_api(api_folder: Path) -> Iterator[ServedApi]:
    """The API over an answerer that thinks of nothing; search and sources are real."""
    paced = PacedAnswerer(answer)
    paced.let_go()
    with served_api(api_folder, answerer=paced, QUOTH_API_PER_MINUTE="100000") as served:
        yield served


def ask_everything(api: ServedApi, mode: GenerationMode, settings: settings) -> int:
    """Ask for everything that is described, and check what comes; returns how often."""
    token = api.token("documents", "team")
    schema = schemathesis.openapi.from_url(f"{api.url}/api/openapi.json")
    asked = 0
    with closing(requests.Session()) as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()

            @settings
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case[Any]) -> None:
                nonlocal asked
                asked += 1
                response = case.call(session=session, timeout=300)
                assert response.status_code < 500, response.text
                assert "Traceback" not in response.text
                checks = CHECKS if response.status_code == 413 else [*CHECKS, REJECTED]
                case.validate_response(response, checks=checks)

            if operation.body or operation.query or operation.path_parameters:
                ask()
    return asked


@MODES
def test_made_up_requests_are_answered_as_described(
    quick_api: ServedApi, mode: GenerationMode
) -> None:
    assert ask_everything(quick_api, mode, QUICK) > 20


@pytest.mark.long
@pytest.mark.limit(3600)
@MODES
def test_many_made_up_requests_are_answered_as_described(
    api_folder: Path, mode: GenerationMode
) -> None:
    with served_api(api_folder, QUOTH_API_PER_MINUTE="100000") as api:
        assert ask_everything(api, mode, THOROUGH) >= 700
