"""Workers can be told to die at an AWS call: before it or after it, by operation, by what it names, by its number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.lambdas import deaths
from infra.local.lambdas.deaths import Death
from tests.local.clouds import FIXTURES, Clouds, call, item


@pytest.fixture(scope="module")
def due(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deaths")


@pytest.fixture
def dying(clouds: Clouds, due: Path) -> Iterator[LocalCloud]:
    watched = {"TaskFunction": {deaths.VARIABLE: str(due)}}
    yield clouds.get("dying", template=FIXTURES / "template.yaml", function_environment=watched)
    assert list(due.iterdir()) == []


def written(cloud: LocalCloud, *keys: str) -> list[bool]:
    return [item(cloud, f"{key}#") is not None for key in keys]


def put(cloud: LocalCloud, key: str) -> str | None:
    """The kind of error that putting an item came to."""
    answer = call(cloud, "TaskFunction", {"do": "note", "key": key})
    return answer["errorType"] if isinstance(answer, dict) else None


@pytest.mark.parametrize(("when", "happened"), [("before", False), ("after", True)], ids=["before", "after"])
def test_a_process_dies_once(dying: LocalCloud, due: Path, when: str, *, happened: bool) -> None:
    key = f"dies {when}"
    Death((key,), "PutItem", "after" if happened else "before").arm(due)
    assert put(dying, key) == "Runtime.ExitError"
    assert written(dying, key) == [happened]
    assert put(dying, key) is None
    assert written(dying, key) == [True]


def test_only_calls_that_are_meant_are_counted(dying: LocalCloud, due: Path) -> None:
    Death(("counted",), "PutItem", call=2).arm(due)
    died = [put(dying, key) for key in ("another", "counted 1", "another", "counted 2")]
    assert died == [None, None, None, "Runtime.ExitError"]
    assert written(dying, "counted 1", "counted 2") == [True, False]


def test_of_any_operation_the_first_call_is_one(dying: LocalCloud, due: Path) -> None:
    Death().arm(due)
    assert put(dying, "whatever") == "Runtime.ExitError"
    assert written(dying, "whatever") == [False]
