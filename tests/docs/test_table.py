"""docs/table.md has every key that swarm.records.keys makes, as it is made, and names functions that exist."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import get_args

import swarm
from swarm import records
from swarm.records import keys
from swarm.records.keys import Key
from swarm.workspace.objects import RunObjects
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "table.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
PATTERNS = [row for row in ROWS if len(row) == 6 and row[4].startswith("`")]
KEYS: dict[str, Callable[..., Key]] = {
    name: function
    for name, function in inspect.getmembers(keys, inspect.isfunction)
    if inspect.signature(function).return_annotation == "Key"
}


class Named(str):
    """An argument that shows up in a key under its own name."""

    __slots__ = ()

    def __new__(cls, name: str) -> Named:
        return super().__new__(cls, f"<{name}>")

    def __getitem__(self, part: object) -> str:
        return f"<first of {str(self)[1:-1]}>"

    def __format__(self, specification: str) -> str:
        return str(self)


def made_by(key: Callable[..., Key]) -> Key:
    return key(**{name: Named(name) for name in inspect.signature(key).parameters})


def test_every_key_is_listed_as_it_is_made() -> None:
    for name, function in KEYS.items():
        rows = [(row[2].strip("`"), row[3].strip("`")) for row in PATTERNS if row[4] == f"`{name}`"]
        key = made_by(function)
        assert (key.pk, key.sk) in rows, f"docs/table.md has no row for {name}"
        # A query names the beginning of a key.
        assert all(key.pk.startswith(pk) and key.sk.startswith(sk.removesuffix("` and on")) for pk, sk in rows), name


@cache
def classes() -> dict[str, type]:
    """Every class of the domain, by name."""
    modules = [import_module(each.name) for each in walk_packages(swarm.__path__, "swarm.")]
    return {name: found for module in modules for name, found in inspect.getmembers(module, inspect.isclass)}


def test_every_key_and_function_that_it_names_exists() -> None:
    assert {row[4].strip("`") for row in PATTERNS} == set(KEYS)
    named = {function for row in PATTERNS for function in re.findall(r"`([\w.]+)`", row[5])}
    split = [function.partition(".") for function in named]
    assert [(name, method) for name, _, method in split if not hasattr(classes().get(name), method)] == []


def test_every_method_that_uses_a_key_is_listed_with_it() -> None:
    """Private functions make items and ranges for the methods that are listed."""
    used = {
        (f"{owner.name}.{method.name}", name.id)
        for module in Path(str(records.__file__)).parent.glob("*.py")
        for owner in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(owner, ast.ClassDef)
        for method in owner.body
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
        for name in ast.walk(method)
        if isinstance(name, ast.Name) and name.id in KEYS
    }
    listed = {(function, row[4].strip("`")) for row in PATTERNS for function in re.findall(r"`([\w.]+)`", row[5])}
    assert used - listed == set()


def test_an_index_is_named_where_its_key_is_made() -> None:
    told = {(name, index) for name, key in KEYS.items() for index in re.findall(r"GSI\d", key.__doc__ or "")}
    queried = {(row[4].strip("`"), index) for row in PATTERNS for index in re.findall(r"GSI\d", row[1])}
    assert told == queried


def test_every_kind_of_object_that_a_run_has_is_listed_once() -> None:
    listed = re.findall(r"^\| `t/<tenant>/p/<project>/runs/<run>/(\w+)/", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted(get_args(RunObjects))


def test_every_index_is_of_the_template() -> None:
    used = set(re.findall(r"\bGSI\d\b", PAGE))
    assert used == set(re.findall(r"IndexName: (GSI\d)", (ROOT / "template.yaml").read_text(encoding="utf-8")))
