"""Which metadata a document takes along.

Pandoc lets a document's own metadata name files (a bibliography, a cover, style sheets) and fill in templates.
So only what describes the document is kept, and files are what the call itself names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.tools.convert_document import Conversion

_DESCRIBE = frozenset(
    "title subtitle author date abstract keywords subject description lang dir publisher rights identifier nocite"
    " references".split()
)


def kept(own: Mapping[str, Any], request: Conversion) -> dict[str, Any]:
    """The document's own description, with what the call says instead."""
    meta = {key: value for key, value in own.items() if key in _DESCRIBE}
    if request.author:
        meta["author"] = _list(name.strip() for name in request.author.split(";") if name.strip())
    if request.language and "lang" not in meta:
        meta["lang"] = _string(request.language)
    for key, text in (("title", request.title), ("date", request.date), ("subject", request.subject)):
        if text:
            meta[key] = _string(text)
    return meta


def _list(texts: Any) -> dict[str, Any]:
    return {"t": "MetaList", "c": [_string(text) for text in texts]}


def _string(text: str) -> dict[str, Any]:
    return {"t": "MetaInlines", "c": [{"t": "Str", "c": text}]}
