"""The one module that makes AWS clients, once per process and only when first asked for.

They are botocore's: boto3 adds what nobody here uses, to the time that each cold start takes.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

if TYPE_CHECKING:
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_stepfunctions import SFNClient

__all__ = [
    "S3_STYLE",
    "BotoCoreError",
    "ClientError",
    "codedeploy",
    "credentials",
    "dynamodb",
    "error_code",
    "functions",
    "functions_that_take_long",
    "object_stat",
    "s3",
    "secrets",
    "states",
]

S3_STYLE = Config(
    # boto3 would presign with the old signature version 2 unless told; addressing by path keeps one host name. In
    # us-east-1 it would name S3 without the region, which is a name that the sandbox's network does not resolve.
    signature_version="s3v4",
    s3={"addressing_style": "path", "us_east_1_regional_endpoint": "regional"},
)
"""Each region's own S3, by path, so that it works against any endpoint."""

_PATIENT = Config(
    signature_version="v4",
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 4},
    # botocore would describe system and libraries anew with each request, in a twentieth of what a run takes.
    user_agent="codex-swarm",
)


def error_code(error: ClientError) -> str:
    """The service's own name for what went wrong, such as `NoSuchKey`."""
    return error.response.get("Error", {}).get("Code", "")


@cache
def dynamodb() -> DynamoDBClient:
    """The DynamoDB client of this process."""
    client: DynamoDBClient = _session().create_client("dynamodb", config=_PATIENT)
    return client


@cache
def s3() -> S3Client:
    """The S3 client of this process."""
    client: S3Client = _session().create_client("s3", config=_PATIENT.merge(S3_STYLE))
    return client


@cache
def states() -> SFNClient:
    """The Step Functions client of this process."""
    client: SFNClient = _session().create_client("stepfunctions", config=_PATIENT)
    return client


@cache
def functions() -> LambdaClient:
    """The Lambda client of this process. A call is made once: whoever waits for its answer has little time."""
    return _functions(read_timeout=25)


@cache
def functions_that_take_long() -> LambdaClient:
    """The same for calls that may take ten minutes: the connection is kept open, and made again by no one."""
    return _functions(read_timeout=630)


def _functions(read_timeout: int) -> LambdaClient:
    once = Config(read_timeout=read_timeout, tcp_keepalive=True, retries={"mode": "standard", "total_max_attempts": 1})
    client: LambdaClient = _session().create_client("lambda", config=_PATIENT.merge(once))
    return client


@cache
def codedeploy() -> CodeDeployClient:
    """The CodeDeploy client of this process."""
    client: CodeDeployClient = _session().create_client("codedeploy", config=_PATIENT)
    return client


class Stat(NamedTuple):
    """The size of a stored object in bytes, and when it was stored."""

    size: int
    stored_at: datetime


def object_stat(bucket: str, key: str) -> Stat | None:
    """What S3 knows of an object; None where there is none."""
    try:
        found = s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in {"404", "NoSuchKey", "NotFound"}:
            return None
        raise
    return Stat(found["ContentLength"], found["LastModified"])


@cache
def secrets() -> SecretsManagerClient:
    """The Secrets Manager client of this process."""
    client: SecretsManagerClient = _session().create_client("secretsmanager", config=_PATIENT)
    return client


def credentials() -> tuple[str, str, str | None]:
    """Access key, secret key and session token that this process signs with; temporary ones are renewed by boto3."""
    found = _session().get_credentials()
    frozen = found.get_frozen_credentials() if found else None
    if frozen is None or frozen.access_key is None or frozen.secret_key is None:
        raise RuntimeError("this process has no AWS credentials")
    return frozen.access_key, frozen.secret_key, frozen.token


@cache
def _session() -> Any:
    # Any, for botocore's stubs know no client but the common base of all.
    return Session()
