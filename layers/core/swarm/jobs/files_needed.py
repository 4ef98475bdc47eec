"""Which files of the workspace a call that runs in another function may open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from swarm.workspace.file_types import file_type

_NAMING_FILES = ("source", "path", "reference_document", "bibliography", "citation_style")


def files_needed(arguments: Mapping[str, JsonValue], paths: Iterable[str]) -> list[str]:
    """Of these paths of the workspace, those that a call of a document tool may open.

    They are the files that it names and, for a conversion, every image: which of them a document shows is
    found out where it is safe to look inside.
    """
    named = {str(arguments[name]).removeprefix("./") for name in _NAMING_FILES if arguments.get(name)}
    converts = "source" in arguments
    return [path for path in paths if path in named or (converts and file_type(path) == "image")]
