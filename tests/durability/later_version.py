"""A later version of the service, for deployments in the middle of work: a copy of its code that says more than ours.

Whatever it writes into the table has an attribute that this version does not know, and so have the JSON in it and the
answer of each task. So its records are read by ours, and ours by its, as with two versions side by side.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from infra.local.lambdas.function import Function
from infra.local.lambdas.specification import Specification

MARK = "of_a_later_version"

_TABLE = f'''

def _marked_text(text: str) -> str:
    import json

    if not text.startswith("{{"):
        return text
    told = json.loads(text)
    if isinstance(told.get("change"), dict):
        told["change"]["{MARK}"] = {{"nobody": ["knows"]}}
    return json.dumps({{**told, "{MARK}": 1}}, ensure_ascii=False)


def _marked(values):
    return {{name: {{"S": _marked_text(one["S"])}} if "S" in one else one for name, one in values.items()}}


_put, _update = Table.put, Table.update


def _put_more(self, item, *more, **named):
    _put(self, {{**_marked(item), "{MARK}": {{"S": "1"}}}}, *more, **named)


def _update_more(self, key, expression, *, values, **named):
    if "SET " in expression:
        expression = expression.replace("SET ", "SET {MARK} = :{MARK}, ", 1)
        values = {{**values, ":{MARK}": {{"S": "1"}}}}
    return _update(self, key, expression, values=_marked(values), **named)


Table.put, Table.update = _put_more, _update_more
'''

_ANSWER = f'''

_answer = answer


def answer(*given, **named):
    return {{**_answer(*given, **named), "{MARK}": {{"nobody": "knows"}}}}
'''

_WRITES = {"swarm/records/table.py": _TABLE, "swarm/lifecycle/answers.py": _ANSWER}


@dataclass(frozen=True)
class Release:
    """The code of one version: where each folder of this version's is in it."""

    folders: dict[Path, Path]

    def deploy(self, functions: Iterable[Function]) -> None:
        """New workers of these functions begin in it; those that there are go on in what they began in."""
        for function in functions:
            told = function.specification
            begins = tuple(self.folders.get(folder, folder) for folder in told.folders)
            here = {str(old): str(new) for old, new in zip(told.folders, begins, strict=True)}
            roots = function.environment["PYTHONPATH"].split(":")
            function.environment["PYTHONPATH"] = ":".join(_moved(root, here) for root in roots)
            function.environment["LAMBDA_TASK_ROOT"] = str(begins[0])
            function.specification = replace(told, folders=begins)


def _moved(root: str, folders: dict[str, str]) -> str:
    for old, new in folders.items():
        if root == old or root.startswith(f"{old}/"):
            return new + root.removeprefix(old)
    return root


def released(specifications: Iterable[Specification], to: Path) -> tuple[Release, Release]:
    """The later version of what these functions run, and the way back to this one."""
    later: dict[Path, Path] = {}
    for folder in {each for specification in specifications for each in specification.folders}:
        later[folder] = to / folder.parent.name / folder.name
        shutil.copytree(folder, later[folder], ignore=shutil.ignore_patterns("__pycache__"))
    written = 0
    for copied in later.values():
        for name, more in _WRITES.items():
            if (copied / name).exists():
                with (copied / name).open("a", encoding="utf-8") as file:
                    file.write(more)
                written += 1
    if written != len(_WRITES):
        raise FileNotFoundError(f"not each of {', '.join(_WRITES)} is in one of {', '.join(map(str, later))}")
    return Release(later), Release({new: old for old, new in later.items()})
