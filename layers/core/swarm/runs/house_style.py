"""What a project says once for all its runs: the parts of its `domain_config` that the service itself uses.

`domain_config` is any JSON and the application's own. So what does not fit here is no error of a request: it is not
used, and the project says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pydantic import JsonValue

from codex_swarm.models import HouseStyle
from swarm.errors import InvalidPath
from swarm.text import clip
from swarm.workspace.paths import valid_path

MAX_INSTRUCTIONS = 8_000
"""Characters of a project's instructions, which every request to the model carries."""

MAX_TERMS = 200
MAX_TERM = 200
"""Characters of a term, and of what is said of it."""

MAX_LANGUAGE = 60

_FORMATS = (".docx", ".odt", ".pptx")

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""As far as BCP 47 (https://www.rfc-editor.org/info/bcp47) is needed here: a language, and what narrows it down."""


class Unusable(Exception):
    """A part of a `domain_config` that is not as it has to be here."""


def house_style(config: JsonValue) -> HouseStyle | None:
    """What a `domain_config` says of style; None where it says nothing."""
    if not isinstance(config, dict):
        return None
    used: dict[str, Any] = {}
    ignored: list[str] = []
    for name, read in _PARTS.items():
        if config.get(name) in (None, "", [], {}):
            continue
        try:
            used[name] = read(config[name])
        except Unusable as unusable:
            ignored.append(f"{name}: {unusable}")
    return HouseStyle(**used, ignored=ignored) if used or ignored else None


def language_tag(style: HouseStyle | None) -> str | None:
    """The language as documents name it, where the project gave it as a tag."""
    language = style.language if style is not None else None
    return language if language and _TAG.fullmatch(language) else None


def styled_like(style: HouseStyle | None, target: str) -> str | None:
    """The document whose looks a document that is made at this path is to have; a PDF can take those of a docx."""
    reference = style.reference_document if style is not None else None
    if reference is None:
        return None
    suffix = PurePosixPath(target).suffix.lower()
    return reference if PurePosixPath(reference).suffix.lower() == {".pdf": ".docx"}.get(suffix, suffix) else None


def described(style: HouseStyle | None) -> Iterator[str]:
    """What the agent is told of it; nothing where there is nothing to tell."""
    if style is None:
        return
    lines = [style.instructions] if style.instructions else []
    if style.language:
        lines.append(f"Language: write in {style.language}.")
    if style.terms:
        lines.append("Terms, to be used exactly like this:")
        lines.extend(f"- {term}: {said}" if said else f"- {term}" for term, said in style.terms.items())
    if style.reference_document:
        lines.append(
            f"Reference document: what is converted takes the looks of {style.reference_document} by itself, if"
            " that is in the workspace; name another only where the request asks for other looks."
        )
    if lines:
        opening = "The house style of this project, set by the people whom you work for. The request comes first."
        yield "\n".join([opening, *lines])


def _instructions(value: JsonValue) -> str:
    text = _text(value, "a text").strip()
    if len(text) > MAX_INSTRUCTIONS:
        raise Unusable(f"has {len(text)} characters; at most {MAX_INSTRUCTIONS} are used, so shorten it")
    return text


def _terms(value: JsonValue) -> dict[str, str]:
    if isinstance(value, list):
        value = dict.fromkeys((_text(term, "a list of texts, or an object of them") for term in value), "")
    if not isinstance(value, Mapping):
        raise Unusable("is not a list of texts, or an object of them: {term: how to use it}")
    terms = {_one_line(term): _one_line(_text(said, "an object of texts")) for term, said in value.items()}
    if len(terms) > MAX_TERMS:
        raise Unusable(f"has {len(terms)} terms; at most {MAX_TERMS} are used, so leave some out")
    if longest := next((each for pair in terms.items() for each in pair if len(each) > MAX_TERM), None):
        raise Unusable(f"{clip(longest, 40)!r} has {len(longest)} characters; at most {MAX_TERM} fit into each")
    return terms


def _language(value: JsonValue) -> str:
    text = _one_line(_text(value, "a text such as de-CH"))
    if len(text) > MAX_LANGUAGE:
        raise Unusable(f"has more than {MAX_LANGUAGE} characters; give a language tag such as de-CH")
    return text


def _reference_document(value: JsonValue) -> str:
    path = _text(value, "a path").removeprefix("./")
    if not path.lower().endswith(_FORMATS):
        raise Unusable(f"is not the path of a {', '.join(_FORMATS)} file of the workspace")
    try:
        return valid_path(path)
    except InvalidPath as bad:
        raise Unusable(str(bad)) from bad


def _text(value: JsonValue, wanted: str) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise Unusable(f"is not {wanted}")
    return value


def _one_line(text: str) -> str:
    return " ".join(text.split())


_PARTS: Mapping[str, Callable[[JsonValue], object]] = {
    "instructions": _instructions,
    "terms": _terms,
    "language": _language,
    "reference_document": _reference_document,
}
