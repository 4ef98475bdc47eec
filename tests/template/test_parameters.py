"""What each parameter of a deployment turns on and off, as CloudFormation gets it: that, and nothing besides."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra.local import template
from tests.template.conftest import ROOT, Document

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
    "whom to tell": ({"AlarmEmail": "a@example.org"}, {r"Observability\.Properties\.Parameters\.AlarmEmail"}),
}


class Resolver:
    """Parameters and conditions filled in; whatever else a template refers to stays as it is."""

    def __init__(self, document: Document, given: dict[str, str]) -> None:
        defaults = {name: str(each.get("Default", "")) for name, each in document["Parameters"].items()}
        self._parameters = defaults | given
        self._conditions = document["Conditions"]

    def holds(self, condition: Any) -> bool:
        match condition:
            case str():
                return self.holds(self._conditions[condition])
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Not": [one]}:
                return not self.holds(one)
            case {"Fn::And": several}:
                return all(map(self.holds, several))
            case {"Fn::Equals": [one, other]}:
                return str(self.of(one)) == str(other)
        raise NotImplementedError(condition)

    def of(self, value: Any) -> Any:
        match value:
            case {"Ref": name} if name in self._parameters:
                return self._parameters[name]
            case {"Fn::If": [condition, then, otherwise]}:
                return self.of(then if self.holds(condition) else otherwise)
            case dict():
                found = {key: self.of(each) for key, each in value.items()}
                return {key: each for key, each in found.items() if each != {"Ref": "AWS::NoValue"}}
            case list():
                return [each for each in map(self.of, value) if each != {"Ref": "AWS::NoValue"}]
        return value


def deployed(**given: str) -> dict[str, Any]:
    """Every property of every resource by its path; the name of a resource that is made stands alone, too."""
    document = dict(template.load(ROOT / "template.yaml", given).document)
    resolver, found = Resolver(document, given), dict[str, Any]()
    for name, resource in document["Resources"].items():
        if "Condition" not in resource or resolver.holds(resource["Condition"]):
            found[name] = resource["Type"]
            _flatten(f"{name}.Properties", resolver.of(resource.get("Properties", {})), found)
    return found


def _flatten(path: str, value: Any, found: dict[str, Any]) -> None:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in members:
        _flatten(f"{path}.{key}", each, found)
    if not isinstance(value, (dict, list)):
        found[path] = value


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
    differing = {path for path in plain.keys() | changed.keys() if plain.get(path) != changed.get(path)}
    come_or_gone = {path for path in plain.keys() ^ changed.keys() if "." not in path}
    # Of a resource that comes or goes, its properties are no news.
    news = {path for path in differing if path in come_or_gone or path.partition(".")[0] not in come_or_gone}
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
