"""Files: those that are uploaded or sent along, those of a workspace, what changed in them, and searches in them."""

from pydantic import Field

from codex_swarm.models.wire import Asked, PlainText, Timestamp, Wire


class UploadFile(Asked):
    """A file that is going to be uploaded."""

    path: str = Field(description="Its place in the workspace.")
    size: int = Field(ge=0, description="In bytes; exactly so many are taken.")
    sha256: str | None = Field(
        default=None, max_length=64, pattern="^[0-9a-fA-F]{64}$", description="Checked when it is given."
    )


class UploadCreate(Asked):
    """Prepares an upload."""

    files: list[UploadFile] = Field(description="At most 500; a file may have 50 MiB, all together 2 GiB.")


class UploadTarget(Wire):
    """Where to send one file: PUT its bytes to `url` once, with exactly these headers, and without an API key."""

    path: str
    url: str
    headers: dict[str, str]
    expires_at: Timestamp


class UploadRead(Wire):
    """A prepared upload; runs take it by its id once its files are sent."""

    upload_id: str
    files: list[UploadTarget]


class InlineFile(Asked):
    """A small text file sent along with a run."""

    path: str
    content: PlainText


class WorkspaceFile(Wire):
    """A file of a run's workspace."""

    path: str
    size_bytes: int
    type: str = Field(description="Such as `markdown`; an unknown suffix is `text`, no suffix is `binary`.")
    sha256: str | None = Field(default=None, description="Of the bytes, in hex.")
    url: str | None = Field(default=None, description="Fetches the bytes without a key until `expires_at`.")
    expires_at: Timestamp | None = None


class WorkspaceFileListing(Wire):
    """A workspace's files, sorted by path; one page of them when `next_cursor` is set."""

    run_id: str
    total_files: int = Field(description="Of the whole workspace, whatever the page.")
    files: list[WorkspaceFile]
    next_cursor: str | None = Field(default=None, description="Ask for the next page with `?cursor=`.")


class ArchiveRead(Wire):
    """A workspace as one zip file; while it is being made, without an address: ask again."""

    run_id: str
    status: str = Field(description="`ready` or `building`.")
    total_files: int
    size_bytes: int | None = Field(default=None, description="Of the zip file.")
    url: str | None = Field(default=None, description="Fetches the zip file without a key until `expires_at`.")
    expires_at: Timestamp | None = None


class DiffFile(Wire):
    """A path that a run changed."""

    path: str
    status: str = Field(description="As git prints it, such as `A`, `M` or `D`.")


class DiffSummary(Wire):
    """What a run changed, in the words of git."""

    branch: str | None = None
    files: list[DiffFile] = Field(default_factory=list)
    shortstat: str = ""
    stat: str = ""


class DiffRead(Wire):
    """What a run changed, and the artifact that keeps it; or what changed between two of its turns."""

    artifact_id: str | None = Field(default=None, description="Null for a difference between two turns.")
    summary: DiffSummary = Field(description="Of the files on this page; `shortstat` is of all.")
    total_files: int = Field(default=0, description="Of the whole difference, whatever the page.")
    next_cursor: str | None = Field(default=None, description="Ask for the next page with `?cursor=`.")
    by_text: list[str] = Field(
        default_factory=list, description="Documents on this page that were compared by their text, not their bytes."
    )
    unread: list[str] = Field(
        default_factory=list,
        description="Documents whose text is not known yet: `POST /runs/{run_id}/workspace/texts?changes=true`.",
    )
    patch_url: str | None = Field(default=None, description="The unified patch, without a key until `expires_at`.")
    expires_at: Timestamp | None = None


class SearchHit(Wire):
    """A line that has what was looked for, and where it stands."""

    run_id: str
    path: str
    place: str = Field(description="`line 12` of a text file; of a document its page, clause, heading, slide or cells.")
    snippet: str = Field(description="The line, or of a long one what is around the match.")
    start: int = Field(description="Where the match begins in `snippet`, in characters.")
    end: int = Field(description="Where it ends.")


class NotSearched(Wire):
    """A file that was not searched, or only in part: what was looked for may be in it all the same."""

    run_id: str
    path: str
    reason: str
    unread: bool = Field(default=False, description="Whether `POST /runs/{run_id}/workspace/texts` may help.")


class SearchRead(Wire):
    """What a search found in the files that this page went through. A page may be empty and still not the last."""

    query: str
    hits: list[SearchHit]
    searched: int = Field(description="Files that this page searched; of the last one maybe its beginning only.")
    total_files: int = Field(description="Files to search in all, whatever the page.")
    runs: int = Field(default=1, description="Runs whose files these are: of a project its newest ones.")
    not_searched: list[NotSearched] = Field(default_factory=list, description="The first of those on this page.")
    not_searched_total: int = Field(default=0, description="How many they are on this page.")
    next_cursor: str | None = Field(default=None, description="Ask for the next page with `?cursor=`.")


class TextsRead(Wire):
    """Documents whose text was made just now, so that they can be searched and compared."""

    run_id: str
    read: list[str] = Field(description="Their paths.")
    not_read: list[NotSearched] = Field(default_factory=list, description="What could not be read, and why.")
    next_cursor: str | None = Field(default=None, description="There are more: ask again with `?cursor=`.")
