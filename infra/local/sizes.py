"""What AWS takes of a call, and no more: the length of an object's key, and of an expression.

Source: "Naming Amazon S3 objects" in the S3 User Guide, and "Quotas in Amazon DynamoDB". The size of an item and of its
keys is looked at by moto, which takes items of up to 405,000 bytes, where DynamoDB takes 409,600.
"""

from __future__ import annotations

import json
import urllib.parse
from http import HTTPStatus

from infra.local.authentication.refusal import Refused
from infra.local.wsgi import BODY, FORM, Environ

KEY_BYTES = 1_024
EXPRESSION_BYTES = 4_096
EXPRESSION = "Expression"


def check(service: str, environ: Environ) -> None:
    """Raises Refused for a call that has too much of something."""
    if service == "s3":
        _check_key(environ)
    elif service == "dynamodb" and len(environ[BODY]) > EXPRESSION_BYTES:
        _check_expressions(json.loads(environ[BODY]))


def _check_key(environ: Environ) -> None:
    path = environ["RAW_URI"].partition("?")[0].removeprefix("/")
    key = environ[FORM].get("key", "").encode() if FORM in environ else b""
    if max(len(urllib.parse.unquote_to_bytes(path.partition("/")[2])), len(key)) > KEY_BYTES:
        raise Refused("KeyTooLongError", "Your key is too long", HTTPStatus.BAD_REQUEST)


def _check_expressions(asked: object) -> None:
    if isinstance(asked, list):
        for each in asked:
            _check_expressions(each)
    elif isinstance(asked, dict):
        for name, value in asked.items():
            # An attribute of an item is a mapping itself, whatever its name.
            if name.endswith(EXPRESSION) and isinstance(value, str):
                _check_expression(name, value)
            elif name in ("TransactItems", "Put", "Update", "Delete", "ConditionCheck"):
                _check_expressions(value)


def _check_expression(name: str, text: str) -> None:
    if (size := len(text.encode())) > EXPRESSION_BYTES:
        message = f"Expression size has exceeded the maximum allowed size; expression size: {size}"
        raise Refused("ValidationException", f"Invalid {name}: {message}", HTTPStatus.BAD_REQUEST)
