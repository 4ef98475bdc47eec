"""Metric math, as far as our alarms use it: arithmetic, comparisons, `IF`, `FILL`, and `SUM(METRICS())`.

As "Using math expressions with CloudWatch metrics" (docs.aws.amazon.com) has it: where a value is missing, so is
everything that is computed of it, but for `FILL`, and for `SUM` of what there is.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

Value = float | None
_TWO: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda one, other: one / other if other else 0.0,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """What an expression gives of the metrics by their ids. Raises `NotImplementedError` for what is not known here."""
    return _Evaluation(expression, values).of(ast.parse(expression, mode="eval").body)


class _Evaluation:
    def __init__(self, expression: str, values: Mapping[str, Value]) -> None:
        self._expression = expression
        self._values = values

    def of(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._values:
                return self._values[name]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _TWO:
                return self._two(type(op), left, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _TWO:
                return self._two(type(op), left, right)
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._call(function, arguments)
        raise NotImplementedError(f"{ast.unparse(node)} in the expression {self._expression}")

    def _two(self, op: type[ast.AST], left: ast.expr, right: ast.expr) -> Value:
        one, other = self.of(left), self.of(right)
        return None if one is None or other is None else float(_TWO[op](one, other))

    def _call(self, function: str, arguments: list[ast.expr]) -> Value:
        match function, arguments:
            case "FILL", [value, instead]:
                found = self.of(value)
                return self.of(instead) if found is None else found
            case "IF", [condition, then, otherwise]:
                holds = self.of(condition)
                return None if holds is None else self.of(then if holds else otherwise)
            case "SUM", [ast.Call(func=ast.Name(id="METRICS"), args=[])]:
                known = [value for value in self._values.values() if value is not None]
                return sum(known) if known else None
        raise NotImplementedError(f"{function} in the expression {self._expression}")
