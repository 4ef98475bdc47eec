"""Verifies a browser-style upload: the signature of its POST policy, and that the form keeps to the policy.

Source: "Creating a POST Policy" in the S3 API reference.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from infra.local.authentication.presigned import SCOPE
from infra.local.authentication.refusal import Refused, signature_mismatch, unknown_access_key
from infra.local.authentication.sigv4 import Scope, signing_key
from infra.local.identity import CredentialIssuer, Credentials

# Fields of the form that a policy need not mention.
FREE = {"policy", "x-amz-signature", "file", "x-amz-security-token"}
RANGE, STARTS_WITH, EQUALS = "content-length-range", "starts-with", "eq"


def verify(form: Mapping[str, str], size: int, issuer: CredentialIssuer, now: datetime) -> Credentials:
    """The signer's credentials; `form` has lower-case names and `bucket`, `size` is the file's, in bytes.

    Raises Refused.
    """
    if not form.get("policy") or not form.get("x-amz-signature"):
        raise Refused("AccessDenied", "Access Denied")
    scope = SCOPE.fullmatch(form.get("x-amz-credential", ""))
    credentials = issuer.find(scope[1]) if scope else None
    if scope is None or credentials is None or form.get("x-amz-security-token") != credentials.session_token:
        raise unknown_access_key()
    key = signing_key(credentials.secret_key, Scope(scope[2], scope[3], "s3"))
    expected = hmac.new(key, form["policy"].encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, form["x-amz-signature"]):
        raise signature_mismatch()
    policy = _policy(form["policy"])
    if now > policy[0]:
        raise Refused("AccessDenied", "Invalid according to Policy: Policy expired.")
    _verify_conditions(policy[1], form, size)
    return credentials


def _policy(encoded: str) -> tuple[datetime, list[Any]]:
    try:
        policy = json.loads(base64.b64decode(encoded))
        return datetime.fromisoformat(policy["expiration"]), list(policy["conditions"])
    except (ValueError, binascii.Error, KeyError, TypeError):
        raise Refused("InvalidPolicyDocument", "Invalid Policy: it cannot be read.") from None


def _verify_conditions(conditions: list[Any], form: Mapping[str, str], size: int) -> None:
    mentioned = set(FREE) | {"bucket"}
    for condition in conditions:
        rules = [(EQUALS, *pair) for pair in condition.items()] if isinstance(condition, dict) else [tuple(condition)]
        for operator, first, second in rules:
            if operator == RANGE:
                _verify_size(size, int(first), int(second))
                continue
            field = str(first).removeprefix("$").lower()
            mentioned.add(field)
            value = form.get(field, "")
            if not (value.startswith(second) if operator == STARTS_WITH else value == second):
                raise Refused("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {condition}")
    extra = sorted(name for name in form if name not in mentioned and not name.startswith("x-ignore-"))
    if extra:
        raise Refused("AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _verify_size(size: int, least: int, most: int) -> None:
    if size < least:
        raise Refused("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    if size > most:
        raise Refused("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
