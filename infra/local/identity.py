"""Who is who in the laptop cloud: one account, one region, and credentials of its own for every function."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"


@dataclass(frozen=True)
class Credentials:
    """What a function signs with; in AWS these are the temporary credentials of its role."""

    owner: str
    access_key: str
    secret_key: str
    session_token: str


class CredentialIssuer:
    """Hands out credentials by owner and finds them again by access key."""

    def __init__(self) -> None:
        self._by_access_key: dict[str, Credentials] = {}

    def issue(self, owner: str) -> Credentials:
        """New credentials; an owner may have several."""
        credentials = Credentials(
            owner=owner,
            access_key=f"ASIA{secrets.token_hex(8).upper()}",
            secret_key=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(30),
        )
        self._by_access_key[credentials.access_key] = credentials
        return credentials

    def find(self, access_key: str) -> Credentials | None:
        """The credentials with this access key, or None for a key that was never issued."""
        return self._by_access_key.get(access_key)
