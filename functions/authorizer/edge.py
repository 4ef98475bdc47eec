"""Whether a request came through CloudFront: by a header that CloudFront adds, and that nobody else can know.

An HTTP API can be closed to nobody, so who asks it past CloudFront and its WAF is refused here. The way is that of
"Restrict access to files on custom origins" in CloudFront's developer guide.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from swarm.aws.clients import ClientError, error_code

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

HEADER = "x-origin-verify"
"""Set by CloudFront on whatever it sends, also where whoever asks sent one of the same name (`infra/edge.yaml`)."""

STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""Both are good: CloudFront goes on with the one before until it has been deployed with the new one."""

READ_AGAIN_SECONDS = 60.0
"""Between reads of the secret for a value that is not known: a stranger's guesses make no more calls than that."""


class Edge:
    """What CloudFront shows, as this process last read it."""

    def __init__(
        self, client: SecretsManagerClient, secret: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._secret = secret
        self._monotonic = monotonic
        self._known: tuple[bytes, ...] = ()
        self._read_at: float | None = None

    def sent(self, shown: str) -> bool:
        """Whether CloudFront sent the request with this header's value. Raises `ClientError` where nobody can say."""
        if not shown:
            return False
        if self._is_known(shown):
            return True
        now = self._monotonic()
        if self._read_at is not None and now - self._read_at < READ_AGAIN_SECONDS:
            return False
        self._known = tuple(self._values())
        self._read_at = now
        return self._is_known(shown)

    def _is_known(self, shown: str) -> bool:
        return any(hmac.compare_digest(shown.encode(), value) for value in self._known)

    def _values(self) -> list[bytes]:
        found = []
        for stage in STAGES:
            try:
                found.append(self._client.get_secret_value(SecretId=self._secret, VersionStage=stage)["SecretString"])
            except ClientError as failure:
                # One that was never changed has nothing before it.
                if stage == "AWSCURRENT" or error_code(failure) != "ResourceNotFoundException":
                    raise
        return [value.encode() for value in found]
