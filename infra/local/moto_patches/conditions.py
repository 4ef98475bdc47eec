"""DynamoDB's conditions and filters: a few dozen texts, which moto takes apart twice for every call."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser

from infra.local.moto_patches.wrapping import Wrapper, wrap


class _Parsed(NamedTuple):
    """The syntax tree of an expression, and the names and values that it mentions."""

    tree: Any
    names: list[str]
    values: list[str]


def parse_once() -> None:
    """The syntax tree of a text, with its names in it and without its values, is made once and kept."""
    wrap(ConditionExpressionParser, "parse", _parse)
    wrap(ConditionExpressionParser, "_make_operand", _operand)


def _parse(original: Wrapper, parser: Any) -> Any:
    text, names, values = (
        parser.condition_expression,
        parser.expression_attribute_names,
        parser.expression_attribute_values,
    )
    if not text or names is None or values is None:
        return original(parser)
    parsed = _parsed(text, tuple(sorted(names.items())), frozenset(values))
    parser.expr_attr_names_found.extend(parsed.names)
    parser.expr_attr_values_found.extend(parsed.values)
    return parser._make_op_condition(parsed.tree)


@lru_cache(maxsize=512)
def _parsed(text: str, names: tuple[tuple[str, str], ...], values: frozenset[str]) -> _Parsed:
    # Raises what the parser does, which is kept by nobody.
    parser: Any = _KeepingTheTree(text, dict(names), {value: {} for value in values})
    tree = ConditionExpressionParser.parse.__wrapped__(parser)  # type: ignore[attr-defined]
    return _Parsed(tree, parser.expr_attr_names_found, parser.expr_attr_values_found)


class _KeepingTheTree(ConditionExpressionParser):
    def _make_op_condition(self, node: Any) -> Any:
        return node


def _operand(original: Wrapper, parser: Any, node: Any) -> Any:
    if node.kind == ConditionExpressionParser.Kind.EXPRESSION_ATTRIBUTE_VALUE:
        # The tree may be that of an earlier call, which had values of its own.
        return AttributeValue(parser.expression_attribute_values[node.text])
    return original(parser, node)
