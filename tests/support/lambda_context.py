"""What a handler may ask of Lambda, with as much time left as a test gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass
class Context:
    """What a handler may ask of Lambda."""

    seconds: float = 600.0
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1_000)


def lambda_context(seconds: float = 600.0) -> LambdaContext:
    """A context with this much time left."""
    return cast("LambdaContext", Context(seconds))
