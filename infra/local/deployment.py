"""From the resources of a stack to running functions: where their code is, their layers, limits and environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.lambdas.specification import Specification
from infra.local.moto_patches.cloudformation import Resolved
from infra.local.permissions.roles import role_name

DEFAULT_RETRIES = 2


def specifications(
    resources: Mapping[str, Resolved],
    folders: Mapping[str, Path],
    extra_environment: Mapping[str, Mapping[str, str]],
) -> list[Specification]:
    """Every function of the stack; `folders` by S3 key, `extra_environment` by logical id."""
    unknown = extra_environment.keys() - {
        key for key, each in resources.items() if each.type == "AWS::Lambda::Function"
    }
    if unknown:
        raise ValueError(f"no function {', '.join(sorted(unknown))} in the template")
    layers = {
        resource.name: folders[resource.properties["Content"]["S3Key"]]
        for resource in resources.values()
        if resource.type == "AWS::Lambda::LayerVersion"
    }
    asynchronous = {
        resource.properties["FunctionName"]: resource.properties
        for resource in resources.values()
        if resource.type == "AWS::Lambda::EventInvokeConfig"
    }
    return [
        _specification(resource, folders, layers, asynchronous, extra_environment.get(resource.logical_id, {}))
        for resource in resources.values()
        if resource.type == "AWS::Lambda::Function"
    ]


def _specification(
    resource: Resolved,
    folders: Mapping[str, Path],
    layers: Mapping[str, Path],
    asynchronous: Mapping[str, Mapping[str, Any]],
    extra: Mapping[str, str],
) -> Specification:
    properties: dict[str, Any] = resource.properties
    reserved = properties.get("ReservedConcurrentExecutions")
    logging = properties.get("LoggingConfig", {})
    calls = asynchronous.get(resource.name, {})
    variables = properties.get("Environment", {}).get("Variables", {})
    return Specification(
        logical_id=resource.logical_id,
        name=resource.name,
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{resource.name}",
        handler=properties["Handler"],
        runtime=properties["Runtime"],
        # A layer's ARN ends in its name and version.
        folders=(
            folders[properties["Code"]["S3Key"]].resolve(),
            *(layers[arn.split(":")[6]].resolve() for arn in properties.get("Layers", [])),
        ),
        variables={name: str(value) for name, value in variables.items()} | dict(extra),
        timeout=float(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        reserved_concurrency=None if reserved is None else int(reserved),
        log_format=logging.get("LogFormat", "Text"),
        log_level=logging.get("ApplicationLogLevel", ""),
        retries=int(calls.get("MaximumRetryAttempts", DEFAULT_RETRIES)),
        on_failure=calls.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", ""),
        role=role_name(str(properties.get("Role", ""))),
        per_tenant=properties.get("TenancyConfig", {}).get("TenantIsolationMode") == "PER_TENANT",
    )
