"""Whatever a caller gives for a path or an id, the request goes to the route that the method is for."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from codex_swarm import CodexSwarmClient, CodexSwarmError, InvalidArgument
from tests.client.fake_api import Answer, FakeApi, refused

READERS: dict[str, Callable[[Any, str, Path], object]] = {
    "get_file": lambda client, path, _: client.get_file("run-1", path),
    "get_file_text": lambda client, path, _: client.get_file_text("run-1", path),
    "get_preview": lambda client, path, _: client.get_preview("run-1", path),
    "download_file": lambda client, path, to: client.download_file("run-1", path, to),
}
OUTSIDE = ("../../../../webhooks/secret", "a/../../b", "..", ".", "./a", "a//b", "/etc/passwd", "a/", "")
ODD = ("%2e%2e/%2e%2e/webhooks/secret", "..%2f..%2fwebhooks%2fsecret", "a?b=c", "a#b", "..\\..\\webhooks", "a&path=b")


@pytest.mark.parametrize("reader", READERS)
def test_a_path_of_a_file_stays_a_path_of_a_file(api: FakeApi, either: Any, tmp_path: Path, reader: str) -> None:
    api.otherwise = refused(403, "invalid_path")
    for path in OUTSIDE:
        with pytest.raises(InvalidArgument):
            READERS[reader](either, path, tmp_path)
    assert api.received == []
    for path in ODD:
        with pytest.raises(CodexSwarmError):
            READERS[reader](either, path, tmp_path)
        route, _, query = api.received[-1].target.partition("?")
        assert (route.rpartition("/")[0], parse_qs(query)) == ("/runs/run-1/workspace", {"path": [path]})


def needed(method: Callable[..., Any]) -> list[inspect.Parameter]:
    """What has to be given, but for `self`."""
    given = [each for each in inspect.signature(method).parameters.values() if each.name != "self"]
    return [each for each in given if each.default is each.empty and each.kind is not each.VAR_KEYWORD]


HOSTILE = ("../webhooks/secret", "..%2fwebhooks%2fsecret", "a/../../b", "x?y=z", "x#y", "../..")
OF_ONE_THING = [
    name
    for name, method in inspect.getmembers(CodexSwarmClient, inspect.isfunction)
    if not name.startswith("_") and any(each.name.endswith("_id") for each in needed(method))
]


@pytest.mark.parametrize("name", OF_ONE_THING)
def test_an_id_stays_one_segment_of_an_address(
    api: FakeApi, client: CodexSwarmClient, tmp_path: Path, name: str
) -> None:
    api.otherwise = Answer(404)
    impatient = client.with_options(retries=0, outage=0)
    asked(impatient, name, "plain", tmp_path)
    routes = {route(each.target, "plain") for each in api.received}
    for hostile in HOSTILE:
        api.received.clear()
        asked(impatient, name, hostile, tmp_path)
        assert {route(each.target, hostile) for each in api.received} <= routes
    for blank in (".", "..", " ", ""):
        api.received.clear()
        asked(impatient, name, blank, tmp_path)
        assert api.received == []


def route(target: str, given: str) -> str:
    """The address without what stands for the id."""
    return target.partition("?")[0].replace(f"/{quote(given, safe='')}", "/*")


def asked(client: CodexSwarmClient, name: str, given: str, folder: Path) -> None:
    """Calls it with this for every id that it takes."""
    method = getattr(client, name)
    values: dict[str, Any] = {"to": folder, "files": {"a.md": b"x"}}
    arguments = {
        each.name: given if each.name.endswith("_id") else values.get(each.name, "x") for each in needed(method)
    }
    with contextlib.suppress(CodexSwarmError):
        found = method(**arguments)
        if inspect.isgenerator(found):
            list(found)
