"""Keys of the API, and tokens that open parts of it to a browser."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from codex_swarm.models.wire import Asked, Timestamp, Wire

Origin = Annotated[str, Field(max_length=300)]
"""Such as `https://app.example.com`; a host's name has at most 253 characters."""


class Scope(StrEnum):
    """What a key may do. Each route needs one of them, and none includes another."""

    READ = "read"
    RUN = "run"
    MANAGE = "manage"
    IMPORT = "import"
    ADMIN = "admin"


class KeyCreate(Asked):
    """Asks for a key."""

    name: str = Field(min_length=1, max_length=100, description="Who or what uses it, for people.")
    scopes: list[Scope] = Field(
        default=[Scope.READ, Scope.RUN, Scope.MANAGE], min_length=1, max_length=5, description="What it may do."
    )
    projects: list[str] = Field(
        default=[],
        max_length=20,
        description="Prefixes of the ids of the projects that it is for; none: all. Such a key has not `admin`.",
    )
    expires_at: Timestamp | None = Field(default=None, description="When it stops being good; null: never.")


class KeyRotation(Asked):
    """Asks for a new secret of a key."""

    overlap_seconds: int = Field(
        default=86_400,
        ge=0,
        le=2_592_000,
        description="How long texts of the key that are good now stay so; 0 for one that leaked.",
    )


class KeyRead(Wire):
    """A key, without its secret."""

    id: str
    name: str
    prefix: str = Field(description="How its text begins. Empty for a key of an earlier version.")
    scopes: list[str] = Field(description="What it may do: of `Scope`, or what a later version adds.")
    projects: list[str] = Field(default=[], description="Prefixes of the projects that it is for; none: all.")
    created_at: Timestamp | None = Field(default=None, description="Null for a key of an earlier version.")
    expires_at: Timestamp | None = None
    rotated_at: Timestamp | None = Field(default=None, description="When its secret was made, if not with the key.")
    previous_valid_until: Timestamp | None = Field(
        default=None, description="Until when a text from before the last rotation is good, if any is."
    )
    last_used_at: Timestamp | None = Field(default=None, description="To the hour; null: never so far.")
    revoked_at: Timestamp | None = None


class KeySecret(KeyRead):
    """A key with its text, which is shown this once and stored nowhere."""

    key: str = Field(description="What to send as `Authorization: Bearer`.")


class TokenCreate(Asked):
    """Asks for a token that opens parts of a run to a browser."""

    scope: Literal["watch", "files"] = Field(
        default="watch",
        description="`watch`: stream and events. `files`: also files, previews, archive, diff, outputs.",
    )
    seconds: int = Field(default=900, ge=10, le=86_400, description="How long it opens them.")
    origins: list[Origin] = Field(
        default_factory=list,
        max_length=5,
        description="Pages of these may read the answers and show them in frames, such as `https://app.example.com`.",
    )


class UploadTokenCreate(Asked):
    """Asks for a token with which a page makes one upload."""

    max_files: int = Field(default=20, ge=1, le=500, description="So many files at most.")
    max_bytes: int = Field(default=52_428_800, ge=0, le=2_147_483_648, description="So many bytes together at most.")
    seconds: int = Field(default=900, ge=10, le=86_400, description="How long the upload can be begun.")
    origins: list[Origin] = Field(default_factory=list, max_length=5, description="Pages of these may use it.")


class UploadTokenRead(Wire):
    """A token of one upload. Whoever has it can begin that upload until `expires_at`."""

    token: str = Field(description="Goes as `?token=`.")
    upload_id: str = Field(description="What runs take the upload by, once its files are sent.")
    expires_at: Timestamp
    path: str = Field(description="A page POSTs `{files}` there, and PUTs each file to the URL that it gets.")


class TokenRead(Wire):
    """A token of a run. Whoever has it can use it until `expires_at`."""

    token: str = Field(description="Goes as `?token=`.")
    run_id: str
    scope: str
    expires_at: Timestamp
    path: str = Field(description="What it opens begins with this: `/stream` and so on follow.")
