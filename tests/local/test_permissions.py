"""A role may do what the template's policies say, and whatever it is refused, it is refused in AWS's words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.cloud import LocalCloud
from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.moto_patches.cloudformation import Resolved
from infra.local.permissions import policy, roles
from infra.local.permissions.policy import Need, Statement, UnsupportedPolicy, Verdict, decide
from tests.local.clouds import call
from tests.local.test_state_machines import Execution

ITEM = Need("dynamodb:PutItem", "arn:aws:dynamodb:r:1:table/t", {"dynamodb:leadingkeys": ("T#a", "T#b")})


def statement(effect: str = "Allow", action: Any = "dynamodb:PutItem", resource: Any = "*", **condition: Any) -> Any:
    """A statement as a template has it."""
    return {"Effect": effect, "Action": action, "Resource": resource, **condition}


def leading(*keys: str, operator: str = "ForAllValues:StringLike") -> Any:
    return {"Condition": {operator: {"dynamodb:LeadingKeys": list(keys)}}}


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        pytest.param([], Verdict.NOT_ALLOWED, id="nothing"),
        pytest.param([statement()], Verdict.ALLOWED, id="allowed"),
        pytest.param([statement(action="dynamodb:Get*")], Verdict.NOT_ALLOWED, id="other-action"),
        pytest.param([statement(action=["s3:*", "DynamoDB:put*"])], Verdict.ALLOWED, id="action-in-any-case"),
        pytest.param([statement(resource="arn:aws:dynamodb:*:*:table/?")], Verdict.ALLOWED, id="wildcards"),
        pytest.param([statement(resource="arn:aws:dynamodb:r:1:table/tt")], Verdict.NOT_ALLOWED, id="other-table"),
        pytest.param([statement(resource="arn:aws:dynamodb:r:1:table")], Verdict.NOT_ALLOWED, id="prefix-only"),
        pytest.param([statement(), statement("Deny", "dynamodb:*")], Verdict.DENIED, id="deny-wins"),
        pytest.param([statement(**leading("T#*"))], Verdict.ALLOWED, id="all-keys-are-of-tenants"),
        pytest.param([statement(**leading("T#a"))], Verdict.NOT_ALLOWED, id="one-key-is-not"),
        pytest.param([statement(**leading("T#b", operator="ForAnyValue:StringEquals"))], Verdict.ALLOWED, id="any-key"),
        pytest.param(
            [statement(Condition={"StringEquals": {"aws:SourceVpc": "v"}})],
            Verdict.NOT_ALLOWED,
            id="no-such-key",
        ),
        pytest.param(
            [statement(Condition={"StringEqualsIfExists": {"aws:SourceVpc": "v"}})], Verdict.ALLOWED, id="if-it-exists"
        ),
    ],
)
def test_statements_decide_as_iam_does(statements: list[dict[str, Any]], verdict: Verdict) -> None:
    assert decide("role", policy.read({"Statement": statements}), ITEM)[0] is verdict


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, id="not-action"),
        pytest.param(statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), id="operator"),
    ],
)
def test_policy_that_is_not_understood_stops_the_start(strange: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedPolicy):
        policy.read({"Statement": strange})


def test_every_grant_of_the_template_is_needed_for_what_it_allows(cloud: LocalCloud) -> None:
    """Without the one action on the one resource the evaluator refuses what it allowed with it."""
    for role, statements in roles.read(cloud.resources).items():
        for each in (one for one in statements if one.allows):
            others = [other for other in statements if other is not each]
            for action in each.actions:
                need = Need(action, each.resources[0], {})
                kept = [name for name in each.actions if name != action]
                without = Statement(each.sid, each.allows, tuple(kept), each.resources, each.conditions)
                if decide(role, others, need)[0] is Verdict.ALLOWED:
                    continue
                assert decide(role, [*others, without], need)[0] is not Verdict.ALLOWED


# ---- on the laptop cloud --------------------------------------------------------------------------------------------


def client_of(cloud: LocalCloud, function: str, service: str) -> Any:
    """A client with the function's own credentials."""
    variables = cloud.functions[function].environment
    session: Any = boto3
    return session.client(
        service,
        endpoint_url=cloud.endpoint_url,
        region_name=REGION,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables["AWS_SESSION_TOKEN"],
        config=Config(s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 1}),
    )


@contextmanager
def more_allowed(cloud: LocalCloud, function: str, *statements: dict[str, Any]) -> Iterator[None]:
    """The function's role may do this, too."""
    role = cloud.functions[function].specification.role
    before = cloud.permissions.of(role)
    cloud.permissions.replace({role: [*before, *policy.read({"Statement": list(statements)})]})
    try:
        yield
    finally:
        cloud.permissions.replace({role: before})


