"""Checks that a webhook's message comes from the service (Standard Webhooks, https://www.standardwebhooks.com).

message = verify(secret, request.headers, body)
if message.type == "run.succeeded": ...
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from codex_swarm.errors import InvalidArgument, InvalidSignature
from codex_swarm.models import WebhookPayload

TOLERANCE_SECONDS = 300.0
"""How far the message's time may be from now, either way."""

_PREFIX = "whsec_"


def verify(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    tolerance: float = TOLERANCE_SECONDS,
    now: float | None = None,
) -> WebhookPayload:
    """What the message says. Raises `InvalidSignature` when none of the secrets signed it, or it is too old.

    `body` is the request's, byte for byte: JSON that was read and written again has another signature. `headers` may
    be of any mapping, in any case. `now` is in seconds since 1970; the clock's unless given.
    """
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    try:
        message_id, sent = named["webhook-id"], named["webhook-timestamp"]
        signatures = named["webhook-signature"].split()
        at = int(sent)
    except (KeyError, ValueError) as error:
        raise InvalidSignature("webhook-id, webhook-timestamp and webhook-signature are not all there") from error
    if abs((time.time() if now is None else now) - at) > tolerance:
        raise InvalidSignature("the message is older, or newer, than the tolerance allows")
    content = body.encode() if isinstance(body, str) else body
    signed = f"{message_id}.{sent}.".encode() + content
    expected = [f"v1,{_signature(each, signed)}".encode() for each in ([secret] if isinstance(secret, str) else secret)]
    got = [each.encode() for each in signatures]
    # Every pair is compared, so that the time it takes tells nothing.
    if not any([hmac.compare_digest(one, other) for one in expected for other in got]):  # noqa: C419
        raise InvalidSignature("the signature is none of this secret")
    try:
        return WebhookPayload.model_validate_json(content)
    except ValidationError:
        raise InvalidSignature("the message is signed, but is none that this client knows") from None


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError, AttributeError, TypeError):
        raise InvalidArgument("the secret is none of a webhook; it begins with whsec_") from None
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
