"""Resources: the types that moto's CloudFormation does not know."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_hex
from typing import Any

from moto.awslambda.utils import get_backend
from moto.core.common_models import CloudFormationModel
from moto.secretsmanager.models import secretsmanager_backends

from infra.local.moto_imports import parsing
from infra.local.supported import HONOURED, INERT

Make = Callable[[str, dict[str, Any], str, str], str]


class _Made:
    """A resource with a physical id, and a text that nothing else says for any other attribute."""

    kind: str
    make: Make

    def __init__(self, physical_id: str) -> None:
        self.physical_resource_id = physical_id

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.kind

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003
        return True

    def get_cfn_attribute(self, name: str) -> str:
        if name in {"Arn", "Id", self.kind.rpartition(":")[2] + "Id"}:
            return self.physical_resource_id
        return f"{self.physical_resource_id}-{name}"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_kwargs: Any
    ) -> _Made:
        return cls(cls.make(resource_name, cloudformation_json["Properties"], account_id, region_name))


# moto finds models among the subclasses that exist, so somebody must hold them.
_models: list[type] = []


def add_missing_types() -> None:
    """Without a model a resource is dropped with a warning, and `Ref` of it fails."""
    # Of two models of one type moto takes the later, so what is inert here is inert whether moto knows it or not.
    missing = [kind for kind in HONOURED if kind not in parsing.get_model_map()]
    for kind in (*missing, *INERT):
        make = {"AWS::Lambda::Alias": _alias, "AWS::SecretsManager::Secret": _secret}.get(kind, _name)
        body = {"kind": kind, "make": staticmethod(make), "__module__": __name__}
        _models.append(type(kind.replace(":", ""), (_Made, CloudFormationModel), body))


def _name(name: str, _properties: dict[str, Any], _account_id: str, _region: str) -> str:
    return name


def _alias(_name: str, properties: dict[str, Any], account_id: str, region: str) -> str:
    alias = get_backend(account_id, region).create_alias(
        properties["Name"],
        properties["FunctionName"],
        properties["FunctionVersion"],
        properties.get("Description", ""),
        properties.get("RoutingConfig", {}),
    )
    return str(alias.arn)


def _secret(name: str, properties: dict[str, Any], account_id: str, region: str) -> str:
    backend: Any = secretsmanager_backends[account_id][region]
    backend.create_secret(
        name=name,
        secret_string=properties.get("SecretString", token_hex(32)),
        secret_binary=None,
        description=properties.get("Description"),
        tags=[],
        kms_key_id=None,
        client_request_token=None,
        replica_regions=[],
        force_overwrite=False,
    )
    return str(backend.describe_secret(name).arn)
