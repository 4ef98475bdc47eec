"""What a PDF holds, from its objects: every dictionary of the file is looked at, whether or not a page leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject

from convert.errors import CannotConvert
from convert.inventory import Content, Item

_DAMAGE = (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
_NO_WORDS = {"/Link", "/Widget", "/Popup"}
_MOST_OBJECTS = 200_000


def take(place: Path, name: str) -> Iterator[Item]:
    """Values of forms, annotations, links, entries of the outline and files inside. Raises CannotConvert."""
    try:
        reader = pypdf.PdfReader(place)
        if reader.is_encrypted:
            reader.decrypt("")
        numbers = sorted({number for table in reader.xref.values() for number in table} | set(reader.xref_objStm))
    except _DAMAGE as error:
        raise CannotConvert(f"{name} is damaged or is no PDF ({error})") from error
    addresses = set[str]()
    for number in numbers[:_MOST_OBJECTS]:
        try:
            found = reader.get_object(IndirectObject(number, 0, reader))
        except _DAMAGE:
            continue
        for item in _items(found, number) if isinstance(found, DictionaryObject) else ():
            # A link over two lines is two objects, and one of a page may be there often; once is enough to be told.
            if item.kind is not Content.LINK or item.text not in addresses:
                yield item
            addresses |= {item.text} if item.kind is Content.LINK else set()


def _items(found: Any, number: int) -> Iterator[Item]:
    place, subtype = f"object {number}", found.get("/Subtype")
    value = found.get("/V")
    if found.get("/FT") in {"/Tx", "/Ch"} and isinstance(value, str) and value:
        yield Item(Content.FORM_VALUE, place, str(value))
    if subtype and subtype not in _NO_WORDS and found.get("/Rect") is not None and found.get("/Contents"):
        yield Item(Content.ANNOTATION, place, str(found["/Contents"]))
    action = found.get("/A")
    if subtype == "/Link" and action is not None and action.get_object().get("/URI"):
        yield Item(Content.LINK, place, str(action.get_object()["/URI"]))
    if found.get("/Title") and found.get("/Parent") is not None and not subtype:
        yield Item(Content.OUTLINE, place, str(found["/Title"]))
    if found.get("/EF") is not None:
        yield Item(Content.EMBEDDED, place, str(found.get("/UF") or found.get("/F") or ""))
