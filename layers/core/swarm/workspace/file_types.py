"""What a file's name says about it: the `type` that listings show and the Content-Type it is served with."""

from __future__ import annotations

from typing import NamedTuple


class FileType(NamedTuple):
    """A listing's type and its media type (RFC 6838)."""

    name: str
    media_type: str


_TEXT = FileType("text", "text/plain")
_BINARY = FileType("binary", "application/octet-stream")

_BY_SUFFIX = {
    suffix: FileType(name, media_type)
    for name, media_type, suffixes in (
        ("markdown", "text/markdown", ".md .markdown .smd .qmd .rmd"),
        ("python", "text/x-python", ".py .pyi"),
        ("javascript", "text/javascript", ".js .mjs .cjs .jsx"),
        ("typescript", "text/x-typescript", ".ts .tsx"),
        ("json", "application/json", ".json"),
        ("json", "application/x-ndjson", ".jsonl .ndjson"),
        ("yaml", "application/yaml", ".yaml .yml"),
        ("html", "text/html", ".html .htm"),
        ("css", "text/css", ".css"),
        ("shell", "text/x-shellscript", ".sh .bash .zsh"),
        ("xml", "application/xml", ".xml"),
        ("csv", "text/csv", ".csv"),
        ("text", "text/tab-separated-values", ".tsv"),
        ("latex", "text/x-tex", ".tex"),
        ("rst", "text/x-rst", ".rst"),
        ("notebook", "application/x-ipynb+json", ".ipynb"),
        ("image", "image/png", ".png"),
        ("image", "image/jpeg", ".jpg .jpeg"),
        ("image", "image/gif", ".gif"),
        ("image", "image/webp", ".webp"),
        ("image", "image/svg+xml", ".svg"),
        ("image", "image/bmp", ".bmp"),
        ("image", "image/tiff", ".tif .tiff"),
        ("pdf", "application/pdf", ".pdf"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
        ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
        ("odt", "application/vnd.oasis.opendocument.text", ".odt"),
        ("rtf", "application/rtf", ".rtf"),
        ("epub", "application/epub+zip", ".epub"),
        ("archive", "application/zip", ".zip"),
        ("archive", "application/gzip", ".gz .tgz"),
        ("archive", "application/x-tar", ".tar"),
        (
            "binary",
            "application/octet-stream",
            ".bin .exe .so .dll .dylib .o .a .class .pyc .db .sqlite .parquet .npy .pkl",
        ),
    )
    for suffix in suffixes.split()
}

_TEXTUAL_APPLICATION_TYPES = frozenset(
    {"application/json", "application/x-ndjson", "application/yaml", "application/xml"}
)
_BINARY_TYPES = frozenset({"binary", "archive", "pdf", "docx", "xlsx", "pptx", "odt", "epub", "image"})


def _lookup(path: str) -> FileType:
    # As `pathlib` has it, which takes a tenth of the time of a listing.
    stem, _, suffix = path.rpartition("/")[2].rpartition(".")
    return _BY_SUFFIX.get(f".{suffix.lower()}", _TEXT) if stem and suffix else _BINARY


def file_type(path: str) -> str:
    """The type a listing shows; an unknown suffix is `text`, no suffix is `binary`."""
    return _lookup(path).name


def content_type(path: str) -> str:
    """The Content-Type to serve the file with; text types say that they are UTF-8."""
    media_type = _lookup(path).media_type
    textual = media_type.startswith("text/") or media_type in _TEXTUAL_APPLICATION_TYPES
    return f"{media_type}; charset=utf-8" if textual else media_type


def is_binary_type(path: str) -> bool:
    """Whether files of this type hold no text that a person or a model could read as it is."""
    return file_type(path) in _BINARY_TYPES
