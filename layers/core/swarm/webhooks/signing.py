"""Signatures by Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime

from swarm.records.webhook_secrets import PREFIX


def headers(message_id: str, body: bytes, signing_secrets: Iterable[str], now: datetime) -> Mapping[str, str]:
    """The headers of one attempt, with a signature by each secret: while secrets change, either verifies it."""
    stamp = str(int(now.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    signatures = [f"v1,{_signature(secret, signed)}" for secret in signing_secrets]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
