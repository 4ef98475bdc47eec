"""Every role can do what its function does, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.template.conftest import Document, of_type

READ_WRITE = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"}
FILES = {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
LOG_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
# What Lambda needs to attach a function to a network; tests/security says who may not use it.
JOIN_NETWORK = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
# What Lambda does with the role when it gives up an asynchronous call.
GIVE_UP = "sqs:SendMessage"
ALLOWED = {
    "AuthorizerFunctionRole": {"dynamodb:GetItem", "dynamodb:UpdateItem", "secretsmanager:GetSecretValue"},
    "KeysFunctionRole": READ_WRITE,
    "TenantsFunctionRole": {
        *READ_WRITE,
        *FILES,
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
        "states:StopExecution",
        "secretsmanager:DescribeSecret",
        "secretsmanager:DeleteSecret",
    },
    "ApiFunctionRole": {
        *READ_WRITE,
        *FILES,
        "s3:PutObjectTagging",
        "states:StartExecution",
        "states:StopExecution",
        "lambda:InvokeFunction",
    },
    "WatchFunctionRole": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Query", "s3:GetObject"},
    "PrepareFunctionRole": READ_WRITE | FILES | {"states:StartExecution"},
    "AgentFunctionRole": READ_WRITE | FILES | {"secretsmanager:GetSecretValue", "kms:Decrypt", "states:StartExecution"},
    "DispatchFunctionRole": READ_WRITE - {"dynamodb:UpdateItem"} | FILES | {"lambda:InvokeFunction"},
    "FinishFunctionRole": READ_WRITE | FILES | {"states:StartExecution"},
    "FailFunctionRole": READ_WRITE | FILES | {"states:StartExecution"},
    "ArchiveFunctionRole": FILES - {"s3:ListBucket"} | {"s3:PutObjectTagging", "dynamodb:UpdateItem", GIVE_UP},
    "WebhookFunctionRole": READ_WRITE | {"s3:GetObject"},
    "ReconcileFunctionRole": READ_WRITE | FILES | {"states:StartExecution", "states:DescribeExecution", GIVE_UP},
    "JanitorFunctionRole": {
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        GIVE_UP,
    },
    "SmokeFunctionRole": {"lambda:InvokeFunction", "codedeploy:PutLifecycleEventHookExecutionStatus"},
    "DeploymentRole": set(),
    "CanaryFunctionRole": {"lambda:InvokeFunction"},
    "UntrustedRole": {"logs:CreateLogStream", "logs:PutLogEvents", *JOIN_NETWORK},
    "RunStateMachineRole": {"lambda:InvokeFunction", *LOG_DELIVERY},
    "WebhookStateMachineRole": {"lambda:InvokeFunction", *LOG_DELIVERY},
}


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def statements(role: Document) -> Iterator[Document]:
    """A role's own statements, those under a condition included."""
    for policy in role.get("Policies", []):
        for statement in listed(policy["PolicyDocument"]["Statement"]):
            assert isinstance(statement, dict)
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def test_no_role_is_unaccounted_for(resources: dict[str, Document]) -> None:
    assert of_type(resources, "AWS::IAM::Role").keys() == ALLOWED.keys()


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_is_allowed_exactly(role: str, resources: dict[str, Document]) -> None:
    own = [each for each in statements(resources[role]["Properties"]) if each["Effect"] == "Allow"]
    assert {action for statement in own for action in listed(statement["Action"])} == ALLOWED[role]


@pytest.mark.parametrize("role", ALLOWED)
def test_only_what_takes_no_resource_is_given_for_every_resource(role: str, resources: dict[str, Document]) -> None:
    for statement in statements(resources[role]["Properties"]):
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        if "*" in listed(statement["Resource"]) and statement["Effect"] == "Allow":
            assert set(listed(statement["Action"])) in (LOG_DELIVERY, JOIN_NETWORK)


@pytest.mark.parametrize("role", ALLOWED)
def test_aws_managed_policies_only_log_and_trace(role: str, resources: dict[str, Document]) -> None:
    managed = json.dumps(resources[role]["Properties"].get("ManagedPolicyArns", []))
    names = {text.split('"')[0] for text in managed.split(":iam::aws:policy/")[1:]}
    assert names <= {
        "service-role/AWSLambdaBasicExecutionRole",
        "AWSXRayDaemonWriteAccess",
        "AWSXrayWriteOnlyAccess",
    } | ({"service-role/AWSCodeDeployRoleForLambda"} if role == "DeploymentRole" else set())


