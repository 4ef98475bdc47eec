"""Policies of IAM: statements, and whether they allow something.

Source: "Policy evaluation logic" and "IAM JSON policy elements" in the IAM User Guide. What is not understood here
stops the start: a policy that is read wrongly would let through what AWS refuses.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import Any

Context = Mapping[str, tuple[str, ...]]
"""Values by condition key; a key that the request does not have is left out."""

ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition"}
FOR_ALL, FOR_ANY = "ForAllValues:", "ForAnyValue:"
IF_EXISTS = "IfExists"


class UnsupportedPolicy(Exception):
    """A policy has something that the laptop cloud cannot evaluate."""


class Verdict(Enum):
    """What the policies of one role come to."""

    ALLOWED = "allowed"
    DENIED = "explicitly denied"
    NOT_ALLOWED = "not allowed"


@dataclass(frozen=True)
class Need:
    """One thing that a call needs to be allowed: an action on a resource, under conditions."""

    action: str
    resource: str
    context: Context


@dataclass(frozen=True)
class Condition:
    """One operator on one key, such as `ForAllValues:StringLike` on `dynamodb:LeadingKeys`."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether it is met."""
        operator = self.operator.removeprefix(FOR_ALL).removeprefix(FOR_ANY)
        given = context.get(self.key.lower())
        if given is None:
            # Of no values all are good, and none is.
            return self.operator.startswith(FOR_ALL) or operator.endswith(IF_EXISTS)
        quantify = all if self.operator.startswith(FOR_ALL) else any
        matches = _OPERATORS[operator.removesuffix(IF_EXISTS)]
        return quantify(any(matches(value, wanted) for wanted in self.values) for value in given)


@dataclass(frozen=True)
class Statement:
    """One statement of a policy."""

    sid: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()

    def covering(self, need: Need) -> tuple[str, str] | None:
        """The action and the resource, as the statement has them, by which it speaks of this, or None."""
        action = next((each for each in self.actions if _like(need.action.lower(), each.lower())), None)
        resource = next((each for each in self.resources if _like(need.resource, each)), None)
        if action is None or resource is None or not all(each.holds(need.context) for each in self.conditions):
            return None
        return action, resource


@dataclass(frozen=True)
class Grant:
    """One action on one resource, as a statement of a role gives it."""

    role: str
    sid: str
    action: str
    resource: str


def decide(
    role: str, statements: Iterable[Statement], need: Need, withheld: Set[Grant] = frozenset()
) -> tuple[Verdict, Grant | None]:
    """A Deny wins over every Allow, and without an Allow nothing is allowed; with what allows it, if anything does.

    What is `withheld` counts as if no statement gave it.
    """
    grant: Grant | None = None
    for statement in statements:
        covering = statement.covering(need)
        if covering is not None:
            if not statement.allows:
                return Verdict.DENIED, None
            found = Grant(role, statement.sid, *covering)
            grant = grant or (None if found in withheld else found)
    return (Verdict.ALLOWED, grant) if grant else (Verdict.NOT_ALLOWED, None)


def read(document: Mapping[str, Any]) -> list[Statement]:
    """The statements of a policy document, references resolved. Raises UnsupportedPolicy."""
    return [_statement(each) for each in _listed(document["Statement"])]


def _statement(source: Mapping[str, Any]) -> Statement:
    if strange := source.keys() - ELEMENTS:
        raise UnsupportedPolicy(
            f"{source.get('Sid', 'a statement')}: {', '.join(sorted(strange))} is not evaluated here"
        )
    return Statement(
        sid=source.get("Sid", ""),
        allows=source["Effect"] == "Allow",
        actions=tuple(_listed(source["Action"])),
        resources=tuple(_listed(source["Resource"])),
        conditions=tuple(
            _condition(operator, key, values)
            for operator, keys in source.get("Condition", {}).items()
            for key, values in keys.items()
        ),
    )


def _condition(operator: str, key: str, values: Any) -> Condition:
    plain = operator.removeprefix(FOR_ALL).removeprefix(FOR_ANY).removesuffix(IF_EXISTS)
    if plain not in _OPERATORS:
        raise UnsupportedPolicy(f"the condition {operator} is not evaluated here; see {__name__}")
    return Condition(operator, key, tuple(str(value) for value in _listed(values)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _like(text: str, pattern: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@functools.cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _equal(text: str, wanted: str) -> bool:
    return text == wanted


def _same_truth(text: str, wanted: str) -> bool:
    return text.lower() == wanted.lower()


_OPERATORS = {
    "StringEquals": _equal,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _same_truth,
}
