"""What tools for files answer."""

from __future__ import annotations

from pydantic import BaseModel, Field

from codex_swarm.mcp.answers.addresses import file_uri
from codex_swarm.models import SearchHit
from codex_swarm.text import printable


class FileLine(BaseModel):
    """A file in a list."""

    path: str
    size_bytes: int
    type: str
    resource: str = Field(description="Its address as a resource.")


class FileList(BaseModel):
    """Files of a run, by path."""

    run_id: str
    total_files: int
    files: list[FileLine]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next ones; null on the last page.")


class Hit(BaseModel):
    """A line that has the words, and where it stands."""

    run_id: str
    path: str
    place: str = Field(description="`line 12` of a text; of a document its page, clause, heading, slide or cells.")
    line: str
    resource: str


class Hits(BaseModel):
    """Where words stand in files."""

    hits: list[Hit]
    searched: int = Field(description="Files that were searched.")
    not_searched: list[str] = Field(description="Files in which the words may be all the same, each with the reason.")
    next_cursor: str | None = Field(description="Give it as `cursor` for more; null when there are none.")


class FileText(BaseModel):
    """A part of a text file."""

    run_id: str
    path: str
    size_bytes: int
    is_text: bool
    text: str = Field(description="Empty for what is no text.")
    next_offset: int | None = Field(description="Give it as `offset` for what follows; null at the end.")
    resource: str


class Diff(BaseModel):
    """What a run changed."""

    run_id: str
    files: list[str] = Field(description="The first of them, each with A, M or D in front.")
    total_files: int
    summary: str
    patch: str = Field(description="The beginning of the unified patch; all of it is the resource.")
    is_whole: bool
    resource: str


class Upload(BaseModel):
    """A file that was uploaded."""

    upload_id: str = Field(description="Give it to start_run among `upload_ids`.")
    path: str
    size_bytes: int


def hit_of(hit: SearchHit) -> Hit:
    """A line of a search."""
    return Hit(
        run_id=hit.run_id,
        path=hit.path,
        place=hit.place,
        line=printable(hit.snippet),
        resource=file_uri(hit.run_id, hit.path),
    )


def as_text(content: bytes) -> str | None:
    """The content of a file as text; None where it is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
