"""The service's own log: structured, one JSON object a line, never with what people wrote."""

from __future__ import annotations

from aws_lambda_powertools import Logger

log = Logger()
