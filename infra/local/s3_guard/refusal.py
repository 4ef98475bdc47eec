"""A request that S3 would refuse, and the XML document that it would refuse it with."""

from __future__ import annotations

from xml.sax.saxutils import escape


class Refused(Exception):
    """The request is answered with 403 and this error document."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def document(self) -> bytes:
        """S3's error document."""
        error = f"<Code>{escape(self.code)}</Code><Message>{escape(str(self))}</Message>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{error}</Error>'.encode()


MISMATCH = "The request signature we calculated does not match the signature you provided."


def signature_mismatch() -> Refused:
    """Something that was signed has changed, or the secret key is another."""
    return Refused("SignatureDoesNotMatch", MISMATCH)


def unknown_access_key() -> Refused:
    """Nobody has this access key."""
    return Refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
