"""Where bytes are kept: a small key-value store, in S3 or in memory, and the keys of one project's objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol
from urllib.parse import quote

from swarm.aws.clients import ClientError, error_code
from swarm.errors import CorruptObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_CHUNK = 1 << 20

DAY = timedelta(days=1)
"""For which is kept what can be made again, or was uploaded and never used."""

EXPIRES = "keep=day"
"""The tag of such objects (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, x-amz-tagging), by which
a lifecycle rule of the bucket knows them."""


PAGE = 1_000
"""Keys that S3 tells at a time."""


class ObjectMissing(CorruptObject):
    """A key that something points at holds nothing."""

    def __init__(self, key: str) -> None:
        super().__init__(f"nothing is stored at {key}")
        self.key = key


class ObjectStore(Protocol):
    """Objects by key. A put is atomic: a reader sees the whole object or none of it."""

    def get(self, key: str) -> bytes:
        """The object. Raises `ObjectMissing`."""
        ...

    def copy_to(self, target: BinaryIO, key: str) -> None:
        """Write the object to the end of a file, never holding all of it. Raises `ObjectMissing` before it writes."""
        ...

    def put(self, key: str, data: bytes, *, expires: bool = False) -> None:
        """Store the object, over an earlier one. What `expires` may be gone after `DAY`."""
        ...

    def put_new(self, key: str, data: bytes, *, expires: bool = False) -> bool:
        """Store the object unless there is one; false when there was. What `expires` may be gone after `DAY`."""
        ...

    def keys_after(self, prefix: str, after: str) -> list[str]:
        """The first `PAGE` keys under a prefix that come after `after`, in order; fewer only where there are no more.

        A prefix is one of `ProjectArea`'s.
        """
        ...


RunObjects = Literal["snapshots", "transcript", "calls", "artifacts", "archives", "diffs", "previews", "log", "inputs"]
"""The kinds of objects that a run has; `docs/table.md` says what is in each."""


@dataclass(frozen=True, slots=True)
class ProjectArea:
    """The keys of one project's objects: `t/{tenant}/p/{project}/...`, each part percent-encoded."""

    tenant_id: str
    project_id: str

    @property
    def prefix(self) -> str:
        return f"{everything_of(self.tenant_id)}p/{_part(self.project_id)}"

    @property
    def everything(self) -> str:
        """What the keys of all the project's objects begin with, and no other project's."""
        return f"{self.prefix}/"

    @property
    def uploads(self) -> str:
        """What the keys of all uploads begin with."""
        return f"{self.prefix}/uploads/"

    @property
    def blobs(self) -> str:
        """What the keys of all blobs begin with."""
        return f"{self.prefix}/blobs/"

    def blob(self, sha256: str) -> str:
        """The key of a file's bytes. They are always `put`, never `put_new`: being stored again is what keeps an old
        blob from being swept while a run is about to refer to it (`swarm.retention.sweeping`).
        """
        return f"{self.blobs}{sha256}"

    @property
    def texts(self) -> str:
        """What the keys of all texts of documents begin with (`swarm.workspace.document_texts`)."""
        return f"{self.prefix}/texts/"

    def run(self, run_id: str = "") -> str:
        """What the keys of one run's objects begin with, or those of all runs."""
        return f"{self.prefix}/runs/{run_id}/" if run_id else f"{self.prefix}/runs/"

    def batch(self, batch_id: str) -> str:
        """What the keys of one batch's objects begin with."""
        return f"{self.prefix}/batches/{batch_id}/"

    def of_run(self, run_id: str, kind: RunObjects, name: str) -> str:
        """The key of something that belongs to one run."""
        return f"{self.prefix}/runs/{run_id}/{kind}/{name}"


def everything_of(tenant_id: str) -> str:
    """What the keys of all the tenant's objects begin with, and no other tenant's."""
    return f"t/{_part(tenant_id)}/"


def skills_of(tenant_id: str, project_id: str | None) -> str:
    """What the keys of all skills of a project begin with, or of those of the tenant beside its projects."""
    owner = everything_of(tenant_id) if project_id is None else ProjectArea(tenant_id, project_id).everything
    return f"{owner}skills/"


def _part(text: str) -> str:
    return quote(text, safe="")


class MemoryObjects:
    """A store that lives as long as the process; for tests, held to the same contract as S3's."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.expiring: set[str] = set()

    def get(self, key: str) -> bytes:
        try:
            return self.objects[key]
        except KeyError:
            raise ObjectMissing(key) from None

    def copy_to(self, target: BinaryIO, key: str) -> None:
        target.write(self.get(key))

    def put(self, key: str, data: bytes, *, expires: bool = False) -> None:
        self.objects[key] = data
        if expires:
            self.expiring.add(key)

    def put_new(self, key: str, data: bytes, *, expires: bool = False) -> bool:
        if key in self.objects:
            return False
        self.put(key, data, expires=expires)
        return True

    def keys_after(self, prefix: str, after: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix) and key > after)[:PAGE]


class S3Objects:
    """Objects of one bucket. `put_new` is S3's conditional write (`If-None-Match: *`)."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str) -> bytes:
        return self._object(key)["Body"].read()

    def copy_to(self, target: BinaryIO, key: str) -> None:
        target.writelines(self._object(key)["Body"].iter_chunks(_CHUNK))

    def _object(self, key: str) -> GetObjectOutputTypeDef:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error_code(error) in {"NoSuchKey", "404"}:
                raise ObjectMissing(key) from error
            raise

    def put(self, key: str, data: bytes, *, expires: bool = False) -> None:
        if expires:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data, Tagging=EXPIRES)
        else:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data)

    def put_new(self, key: str, data: bytes, *, expires: bool = False) -> bool:
        try:
            if expires:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*", Tagging=EXPIRES)
            else:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*")
        except ClientError as error:
            # 409 is S3's answer to two conditional writes at once: the other one is storing it.
            if error_code(error) in {"PreconditionFailed", "ConditionalRequestConflict"}:
                return False
            raise
        return True

    def keys_after(self, prefix: str, after: str) -> list[str]:
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=PAGE)
        return [each["Key"] for each in found.get("Contents", [])]
