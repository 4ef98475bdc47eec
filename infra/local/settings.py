"""The settings of tables and buckets that CloudFormation would make, and moto's leaves out."""

from __future__ import annotations

from typing import Any

from infra.local.aws import Clients
from infra.local.moto_patches.cloudformation import Resolved


def apply(resource: Resolved, clients: Clients) -> None:
    """Give a table or a bucket its settings through the API; any other resource is left alone."""
    if resource.type == "AWS::DynamoDB::Table":
        _apply_to_table(resource.name, resource.properties, clients.client("dynamodb"))
    elif resource.type == "AWS::S3::Bucket":
        _apply_to_bucket(resource.name, resource.properties, clients.client("s3"))


def _apply_to_table(name: str, properties: dict[str, Any], dynamodb: Any) -> None:
    if expiry := properties.get("TimeToLiveSpecification"):
        specification = {"AttributeName": expiry["AttributeName"], "Enabled": _true(expiry["Enabled"])}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        enabled = {"PointInTimeRecoveryEnabled": _true(recovery["PointInTimeRecoveryEnabled"])}
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=enabled)


def _apply_to_bucket(name: str, properties: dict[str, Any], s3: Any) -> None:
    if versioning := properties.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning["Status"]})
    if block := properties.get("PublicAccessBlockConfiguration"):
        s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration={key: _true(value) for key, value in block.items()}
        )
    if cors := properties.get("CorsConfiguration"):
        rules = [_cors_rule(rule) for rule in cors["CorsRules"]]
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})


def _cors_rule(rule: dict[str, Any]) -> dict[str, Any]:
    names = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}
    return {names.get(key, key): value for key, value in rule.items()}


def _true(value: Any) -> bool:
    """CloudFormation takes true and "true"."""
    return str(value).lower() == "true"
