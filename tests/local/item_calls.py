"""A call for an item, as it comes from the guard in front of moto."""

from __future__ import annotations

import io

from infra.local.wsgi import BODY, Environ


def request(operation: str, body: bytes, region: str = "us-east-1") -> Environ:
    """As WSGI has it."""
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "RAW_URI": "/",
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_X_AMZ_TARGET": f"DynamoDB_20120810.{operation}",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=ASIA/20300101/{region}/dynamodb/aws4_request, Signature=0",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        BODY: body,
    }
