"""How large things are in the bytes that AWS counts, and how large they may be. Whatever is bounded is measured here.

An answer of a Lambda function is JSON whose `body` is a text, so the body's quotes, backslashes and control characters
are escaped once more on the way; everything else travels as UTF-8.
"""

from __future__ import annotations

import json

ANSWER = 6_291_556
"""Of a function's whole answer (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""

PAGE = 5_000_000
"""Of what a page lists; the rest of `ANSWER` is for headers and what stands around it."""

ITEM = 400 * 1024
"""Of a DynamoDB item, names of attributes included."""

EXPRESSION = 4_096
"""Of a DynamoDB expression."""

SORT_KEY = 1_024
OBJECT_KEY = 1_024
"""Of the key of an object in S3, as UTF-8 before percent-encoding."""


def json_text(value: object) -> str:
    """The value as JSON the way it is answered: UTF-8, without spaces. Raises `ValueError` for what no JSON has."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def of_text(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode(errors="surrogatepass"))


def answered(text: str) -> int:
    """Bytes that a text takes as (part of) the body of an answer."""
    return of_text(json.dumps(text, ensure_ascii=False))


def answered_json(text: str) -> int:
    """The same of a text that is JSON, and so has no control characters, but their escapes: a quarter of the time."""
    return of_text(text) + text.count('"') + text.count("\\") + 2
