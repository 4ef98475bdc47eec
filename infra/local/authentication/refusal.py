"""A request that AWS would refuse, and the answer that it would refuse it with."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

REST_JSON = ("lambda", "scheduler", "apigateway")


class Refused(Exception):
    """The request is answered with this status, error code and message."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def answer(self, service: str, start_response: Any) -> Iterable[bytes]:
        """The answer as a WSGI application gives it, in the form that the service's clients read."""
        headers, document = self._s3() if service == "s3" else self._json(service)
        headers.append(("x-amz-request-id" if service == "s3" else "x-amzn-RequestId", str(uuid.uuid4())))
        # The others say in a status only whose fault it is; what is the service's is tried again.
        own = service in ("s3", *REST_JSON) or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        status = self.status if own else HTTPStatus.BAD_REQUEST
        start_response(f"{int(status)} {HTTPStatus(status).phrase}", [*headers, ("Content-Length", str(len(document)))])
        return [document]

    def _s3(self) -> tuple[list[tuple[str, str]], bytes]:
        error = f"<Code>{escape(self.code)}</Code><Message>{escape(str(self))}</Message>"
        document = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{error}</Error>'
        return [("Content-Type", "application/xml")], document.encode()

    def _json(self, service: str) -> tuple[list[tuple[str, str]], bytes]:
        document = {"__type": self.code, "message": str(self), "Message": str(self)}
        kind = "application/json" if service in REST_JSON else "application/x-amz-json-1.0"
        return [("Content-Type", kind), ("x-amzn-ErrorType", self.code)], json.dumps(document).encode()


MISMATCH = "The request signature we calculated does not match the signature you provided."


def signature_mismatch(service: str = "s3") -> Refused:
    """Something that was signed has changed, or the secret key is another."""
    return Refused("SignatureDoesNotMatch" if service == "s3" else "InvalidSignatureException", MISMATCH)


def unknown_access_key(service: str = "s3") -> Refused:
    """Nobody has this access key, or has it with another session token."""
    if service == "s3":
        return Refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    return Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
