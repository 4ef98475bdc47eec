"""Errors and results travel between processes, and everything that fails does so as one of ours."""

from __future__ import annotations

import contextlib
import copy
import errno
import inspect
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import codex_swarm
from codex_swarm import errors, models
from codex_swarm.async_client import AsyncCodexSwarmClient
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import CodexSwarmError
from codex_swarm.models import RunRead
from tests.client import bodies
from tests.client.conftest import Clock
from tests.client.fake_api import Answer, FakeApi, refused, told

RUN = RunRead.model_validate(bodies.failed())
MADE: dict[type[CodexSwarmError], CodexSwarmError] = {
    **{
        kind: kind(429, "code", "detail", errors=[models.FieldError(loc=["a", 1], msg="b")], retry_after=2.5)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.ApiError)
    },
    errors.RunFailed: errors.RunFailed(RUN),
    errors.WaitTimeout: errors.WaitTimeout(RUN, 2.0),
    errors.BatchTimeout: errors.BatchTimeout(models.BatchRead.model_validate(bodies.batch()), 2.0),
    errors.TransportError: errors.TransportError("lost", arrived=False),
    errors.NotText: errors.NotText("utf-8", b"\xff", 0, 1, "invalid start byte"),
    errors.LocalFileError: errors.LocalFileError(errno.ENOENT, "No such file", "a.md"),
}
ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CodexSwarmError)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy], ids=["pickled", "copied"])  # noqa: S301
def test_an_error_keeps_all_that_it_carries(kind: type[CodexSwarmError], again: Any) -> None:
    error = MADE.get(kind) or kind("text")
    same = again(error)
    assert type(same) is kind
    assert (str(same), same.args, vars(same)) == (str(error), error.args, vars(error))
    if isinstance(error, OSError) and isinstance(same, OSError):
        assert (same.errno, same.filename) == (error.errno, error.filename)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(RUN, id="run"),
        pytest.param(models.UnknownEvent.model_validate({"type": "later", "a": [1], "id": "1.0"}), id="event"),
        pytest.param(codex_swarm.Page([RUN], "next"), id="page"),
        pytest.param(codex_swarm.Exchange("GET x", 0, 0.5, 200), id="exchange"),
    ],
)
def test_a_result_is_the_same_on_the_other_side(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301


HOSTILE = [None, 5, "", " ", "..", "\ud800", "a\nb", "a\x00b", b"bytes", "é", [], {"a": 1}, object(), "x" * 3_000]


def calls(kind: type[Any]) -> list[str]:
    return [
        name
        for name, member in inspect.getmembers(kind, callable)
        if not name.startswith("_") and name not in {"close", "with_options"}
    ]


def parameters(method: Any) -> tuple[list[str], list[str]]:
    """The names of the arguments that it needs, and of those that it may be given."""
    all_of_it = inspect.signature(method).parameters.values()
    needed = [each.name for each in all_of_it if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    return needed, [each.name for each in all_of_it if each.default is not each.empty and each.name != "on_progress"]


def done(method: Any, *args: Any, **kwargs: Any) -> None:
    """Calls it, and takes nothing but our errors for an answer."""
    with contextlib.suppress(CodexSwarmError):
        found = method(*args, **kwargs)
        if inspect.isgenerator(found):
            list(found)


@pytest.fixture
def impatient(api: FakeApi, clock: Clock) -> Iterator[CodexSwarmClient]:
    with CodexSwarmClient(api.url, retries=0, outage=0, sleep=clock.sleep, clock=clock) as client:
        yield client


@pytest.mark.parametrize("name", calls(CodexSwarmClient))
def test_no_argument_gets_another_error_out_of_it(impatient: CodexSwarmClient, tmp_path: Path, name: str) -> None:
    method = getattr(impatient, name)
    needed, possible = parameters(method)
    usual = [tmp_path / "x" if each == "to" else "run-1" for each in needed]
    for value in HOSTILE:
        done(method, *[value for _ in needed])
        for keyword in possible:
            done(method, *usual, **{keyword: value})


ANSWERS = [
    pytest.param(Answer(body=b"<html>"), id="page"),
    pytest.param(told([[[1]]]), id="lists"),
    pytest.param(told(None), id="null"),
    pytest.param(Answer(200, b"\xff\xfe", {"Content-Type": "text/event-stream; charset=nonsense"}), id="no-text"),
    pytest.param(Answer(307, b"", {"Location": "http://[bad"}), id="bad-redirect"),
    pytest.param(Answer(307, b"", {"Location": "ftp://elsewhere/"}), id="other-scheme"),
    pytest.param(Answer(307, b"", {"Location": "/again"}), id="in-a-circle"),
    pytest.param(Answer(200, b"not gzip", {"Content-Encoding": "gzip"}), id="bad-encoding"),
    pytest.param(refused(404, "x"), id="refused"),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_gets_another_error_out_of_it(
    api: FakeApi, impatient: CodexSwarmClient, tmp_path: Path, answer: Answer
) -> None:
    api.otherwise = answer
    for name in calls(CodexSwarmClient):
        method = getattr(impatient, name)
        needed, possible = parameters(method)
        usual = [tmp_path / name if each == "to" else "run-1" for each in needed]
        done(method, *usual, **({"timeout": 3} if "timeout" in possible else {}))


def test_both_clients_have_the_same_methods() -> None:
    blocking, awaited = (
        {name: inspect.signature(getattr(kind, name)) for name in calls(kind)}
        for kind in (CodexSwarmClient, AsyncCodexSwarmClient)
    )
    assert blocking == awaited
    assert len(blocking) > 40
    for name in (*calls(CodexSwarmClient), "with_options", "close"):
        assert getattr(CodexSwarmClient, name).__doc__
        assert getattr(AsyncCodexSwarmClient, name).__doc__


def test_the_package_exports_what_it_says() -> None:
    assert set(codex_swarm.__all__) <= set(dir(codex_swarm))
    for name in codex_swarm.__all__:
        assert getattr(codex_swarm, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = codex_swarm.Nonsense
    every_error = {kind.__name__ for kind in ALL}
    assert every_error <= set(codex_swarm.__all__)
