"""What files are too large for, or cannot be shown as: 413, 415, 416, 422."""

from __future__ import annotations

from swarm.errors.base import CallerError


class TooLarge(CallerError):
    """413."""

    status = 413
    code = "too_large"


class FileTooLarge(TooLarge):
    """One file is over the limit, in bytes."""

    code = "file_too_large"

    def __init__(self, path: str, size: int, limit: int) -> None:
        super().__init__(f"{path} has {size} bytes; a file may have {limit}")


class RangeNotSatisfiable(CallerError):
    """A part was asked for that begins behind the end of the file; `size` in bytes."""

    status = 416
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"the file has {size} bytes; ask for a part that begins before its end")


class WorkspaceTooLarge(TooLarge):
    """The workspace would hold too many files or bytes."""

    code = "workspace_too_large"


class PreviewTooLarge(TooLarge):
    """The file is larger than what is shown of its kind, in bytes."""

    code = "preview_too_large"

    def __init__(self, path: str, size: int, limit: int) -> None:
        super().__init__(f"{path} has {size} bytes; files of its kind are shown up to {limit}. Download it")


class StorageFull(TooLarge):
    """The tenant has stored as many bytes as it may, or has no room for so many more."""

    code = "storage_full"

    def __init__(self, stored: int, most: int, more: int = 0) -> None:
        asked = f", and {more} more were asked for" if more else ""
        super().__init__(
            f"{stored} of {most} bytes are stored{asked}; delete runs or projects that are needed no longer. It is "
            "measured once a day"
        )


class NoPreview(CallerError):
    """Files of this kind have no preview."""

    status = 415
    code = "no_preview"

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is of a kind that has no preview; download it")


class PreviewFailed(CallerError):
    """The file cannot be shown."""

    status = 422
    code = "preview_failed"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"there is no preview of {path}: {problem}")