def refused(asked: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        asked(**parameters)
    error: dict[str, Any] = dict(caught.value.response["Error"])
    return error | {"status": caught.value.response["ResponseMetadata"]["HTTPStatusCode"]}


def who(cloud: LocalCloud, function: str) -> str:
    return f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{cloud.functions[function].specification.role}/{function}"


def test_table_refuses_an_action_that_is_not_granted(fixture_cloud: LocalCloud) -> None:
    key = {"PK": {"S": "x"}, "SK": {"S": "META"}}
    asked = client_of(fixture_cloud, "TaskFunction", "dynamodb").delete_item
    error = refused(asked, TableName=fixture_cloud.table_name, Key=key)
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{fixture_cloud.table_name}"
    assert (error["Code"], error["status"]) == ("AccessDeniedException", 400)
    assert error["Message"] == (
        f"User: {who(fixture_cloud, 'TaskFunction')} is not authorized to perform: dynamodb:DeleteItem on resource: "
        f"{arn} because no identity-based policy allows the dynamodb:DeleteItem action"
    )


def test_bucket_refuses_an_action_that_is_not_granted(fixture_cloud: LocalCloud) -> None:
    bucket = fixture_cloud.bucket_name
    s3 = client_of(fixture_cloud, "TaskFunction", "s3")
    error = refused(s3.delete_object, Bucket=bucket, Key="a b")
    assert (error["Code"], error["status"]) == ("AccessDenied", 403)
    assert f's3:DeleteObject on resource: "arn:aws:s3:::{bucket}/a b" because no' in error["Message"]
    several = {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}]}
    assert refused(s3.delete_objects, Bucket=bucket, Delete=several)["Code"] == "AccessDenied"
    with more_allowed(fixture_cloud, "TaskFunction", statement(action="s3:DeleteObject")):
        s3.delete_object(Bucket=bucket, Key="a b")
        assert "s3:DeleteObjectVersion" in refused(s3.delete_objects, Bucket=bucket, Delete=several)["Message"]


def test_function_and_state_machine_refuse_who_may_not(fixture_cloud: LocalCloud) -> None:
    called = fixture_cloud.functions["PatientFunction"].specification.name
    error = refused(client_of(fixture_cloud, "CallingFunction", "lambda").invoke, FunctionName=called)
    assert (error["Code"], error["status"]) == ("AccessDeniedException", 403)
    assert (
        f"lambda:InvokeFunction on resource: arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{called}" in error["Message"]
    )
    states = client_of(fixture_cloud, "TaskFunction", "stepfunctions")
    error = refused(states.start_execution, stateMachineArn=fixture_cloud.state_machine_arn)
    assert (error["Code"], error["status"]) == ("AccessDeniedException", 400)
    with more_allowed(fixture_cloud, "TaskFunction", statement("Deny", "states:*")):
        assert (
            "explicit deny"
            in refused(states.describe_execution, executionArn="arn:aws:states:r:1:execution:m:x")["Message"]
        )


def test_keys_of_another_partition_are_refused(fixture_cloud: LocalCloud) -> None:
    table, dynamodb = fixture_cloud.table_name, client_of(fixture_cloud, "PatientFunction", "dynamodb")
    own = {"PK": {"S": "T#1"}, "SK": {"S": "META"}}
    keys = {"PK": {"S": "KEY#1"}, "SK": {"S": "META"}}
    writes: list[Any] = [
        lambda item: dynamodb.put_item(TableName=table, Item=item),
        lambda item: dynamodb.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": own}}, {"DeleteRequest": {"Key": item}}]}
        ),
        lambda item: dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": table, "Item": own}}]
            if item is own
            else [{"Put": {"TableName": table, "Item": own}}, {"Delete": {"TableName": table, "Key": item}}]
        ),
        lambda item: dynamodb.query(
            TableName=table,
            KeyConditionExpression="#p = :p",
            ExpressionAttributeNames={"#p": "PK"},
            ExpressionAttributeValues={":p": item["PK"]},
        ),
    ]
    actions = [f"dynamodb:{each}" for each in ("PutItem", "DeleteItem", "BatchWriteItem", "Query")]
    with more_allowed(fixture_cloud, "PatientFunction", statement(action=actions, **leading("T#*"))):
        writes[0](own)
        for write in writes:
            with pytest.raises(ClientError, match="AccessDenied"):
                write(keys)
        writes[2](own)
        assert writes[3](own)["Count"] == 1


