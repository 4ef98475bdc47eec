"""Lambda: calls reach real processes, and layers and versions have the ids that templates refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from moto.awslambda import models
from moto.awslambda.utils import get_backend
from moto.core.exceptions import JsonRESTError

from infra.local.lambdas.invocation import InvocationResult, RequestTooLarge, Throttled, WrongTenant
from infra.local.moto_patches.wrapping import Wrapper, wrap


class Functions(Protocol):
    """What runs the functions."""

    def invoke(self, name: str, payload: bytes, tenant: str | None, trace: str, /) -> InvocationResult:
        """A synchronous call."""

    def send(self, name: str, payload: bytes, tenant: str | None, /) -> None:
        """An asynchronous call."""


class _Nobody:
    def invoke(self, name: str, _payload: bytes, _tenant: str | None, _trace: str) -> InvocationResult:
        raise RuntimeError(f"no process runs {name}: the laptop cloud is not up")

    def send(self, name: str, _payload: bytes, _tenant: str | None) -> None:
        raise RuntimeError(f"no process runs {name}: the laptop cloud is not up")


_functions: list[Functions] = [_Nobody()]


def run_with(functions: Functions | None) -> None:
    """Whom calls reach from now on; None for nobody."""
    _functions[0] = functions or _Nobody()


class _RateExceeded(JsonRESTError):
    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


class _RequestTooLarge(JsonRESTError):
    code = 413

    def __init__(self, message: str) -> None:
        super().__init__("RequestTooLargeException", message)


class _InvalidParameterValue(JsonRESTError):
    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValueException", message)


def run_processes() -> None:
    """moto would start Docker, or answer every call with the same text."""
    wrap(models.LambdaFunction, "invoke", _invoke)


def send_event(function_arn: str, account_id: str, region: str, payload: bytes) -> None:
    """Call a function asynchronously, the way that AWS services do."""
    function = models.lambda_backends[account_id][region].get_function(function_arn)
    _functions[0].send(function.function_name, payload, None)


def _invoke(
    _original: Wrapper, function: Any, body: str | bytes, request_headers: Mapping[str, str], response_headers: Any
) -> bytes:
    headers = {name.lower(): value for name, value in dict(request_headers or {}).items()}
    kind = headers.get("x-amz-invocation-type", "RequestResponse")
    tenant = headers.get("x-amz-tenant-id")
    payload = (body.encode() if isinstance(body, str) else body) or b"{}"
    try:
        if kind == "DryRun":
            return b""
        if kind == "Event":
            _functions[0].send(function.function_name, payload, tenant)
            return b""
        result = _functions[0].invoke(function.function_name, payload, tenant, headers.get("x-amzn-trace-id", ""))
    except Throttled:
        raise _RateExceeded from None
    except RequestTooLarge as too_large:
        raise _RequestTooLarge(str(too_large)) from None
    except WrongTenant as wrong:
        raise _InvalidParameterValue(str(wrong)) from None
    if result.error is not None:
        response_headers["x-amz-function-error"] = result.error
    return result.payload


def identify_layers_and_versions() -> None:
    """`Ref` of a layer or a version is its ARN; moto has no id for either."""
    layer: Any = models.LayerVersion
    version: Any = models.LambdaVersion
    layer.physical_resource_id = property(lambda self: self.arn)
    version.physical_resource_id = property(lambda self: self.arn)
    version.has_cfn_attr = classmethod(lambda _cls, name: name == "Version")
    version.get_cfn_attribute = lambda self, _name: str(self.version)
    wrap(version, "create_from_cloudformation_json", _create_version)


def _create_version(
    original: Wrapper, cls: Any, name: str, document: Any, account_id: str, region: str, **kwargs: Any
) -> Any:
    version = original(cls, name, document, account_id, region, **kwargs)
    function = get_backend(account_id, region).get_function(document["Properties"]["FunctionName"])
    arn = ":".join(function.function_arn.split(":")[:7])
    version.arn = f"{arn}:{version.version}"
    return version


def keep_layers() -> None:
    """A function made by CloudFormation says that it has no layers and runs on x86."""
    wrap(models.LambdaFunction, "create_from_cloudformation_json", _create_function)


def _create_function(original: Wrapper, cls: Any, name: str, document: Any, *args: Any, **kwargs: Any) -> Any:
    function = original(cls, name, document, *args, **kwargs)
    properties = document["Properties"]
    function.layers = function._get_layers_data(properties.get("Layers", []))
    function.architectures = properties.get("Architectures", ["x86_64"])
    return function
