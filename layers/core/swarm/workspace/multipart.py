"""A stored object that is written as it is made, without ever holding it whole."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from swarm.workspace.objects import EXPIRES

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""S3 takes parts from 5 MiB on, and at most 10,000 of them: objects of up to 80 GiB."""


class ObjectWriter(io.RawIOBase):
    """Bytes for one key, in order. The object is there after `complete`, and not before.

    It may be gone after a day. An upload that is never completed is dropped by the bucket's own rules after a day, too.
    """

    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        super().__init__()
        self._client, self._bucket, self._key = client, bucket, key
        self._buffer = bytearray()
        self._upload = ""
        self._parts: list[CompletedPartTypeDef] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        self._buffer += data
        written = memoryview(data).nbytes
        self.size += written
        while len(self._buffer) >= PART_BYTES:
            self._send(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return written

    def complete(self) -> None:
        """Store what is left, and let the object be seen."""
        if not self._upload:
            self._client.put_object(Bucket=self._bucket, Key=self._key, Body=bytes(self._buffer), Tagging=EXPIRES)
            return
        if self._buffer:
            self._send(bytes(self._buffer))
        parts: Sequence[CompletedPartTypeDef] = self._parts
        self._client.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload, MultipartUpload={"Parts": parts}
        )

    def _send(self, part: bytes) -> None:
        if not self._upload:
            begun = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._key, Tagging=EXPIRES)
            self._upload = begun["UploadId"]
        number = len(self._parts) + 1
        stored = self._client.upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload, PartNumber=number, Body=part
        )
        self._parts.append({"ETag": stored["ETag"], "PartNumber": number})