def test_presigned_request_has_the_permissions_of_who_signed_it(fixture_cloud: LocalCloud) -> None:
    url = call(fixture_cloud, "TaskFunction", {"do": "presign", "operation": "delete_object", "key": "k"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=15)
    with caught.value as answer:
        assert (answer.code, b"is not authorized to perform: s3:DeleteObject" in answer.read()) == (403, True)


def test_who_may_not_list_is_not_told_that_an_object_is_missing(fixture_cloud: LocalCloud) -> None:
    bucket = fixture_cloud.bucket_name
    listing, other = (client_of(fixture_cloud, function, "s3") for function in ("TaskFunction", "PatientFunction"))
    assert refused(listing.head_object, Bucket=bucket, Key="nowhere")["Code"] == "404"
    with more_allowed(fixture_cloud, "PatientFunction", statement(action="s3:GetObject")):
        assert refused(other.head_object, Bucket=bucket, Key="nowhere")["Code"] == "403"
        error = refused(other.get_object, Bucket=bucket, Key="nowhere")
        assert (error["Code"], error["status"]) == ("AccessDenied", 403)


def test_secret_under_a_customers_key_needs_that_key_too(fixture_cloud: LocalCloud) -> None:
    key = fixture_cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    secret = fixture_cloud.client("secretsmanager").create_secret(Name="locked", SecretString="s", KmsKeyId=key)
    secrets = client_of(fixture_cloud, "PatientFunction", "secretsmanager")
    read = statement(action="secretsmanager:GetSecretValue", resource=secret["ARN"][:-6] + "??????")
    via: Any = {"Condition": {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}}
    assert "secretsmanager:GetSecretValue" in refused(secrets.get_secret_value, SecretId="locked")["Message"]
    with more_allowed(fixture_cloud, "PatientFunction", read):
        assert refused(secrets.get_secret_value, SecretId="locked")["Message"] == "Access to KMS is not allowed"
    with more_allowed(fixture_cloud, "PatientFunction", read, statement(action="kms:Decrypt", resource=key, **via)):
        assert secrets.get_secret_value(SecretId="locked")["SecretString"] == "s"


def test_execution_has_the_permissions_of_the_machines_role(fixture_cloud: LocalCloud) -> None:
    [role] = [each.name for each in fixture_cloud.resources.values() if each.logical_id == "MachineRole"]
    before = fixture_cloud.permissions.of(role)
    fixture_cloud.permissions.replace({role: []})
    try:
        ended = Execution(fixture_cloud, way="task", do="return").end()
    finally:
        fixture_cloud.permissions.replace({role: before})
    error = json.loads(ended["output"])["error"]
    assert error["Error"] == "Lambda.AccessDeniedException"
    assert f"assumed-role/{role}/RunStateMachine is not authorized to perform: lambda:InvokeFunction" in error["Cause"]


def test_an_update_of_other_attributes_or_one_that_reads_is_refused(fixture_cloud: LocalCloud) -> None:
    table, dynamodb = fixture_cloud.table_name, client_of(fixture_cloud, "PatientFunction", "dynamodb")
    conditions = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["PK", "SK", "seen"]},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"},
    }

    def update(expression: str, **more: Any) -> None:
        dynamodb.update_item(
            TableName=table,
            Key={"PK": {"S": "T#1"}, "SK": {"S": "META"}},
            UpdateExpression=expression,
            ExpressionAttributeValues={":now": {"S": "now"}},
            **more,
        )

    with more_allowed(fixture_cloud, "PatientFunction", statement(action="dynamodb:UpdateItem", Condition=conditions)):
        update("SET seen = if_not_exists(seen, :now)")
        update("SET #s = :now", ExpressionAttributeNames={"#s": "seen"}, ConditionExpression="attribute_exists(seen)")
        others: list[tuple[str, dict[str, Any]]] = [
            ("SET owner = :now", {}),
            ("SET seen = :now, #o = :now", {"ExpressionAttributeNames": {"#o": "owner"}}),
            ("SET seen = :now", {"ConditionExpression": "attribute_not_exists(owner)"}),
            ("SET seen = :now", {"ReturnValues": "ALL_NEW"}),
        ]
        for expression, more in others:
            with pytest.raises(ClientError, match="AccessDenied"):
                update(expression, **more)


def test_a_policy_of_the_template_counts_for_the_roles_that_name_it() -> None:
    document = {"Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}
    named = {"ManagedPolicyArns": ["arn:aws:iam::123456789012:policy/stack-Own-1"]}
    own = Resolved("Own", "AWS::IAM::ManagedPolicy", "stack-Own-1", {"PolicyDocument": document})
    [statement] = roles.read({"Own": own, "Role": Resolved("Role", "AWS::IAM::Role", "role", named)})["role"]
    assert (statement.allows, statement.actions) == (False, ("ec2:*",))
    with pytest.raises(UnsupportedPolicy):
        roles.read({"Role": Resolved("Role", "AWS::IAM::Role", "role", named)})
