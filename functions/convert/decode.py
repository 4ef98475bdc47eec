"""Text files of the workspace as characters, whatever they were saved as."""

from __future__ import annotations

from convert.errors import CannotConvert
from swarm_job.charset import NotText, Text, decoded


def as_text(data: bytes, name: str) -> Text:
    """The characters, with a note where they were guessed or damaged; raises CannotConvert for what is not text."""
    try:
        return decoded(data)
    except NotText as error:
        raise CannotConvert(f"{name} is not text") from error
