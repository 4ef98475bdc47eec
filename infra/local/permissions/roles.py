"""The statements of each role, out of a stack's resources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from infra.local.moto_patches.cloudformation import Resolved
from infra.local.permissions import policy
from infra.local.permissions.policy import Statement, UnsupportedPolicy

LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
XRAY = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
)
# AWS's own policies that the template's roles get, by SAM.
MANAGED: Mapping[str, tuple[str, ...]] = {
    "service-role/AWSLambdaBasicExecutionRole": LOGS,
    # CodeDeploy's own, which nothing here is.
    "service-role/AWSCodeDeployRoleForLambda": (),
    "AWSXRayDaemonWriteAccess": XRAY,
    "AWSXrayWriteOnlyAccess": XRAY,
}


def read(resources: Mapping[str, Resolved]) -> dict[str, list[Statement]]:
    """Statements by name of role. Raises UnsupportedPolicy for what is not understood."""
    statements: dict[str, list[Statement]] = defaultdict(list)
    own = {each.name: each for each in resources.values() if each.type == "AWS::IAM::ManagedPolicy"}
    for resource in resources.values():
        properties = resource.properties
        if resource.type == "AWS::IAM::Role":
            statements[resource.name] += [
                statement
                for each in properties.get("Policies", [])
                for statement in policy.read(each["PolicyDocument"])
            ]
            for arn in properties.get("ManagedPolicyArns", []):
                found = own.get(arn.rpartition("/")[2])
                statements[resource.name] += policy.read(found.properties["PolicyDocument"]) if found else _managed(arn)
        elif resource.type in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for role in properties.get("Roles", []):
                statements[role] += policy.read(properties["PolicyDocument"])
    return dict(statements)


def role_name(arn: str) -> str:
    """The name of a role, out of its ARN."""
    return arn.rpartition("/")[2]


def _managed(arn: str) -> list[Statement]:
    name = arn.partition(":policy/")[2]
    if name not in MANAGED:
        raise UnsupportedPolicy(f"the managed policy {name} is not known here; name its actions in {__name__}")
    return [Statement(name, allows=True, actions=MANAGED[name], resources=("*",))]
