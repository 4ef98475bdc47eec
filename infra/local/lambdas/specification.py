"""What a function is, as `template.yaml` says: its handler, folders, limits and environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.identity import REGION, Credentials

# Of the developer's own environment only what a process needs to run at all: no key, no profile, no proxy.
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Specification:
    """One function. `folders` are import roots: the code first, then the layers in the template's order.

    With `per_tenant` each call names a tenant, and no environment serves two of them. `role` is a name, and
    `on_failure` the ARN of the queue that gets asynchronous calls which were given up.
    """

    logical_id: str
    name: str
    arn: str
    handler: str
    runtime: str
    folders: tuple[Path, ...]
    variables: Mapping[str, str]
    timeout: float = 3.0
    memory: int = 128
    reserved_concurrency: int | None = None
    log_format: str = "Text"
    log_level: str = ""
    retries: int = 2
    on_failure: str = ""
    per_tenant: bool = False
    role: str = ""

    @property
    def folder(self) -> Path:
        """Where the function's own code is."""
        return self.folders[0]


def environment(specification: Specification, credentials: Credentials, endpoint: str) -> dict[str, str]:
    """The whole environment of a worker, but for the address of its Runtime API."""
    name = specification.name
    passed_on = {variable: os.environ[variable] for variable in PASSED_ON if variable in os.environ}
    reserved = {
        "_HANDLER": specification.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{specification.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(specification.memory),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": specification.log_format,
        "AWS_LAMBDA_LOG_LEVEL": specification.log_level,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "LAMBDA_TASK_ROOT": str(specification.folder),
        "PYTHONPATH": os.pathsep.join(_import_roots(specification.folders)),
        "PYTHONUNBUFFERED": "1",
        "TZ": ":UTC",
    }
    return {**passed_on, **specification.variables, **reserved}


def _import_roots(folders: tuple[Path, ...]) -> list[str]:
    """A layer is an import root itself in the repository, and its `python/` folder is one once it is built."""
    roots = []
    for folder in folders:
        roots += [str(root) for root in (folder, folder / "python") if root.is_dir()]
    return list(dict.fromkeys(roots))
