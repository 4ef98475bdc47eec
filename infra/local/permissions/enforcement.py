"""Lets a role do what its policies allow, and refuses everything else in AWS's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from http import HTTPStatus
from typing import Any

from infra.local.authentication.refusal import Refused
from infra.local.identity import Credentials
from infra.local.permissions.needs import needs
from infra.local.permissions.policy import Grant, Need, Statement, Verdict, decide
from infra.local.wsgi import Environ, WsgiApp

ERRORS = {"s3": "AccessDenied"}


class Permissions:
    """The statements of every role.

    `used` are the grants that have allowed something; what is `withheld` is refused, for proofs that it is needed.
    """

    def __init__(self) -> None:
        self._statements: dict[str, list[Statement]] = {}
        self.used: set[Grant] = set()
        self.withheld: Set[Grant] = frozenset()

    def replace(self, statements: Mapping[str, list[Statement]]) -> None:
        """Give these roles these statements, by name, in place of what they had. A role without any may do nothing."""
        self._statements = {**self._statements, **statements}

    def of(self, role: str) -> list[Statement]:
        """What the role's policies say."""
        return self._statements.get(role, [])

    def grants(self) -> list[Grant]:
        """Everything that is given to anybody."""
        return [
            Grant(role, statement.sid, action, resource)
            for role, statements in self._statements.items()
            for statement in statements
            if statement.allows
            for action in statement.actions
            for resource in statement.resources
        ]

    def check(self, signer: Credentials, service: str, operation: str, environ: Environ) -> None:
        """Raises Refused unless the signer's role may do all that the call needs."""
        for need in needs(service, operation, environ):
            found = self._decide(signer, need)
            if found is not Verdict.ALLOWED:
                raise refusal(signer, service, need, found)

    def hide_missing_objects(
        self, app: WsgiApp, signer: Credentials, operation: str, environ: Environ, start_response: Any
    ) -> Iterable[bytes]:
        """S3 tells only who may list the bucket that an object is not there; all others it tells nothing."""
        if operation not in ("GetObject", "HeadObject"):
            return app(environ, start_response)
        answered: list[tuple[str, Any]] = []

        def hear(status: str, headers: Any, *more: Any) -> Any:
            answered.append((status, headers))
            if not status.startswith(str(int(HTTPStatus.NOT_FOUND))):
                return start_response(status, headers, *more)
            return lambda _: None

        body = app(environ, hear)
        [(status, headers)] = answered
        if not status.startswith(str(int(HTTPStatus.NOT_FOUND))):
            return body
        bucket = environ["RAW_URI"].partition("?")[0].split("/")[1]
        need = Need("s3:ListBucket", f"arn:aws:s3:::{bucket}", {})
        found = self._decide(signer, need)
        if found is Verdict.ALLOWED:
            start_response(status, headers)
            return body
        return refusal(signer, "s3", need, found).answer("s3", start_response)

    def _decide(self, signer: Credentials, need: Need) -> Verdict:
        role = signer.role or ""
        verdict, grant = decide(role, self.of(role), need, self.withheld)
        if grant is not None:
            self.used.add(grant)
        return verdict


def refusal(signer: Credentials, service: str, need: Need, found: Verdict) -> Refused:
    """What AWS says to a caller who may not."""
    if need.action == "kms:Decrypt":
        return Refused("AccessDeniedException", "Access to KMS is not allowed")
    if found is Verdict.DENIED:
        why = "with an explicit deny in an identity-based policy"
    else:
        why = f"because no identity-based policy allows the {need.action} action"
    resource = f'"{need.resource}"' if service == "s3" else need.resource
    message = f"User: {signer.arn} is not authorized to perform: {need.action} on resource: {resource} {why}"
    return Refused(ERRORS.get(service, "AccessDeniedException"), message)
