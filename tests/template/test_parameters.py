"""What each parameter of a deployment turns on and off, as CloudFormation gets it: that, and nothing besides."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra.local import template
from infra.pages.deployed import deployed, differences
from tests.template.conftest import ROOT

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
NETWORK = {"VpcSubnetIds": "subnet-1,subnet-2", "VpcSecurityGroupIds": "sg-1"}
BOUNDARY = "arn:aws:iam::123456789012:policy/bound"

# Parameters, and the differences that they make: resources that come, and properties that change, each by a pattern.
MAKES: dict[str, tuple[dict[str, str], set[str]]] = {
    "a name of one's own": (
        {"DomainName": "swarm.example.org", "DomainCertificateArn": CERTIFICATE, "DomainZoneId": "Z1"},
        {
            "ApiDomain",
            "ApiDomainMapping",
            "ApiDomainRecord",
            r"HttpApi\.Properties\.DisableExecuteApiEndpoint|HttpApi\.Properties\.Body\..*disableExecuteApiEndpoint",
            r"CanaryFunction\.Properties\.Environment\.Variables\.API_URL\.Fn::Sub",
        },
    ),
    "a name that is kept elsewhere": (
        {"DomainName": "swarm.example.org", "DomainCertificateArn": CERTIFICATE},
        {
            "ApiDomain",
            "ApiDomainMapping",
            r"HttpApi\.Properties\.DisableExecuteApiEndpoint|HttpApi\.Properties\.Body\..*disableExecuteApiEndpoint",
            r"CanaryFunction\.Properties\.Environment\.Variables\.API_URL\.Fn::Sub",
        },
    ),
    "a key of one's own": (
        {"KmsKeyArn": KEY},
        {
            "UseOfTheKey",
            r"\w+Function\.Properties\.KmsKeyArn",
            r"(FunctionLogs|RunLogs|AccessLogs)\.Properties\.KmsKeyId",
            r"Table\.Properties\.SSESpecification\.(SSEType|KMSMasterKeyId)",
            r"Bucket\.Properties\.BucketEncryption\..*",
            r"DeadLetterQueue\.Properties\.(SqsManagedSseEnabled|KmsMasterKeyId)",
        },
    ),
    "something in front of it": (
        {"Edge": "1", "EdgeRequestsPerFiveMinutes": "500"},
        {"EdgeNetwork", "EdgeSecret"},
    ),
    "no way past it": (
        {"Edge": "1", "EdgeOnly": "1"},
        {
            "EdgeNetwork",
            "EdgeSecret",
            r"HttpApi\.Properties\.Body\..*\.authorizerResultTtlInSeconds",
            r"AuthorizerFunction\.Properties\.Environment\.Variables\.EDGE_SECRET(\.Ref)?",
            r"AuthorizerFunctionRole\.Properties\.Policies\.0\.PolicyDocument\.Statement\.2\..*",
        },
    ),
    "pages of other origins": (
        {"CorsOrigins": "https://app.example.org"},
        {r"\w+Function\.Properties\.Environment\.Variables\.CORS_ORIGINS"},
    ),
    "a network of one's own": (
        NETWORK,
        {
            "JoinsTheNetwork",
            r"\w+Function\.Properties\.VpcConfig\.(SubnetIds|SecurityGroupIds)\.Fn::Split\.\d",
            r"\w+FunctionRole\.Properties\.ManagedPolicyArns\.2\.Ref",
        },
    ),
    "a boundary": ({"PermissionsBoundary": BOUNDARY}, {r"\w+Role\.Properties\.PermissionsBoundary"}),
    "reserved concurrency": (
        {"ApiConcurrency": "50", "AgentConcurrency": "20", "WatchConcurrency": "10", "SandboxConcurrency": "30"},
        {r"(Api|Agent|Watch|Sandbox)Function\.Properties\.ReservedConcurrentExecutions"},
    ),
    "a quieter log": ({"LogLevel": "ERROR"}, {r"\w+Function\.Properties\.LoggingConfig\.ApplicationLogLevel"}),
    "requests go over in steps": (
        {"DeploymentType": "Canary10Percent5Minutes"},
        {r"ApiFunctionDeploymentGroup\.Properties\.DeploymentConfigName\..*"},
    ),
    "no canary": (
        {"CanaryMinutes": "0"},
        {r"CanaryFunction\w*", r"Observability\.Properties\.Parameters\.CanaryMinutes"},
    ),
    "an issuer of tokens": (
        {"JwtIssuer": "https://issuer.example.org/", "JwtAudience": "codex-swarm", "JwtScopePrefix": "codex-swarm/"},
        {
            r"IdentityLayer\w*",
            r"AuthorizerFunction\.Properties\.Environment\.Variables\.JWT_(ISSUER|AUDIENCE|SCOPE_PREFIX)",
            r"AuthorizerFunction\.Properties\.Layers\..*",
        },
    ),
    "a collector of spans": (
        {"OtlpEndpoint": "https://collector.example.org:4318", "OtlpHeadersSecretName": "collector"},
        {
            r"TelemetryLayer\w*",
            r"\w+Function\.Properties\.Environment\.Variables\.OTLP_(ENDPOINT|HEADERS_SECRET)",
            r"AgentFunction\.Properties\.Layers\..*",
            r"AgentFunctionRole\.Properties\.Policies\..*",
        },
    ),
    "whom to tell": ({"AlarmEmail": "a@example.org"}, {r"Observability\.Properties\.Parameters\.AlarmEmail"}),
}


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        return deployed()


@pytest.mark.parametrize("name", MAKES)
def test_a_parameter_makes_its_difference_and_no_other(
    name: str, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    given, patterns = MAKES[name]
    changed = deployed(**given)
    news = differences(plain, changed)
    assert {path for path in news if not any(re.fullmatch(each, path) for each in patterns)} == set()
    assert {each for each in patterns if not any(re.fullmatch(each, path) for path in news)} == set()


def test_a_boundary_bounds_every_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    found = deployed(PermissionsBoundary=BOUNDARY)
    roles = {name for name, kind in found.items() if kind == "AWS::IAM::Role"}
    assert len(roles) > 12
    assert {found.get(f"{role}.Properties.PermissionsBoundary") for role in roles} == {BOUNDARY}


def test_every_function_of_ours_may_use_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    found = deployed(KmsKeyArn=KEY)
    made = {name for name, kind in found.items() if kind == "AWS::IAM::Role" and "StateMachine" not in name}
    using = {value for path, value in found.items() if path.startswith("UseOfTheKey.Properties.Roles.")}
    # What runs other people's work has addresses that others signed, and no key.
    assert made - using == {"UntrustedRole", "DeploymentRole"}


def test_the_functions_of_ours_join_the_network_and_what_others_name_is_called_from_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    found = deployed(**NETWORK)
    joined = {
        path.partition(".")[0]
        for path, value in found.items()
        if path.endswith(".VpcConfig.SubnetIds.Fn::Split.1") and value == NETWORK["VpcSubnetIds"]
    }
    functions = {name for name, kind in found.items() if kind == "AWS::Lambda::Function"}
    assert functions - joined == {"WebhookFunction", "SandboxFunction", "ConvertFunction", "PreviewFunction"}
    may = {path.partition(".")[0] for path, value in found.items() if (path[-4:], value) == (".Ref", "JoinsTheNetwork")}
    assert may == {f"{name}Role" for name in joined}


def test_code_in_the_network_may_do_nothing_in_ec2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    document = template.load(ROOT / "template.yaml", NETWORK).document
    allowed, denied = document["Resources"]["JoinsTheNetwork"]["Properties"]["PolicyDocument"]["Statement"]
    assert {action.partition(":")[0] for action in allowed["Action"]} == {"ec2"}
    assert (denied["Effect"], denied["Action"], denied["Resource"]) == ("Deny", "ec2:*", "*")
    assert [*denied["Condition"]["ArnLike"]] == ["lambda:SourceFunctionArn"]
    # What AWS makes for such functions would let their code do the same.
    assert "AWSLambdaVPCAccessExecutionRole" not in str(document)
