"""Who is who in the laptop cloud: one account, one region, and credentials of its own for each that has a role."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
OPERATOR = "operator"


@dataclass(frozen=True)
class Credentials:
    """What somebody signs with; a role's are temporary in AWS, and have a session token.

    `owner` is the logical id of a function or a state machine. `role` is the name of its role; the operator has none,
    and may do everything.
    """

    owner: str
    access_key: str
    secret_key: str
    session_token: str | None
    role: str | None = None
    is_function: bool = True

    @property
    def arn(self) -> str:
        """As AWS names whoever is refused."""
        if self.role is None:
            return f"arn:aws:iam::{ACCOUNT_ID}:user/{self.owner}"
        return f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{self.role}/{self.owner}"


class CredentialIssuer:
    """Hands out credentials by owner and finds them again by access key."""

    def __init__(self) -> None:
        self._by_access_key: dict[str, Credentials] = {}
        self.operator = self._keep(
            Credentials(
                OPERATOR,
                f"AKIA{secrets.token_hex(8).upper()}",
                secrets.token_urlsafe(30),
                session_token=None,
                is_function=False,
            )
        )

    def issue(self, owner: str, role: str | None = None, *, is_function: bool = True) -> Credentials:
        """New credentials; an owner may have several."""
        return self._keep(
            Credentials(
                owner,
                f"ASIA{secrets.token_hex(8).upper()}",
                secrets.token_urlsafe(30),
                secrets.token_urlsafe(30),
                role,
                is_function,
            )
        )

    def find(self, access_key: str) -> Credentials | None:
        """The credentials with this access key, or None for a key that was never issued."""
        return self._by_access_key.get(access_key)

    def _keep(self, credentials: Credentials) -> Credentials:
        self._by_access_key[credentials.access_key] = credentials
        return credentials