def test_objects_are_reached_under_the_tenants_prefix_only(resources: dict[str, Document]) -> None:
    reached = [
        statement["Resource"]
        for role in of_type(resources, "AWS::IAM::Role").values()
        for statement in statements(role)
        if {"s3:GetObject", "s3:PutObject"} & set(map(str, listed(statement["Action"])))
    ]
    assert len(reached) == sum("s3:GetObject" in actions for actions in ALLOWED.values())
    assert all(resource == {"Fn::Sub": "${Bucket.Arn}/t/*"} for resource in reached)


def test_the_key_is_read_only_where_a_secret_is_named(resources: dict[str, Document]) -> None:
    agent = resources["AgentFunctionRole"]["Properties"]["Policies"]
    conditional = [
        branch["Fn::If"] for policy in agent for branch in policy["PolicyDocument"]["Statement"] if "Fn::If" in branch
    ]
    assert [branch[0] for branch in conditional] == [
        "HasSecret",
        "HasSecretPrefix",
        "HasTelemetryHeaders",
        "HasSecretKey",
    ]
    assert conditional[0][1]["Resource"]["Fn::Sub"].endswith(":secret:${OpenAISecretName}-??????")
    assert [each["Fn::Sub"].partition(":secret:")[2] for each in conditional[1][1]["Resource"]] == [
        "${SecretPrefix}/providers/*",
        "${SecretPrefix}/tenants/*",
        "${SecretPrefix}/hosted-tools/*",
    ]
    assert conditional[2][1]["Resource"]["Fn::Sub"].endswith(":secret:${OtlpHeadersSecretName}-??????")
    assert conditional[3][1]["Resource"] == {"Ref": "OpenAISecretKeyArn"}
    assert [branch[2] for branch in conditional] == [{"Ref": "AWS::NoValue"}] * 4


@pytest.mark.parametrize("role", [role for role, actions in ALLOWED.items() if any("dynamodb" in a for a in actions)])
def test_no_role_reaches_records_that_open_the_api_but_those_that_are_for_it(
    role: str, resources: dict[str, Document]
) -> None:
    for statement in statements(resources[role]["Properties"]):
        actions = set(map(str, listed(statement["Action"])))
        if not any(action.startswith("dynamodb:") for action in actions):
            continue
        reached = {key.partition("#")[0] for key in leading_keys(statement)}
        if "KEY" in reached:
            assert OPENS_THE_API[role, statement["Sid"]] == (reached, actions)
        if "TOKEN" in reached and role != "AuthorizerFunctionRole":
            assert (role, reached, actions) == ("ApiFunctionRole", {"TOKEN"}, {"dynamodb:PutItem"})


OPENS_THE_API = {
    ("AuthorizerFunctionRole", "ReadKeys"): ({"KEY", "TOKEN"}, {"dynamodb:GetItem"}),
    ("AuthorizerFunctionRole", "NoteWhenKeysAreUsed"): ({"KEY"}, {"dynamodb:UpdateItem"}),
    ("KeysFunctionRole", "Keys"): ({"KEY"}, {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}),
    ("TenantsFunctionRole", "EraseKeys"): ({"KEY"}, {"dynamodb:DeleteItem"}),
}
"""Who reaches keys, by role and statement."""


def leading_keys(statement: Document) -> list[str]:
    keys: list[str] = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    return keys


def test_the_authorizer_writes_nothing_of_a_key_but_when_it_was_used(resources: dict[str, Document]) -> None:
    [statement] = [
        each
        for each in statements(resources["AuthorizerFunctionRole"]["Properties"])
        if each.get("Sid") == "NoteWhenKeysAreUsed"
    ]
    assert statement["Condition"]["ForAllValues:StringEquals"] == {
        "dynamodb:Attributes": ["PK", "SK", "last_used_at", "GSI2PK", "GSI2SK"]
    }
    assert statement["Condition"]["StringEqualsIfExists"] == {"dynamodb:ReturnValues": "NONE"}
