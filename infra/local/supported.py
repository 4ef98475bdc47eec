"""What of a template the laptop cloud acts on, and what it says about the rest.

A type that is not named here stops the start. A property of a named type that is not among its honoured ones is
reported, so that nothing is dropped in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Types with properties that are acted on, by moto or by the laptop cloud.
HONOURED: Mapping[str, frozenset[str]] = {
    kind: frozenset(properties.split())
    for kind, properties in {
        "AWS::ApiGatewayV2::Api": "Body Tags",
        "AWS::ApiGatewayV2::Stage": "ApiId StageName AutoDeploy DefaultRouteSettings RouteSettings Tags",
        "AWS::DynamoDB::Table": "TableName AttributeDefinitions KeySchema GlobalSecondaryIndexes LocalSecondaryIndexes"
        " BillingMode ProvisionedThroughput DeletionProtectionEnabled PointInTimeRecoverySpecification Tags",
        "AWS::Events::Rule": "Name Description EventBusName EventPattern ScheduleExpression State Targets",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName Description Path PolicyDocument Roles",
        "AWS::IAM::Policy": "PolicyName PolicyDocument Roles",
        "AWS::IAM::Role": "RoleName Description Path AssumeRolePolicyDocument ManagedPolicyArns Policies Tags",
        "AWS::KMS::Alias": "AliasName TargetKeyId",
        "AWS::KMS::Key": "Description Enabled KeyPolicy Tags",
        "AWS::Lambda::Alias": "Name FunctionName FunctionVersion Description",
        "AWS::Lambda::EventInvokeConfig": "FunctionName Qualifier MaximumRetryAttempts DestinationConfig",
        "AWS::Lambda::Function": "FunctionName Description Code Handler Timeout Environment Layers Role Tags"
        " ReservedConcurrentExecutions PackageType LoggingConfig TenancyConfig MemorySize",
        "AWS::Lambda::LayerVersion": "LayerName Description Content LicenseInfo",
        "AWS::Lambda::Permission": "Action FunctionName Principal SourceArn SourceAccount",
        "AWS::Lambda::Version": "FunctionName Description",
        "AWS::Logs::LogGroup": "LogGroupName Tags",
        "AWS::S3::Bucket": "BucketName BucketEncryption VersioningConfiguration CorsConfiguration Tags"
        " PublicAccessBlockConfiguration",
        "AWS::SSM::Parameter": "Name Type Value Description",
        "AWS::Scheduler::Schedule": "Name Description ScheduleExpression State Target",
        "AWS::SecretsManager::Secret": "Name Description SecretString",
        "AWS::SNS::Topic": "TopicName DisplayName Tags",
        "AWS::SQS::Queue": "QueueName VisibilityTimeout MessageRetentionPeriod Tags",
        "AWS::StepFunctions::StateMachine": "StateMachineName StateMachineType DefinitionString"
        " DefinitionSubstitutions RoleArn Tags",
    }.items()
}

# Types that exist by name only, so that references to them resolve.
INERT: Mapping[str, str] = {
    "AWS::ApiGatewayV2::ApiMapping": "there is no custom domain here",
    "AWS::ApiGatewayV2::DomainName": "there is no custom domain here",
    # Only a stack in which everything is inert is taken; see `check_nested`.
    "AWS::CloudFormation::Stack": "of what is in it only alarms do anything here",
    "AWS::CodeDeploy::Application": "a new version has every request at once here",
    "AWS::CodeDeploy::DeploymentGroup": "a new version has every request at once here",
    "AWS::CloudFront::Distribution": "the API is asked directly here",
    "AWS::CloudWatch::Alarm": "it is evaluated, in /metrics, and tells nobody",
    "AWS::CloudWatch::CompositeAlarm": "alarms are evaluated one by one",
    "AWS::CloudWatch::Dashboard": "what it would show is in /metrics",
    "AWS::EC2::FlowLog": "functions share the laptop's network",
    "AWS::EC2::RouteTable": "functions share the laptop's network",
    "AWS::EC2::SecurityGroup": "functions share the laptop's network",
    "AWS::EC2::SecurityGroupEgress": "functions share the laptop's network",
    "AWS::EC2::Subnet": "functions share the laptop's network",
    "AWS::EC2::SubnetRouteTableAssociation": "functions share the laptop's network",
    "AWS::EC2::VPC": "functions share the laptop's network",
    "AWS::EC2::VPCEndpoint": "functions share the laptop's network",
    "AWS::Logs::MetricFilter": "functions log to files, and nothing reads them",
    "AWS::Logs::QueryDefinition": "functions log to files, and nothing reads them",
    "AWS::Logs::ResourcePolicy": "functions log to files, and nothing reads them",
    "AWS::Route53Resolver::FirewallDomainList": "functions share the laptop's network",
    "AWS::Route53Resolver::FirewallRuleGroup": "functions share the laptop's network",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": "functions share the laptop's network",
    "AWS::Route53::RecordSet": "there is no custom domain here",
    "AWS::S3::BucketPolicy": "moto would apply a Deny without its condition; unsigned requests are refused anyway",
    "AWS::SNS::Subscription": "nothing is ever published",
    "AWS::SNS::TopicPolicy": "policies of resources are not enforced, those of roles are",
    "AWS::SQS::QueuePolicy": "policies of resources are not enforced, those of roles are",
    "AWS::WAFv2::WebACL": "requests are not filtered",
    "AWS::WAFv2::WebACLAssociation": "requests are not filtered",
    "AWS::XRay::SamplingRule": "traces have ids, and nobody keeps them",
}

# What a nested stack may have besides: it is made where the stack is, and nothing in the other stack asks for it.
MADE_IN_NESTED = frozenset({"AWS::SNS::Topic"})

# Why a property is not acted on, where "nothing here acts on it" says too little.
REASONS: Mapping[tuple[str, str], str] = {
    ("AWS::ApiGatewayV2::Stage", "AccessLogSettings"): "requests are not logged",
    ("AWS::DynamoDB::Table", "SSESpecification"): "nothing is encrypted here",
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification"): "recorded, but items never expire",
    ("AWS::Lambda::Function", "Architectures"): "functions run on this machine's processor",
    ("AWS::Lambda::Function", "Runtime"): "functions run on the Python that runs the laptop cloud",
    ("AWS::Lambda::Function", "TracingConfig"): "traces have ids, and nobody keeps them",
    ("AWS::Lambda::Function", "VpcConfig"): "functions share the laptop's network",
    ("AWS::Lambda::Function", "EphemeralStorage"): "functions share the laptop's /tmp",
    ("AWS::Lambda::LayerVersion", "CompatibleArchitectures"): "functions run on this machine's processor",
    ("AWS::Lambda::LayerVersion", "CompatibleRuntimes"): "functions run on the Python that runs the laptop cloud",
    ("AWS::Logs::LogGroup", "RetentionInDays"): "functions log to files that nothing removes",
    ("AWS::Logs::LogGroup", "KmsKeyId"): "functions log to plain files",
    ("AWS::S3::Bucket", "LifecycleConfiguration"): "objects never expire",
    ("AWS::StepFunctions::StateMachine", "LoggingConfiguration"): "executions are not logged",
    ("AWS::StepFunctions::StateMachine", "TracingConfiguration"): "traces have ids, and nobody keeps them",
}
# Acted on only in the sense that the value is recorded: honoured as far as moto goes, and still worth saying.
RECORDED_ONLY = {pair for pair, reason in REASONS.items() if reason.startswith("recorded")}


class UnsupportedTemplate(Exception):
    """The template has resources that the laptop cloud knows nothing about."""

    def __init__(self, resources: Mapping[str, str]) -> None:
        listed = ", ".join(f"{logical_id} ({kind})" for logical_id, kind in sorted(resources.items()))
        super().__init__(
            f"the laptop cloud cannot run this template: {listed}; name the type in infra/local/supported.py"
        )


@dataclass(frozen=True)
class Ignored:
    """A property, or with `name` empty a whole type, that is not acted on, and why."""

    type: str
    name: str
    logical_ids: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        what = f"{self.type}.{self.name}" if self.name else self.type
        return f"ignored: {what} of {', '.join(self.logical_ids)}: {self.reason}"


def check(resources: Mapping[str, Mapping[str, Any]]) -> list[Ignored]:
    """What is ignored of a translated template's resources. Raises UnsupportedTemplate for an unknown type."""
    unknown = {key: each["Type"] for key, each in resources.items() if each["Type"] not in HONOURED.keys() | INERT}
    if unknown:
        raise UnsupportedTemplate(unknown)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for logical_id, resource in resources.items():
        for name in _ignored_properties(resource["Type"], resource.get("Properties", {})):
            found[resource["Type"], name].append(logical_id)
    return [Ignored(kind, name, tuple(ids), _reason(kind, name)) for (kind, name), ids in sorted(found.items())]


def check_nested(logical_id: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises UnsupportedTemplate when a nested stack has anything that would have to do something."""
    active = {
        f"{logical_id}.{key}": each["Type"]
        for key, each in resources.items()
        if each["Type"] not in INERT.keys() | MADE_IN_NESTED
    }
    if active:
        raise UnsupportedTemplate(active)


def _ignored_properties(kind: str, properties: Iterable[str]) -> list[str]:
    if kind in INERT:
        return [""]
    honoured = HONOURED[kind]
    return [name for name in properties if name not in honoured or (kind, name) in RECORDED_ONLY]


def _reason(kind: str, name: str) -> str:
    return REASONS.get((kind, name), "nothing here acts on it") if name else INERT[kind]
