"""The stored objects of a project from outside: which there are, and how they go. Only cleaning up needs this."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from swarm.workspace.objects import everything_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

AT_ONCE = 1_000
"""As many as S3 deletes by one request."""

_T = TypeVar("_T")
_WITHIN_A_PROJECT = re.compile(r"t/[^/]+/(?:p/[^/]+|skills)/(?:[^/]+/)*")
"""Or among the skills of a tenant, which belong to no project."""


class Version(NamedTuple):
    """One version of an object. Storing an object again makes a new version; this one stays what it is."""

    key: str
    version_id: str
    stored_at: datetime


class ObjectInventory:
    """Objects of one bucket. A prefix always ends with a slash within one project, so `p/ab/` never means `p/abc/`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys under a prefix, in order."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=_checked(prefix)):
            yield from (each["Key"] for each in page.get("Contents", []))

    def sizes(self, tenant_id: str) -> Iterator[tuple[str, int]]:
        """The key and the bytes of every object of a tenant."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=everything_of(tenant_id)):
            yield from ((each["Key"], each["Size"]) for each in page.get("Contents", []))

    def page_of(self, prefix: str, after: str, most: int) -> list[tuple[str, int]]:
        """The keys and bytes of so many objects under a prefix, of those whose keys come after one."""
        page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=most)
        return [(each["Key"], each["Size"]) for each in page.get("Contents", [])]

    def everything(self, tenant_id: str) -> Iterator[Version]:
        """Every version of every object of a tenant, and the marks of those that were deleted."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=everything_of(tenant_id)):
            for each in page.get("Versions", []):
                yield Version(each["Key"], each["VersionId"], each["LastModified"])
            for mark in page.get("DeleteMarkers", []):
                yield Version(mark["Key"], mark["VersionId"], mark["LastModified"])

    def versions(self, prefix: str) -> Iterator[Version]:
        """Every version of every object under a prefix, those included that were written over."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=_checked(prefix)):
            for each in page.get("Versions", []):
                yield Version(each["Key"], each["VersionId"], each["LastModified"])

    def delete(self, keys: Iterable[str]) -> Iterator[int]:
        """Delete objects, in lots; how many each lot was. The bucket keeps what they were for a while."""
        for some in _in_lots(keys):
            yield self._delete([{"Key": key} for key in some])

    def delete_versions(self, versions: Iterable[Version]) -> Iterator[int]:
        """Delete exactly these versions, for good, in lots; how many each was. A newer version of an object stays."""
        for some in _in_lots(versions):
            yield self._delete([{"Key": each.key, "VersionId": each.version_id} for each in some])

    def _delete(self, objects: Sequence[ObjectIdentifierTypeDef]) -> int:
        answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
        if refused := answer.get("Errors"):
            raise RuntimeError(f"{len(refused)} objects could not be deleted: {refused[0].get('Code')}")
        return len(objects)


def _checked(prefix: str) -> str:
    if not _WITHIN_A_PROJECT.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no folder of one project")
    return prefix


def _in_lots(things: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(things)
    while lot := list(islice(rest, AT_ONCE)):
        yield lot
