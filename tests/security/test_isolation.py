"""Untrusted functions, as CloudFormation gets them: no permission, no secret, and one way out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.support.paths import ROOT
from tests.template.conftest import Document, of_type
from tests.template.conftest import resources as resources  # noqa: PLC0414 - a fixture, to be found here

UNTRUSTED = {
    "SandboxFunction": ["JobLayer", "DataLayer"],
    "ConvertFunction": ["JobLayer", "DocumentsLayer"],
    "PreviewFunction": ["JobLayer", "PreviewLayer"],
}
NEVER = ("s3:", "dynamodb:", "secretsmanager:", "lambda:", "states:", "iam:", "sts:", "kms:", "ssm:", "xray:", "*")
WAYS_OUT = (
    "AWS::EC2::InternetGateway",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Route",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::VPNGateway",
)


@pytest.fixture(scope="module")
def network() -> dict[str, Document]:
    """The resources of the nested stack."""
    return dict(yaml_parse((ROOT / "infra/sandbox-network.yaml").read_text())["Resources"])


def role_of(function: str, resources: dict[str, Document]) -> Document:
    logical_id, attribute = resources[function]["Properties"]["Role"]["Fn::GetAtt"]
    assert attribute == "Arn"
    return dict(resources[logical_id]["Properties"])


def statements(role: Document) -> list[Document]:
    return [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("function", UNTRUSTED)
def test_the_role_can_log_and_nothing_else(function: str, resources: dict[str, Document]) -> None:
    role = role_of(function, resources)
    allowed = [each for each in statements(role) if each["Effect"] == "Allow"]
    actions = {action for each in allowed for action in listed(each["Action"])}
    assert not [action for action in actions if action.startswith(NEVER)]
    assert not role.get("ManagedPolicyArns")
    assert all("NotAction" not in each for each in statements(role))
    writes = [each for each in allowed if any(action.startswith("logs:") for action in listed(each["Action"]))]
    assert [each["Resource"] for each in writes] == [{"Fn::GetAtt": ["FunctionLogs", "Arn"]}]


@pytest.mark.parametrize("function", UNTRUSTED)
def test_what_lambda_does_to_the_network_the_code_may_not(function: str, resources: dict[str, Document]) -> None:
    (denied,) = [each for each in statements(role_of(function, resources)) if each["Effect"] == "Deny"]
    assert (denied["Action"], denied["Resource"]) == ("ec2:*", "*")
    assert list(denied["Condition"]) == ["ArnLike"]
    assert list(denied["Condition"]["ArnLike"]) == ["lambda:SourceFunctionArn"]


def test_no_other_policy_is_attached_to_the_role(resources: dict[str, Document]) -> None:
    policies = of_type(resources, "AWS::IAM::Policy") | of_type(resources, "AWS::IAM::ManagedPolicy")
    assert [name for name, policy in policies.items() if "UntrustedRole" in json.dumps(policy)] == []
    # Each says whose it is, but one that roles name themselves, which this one does not.
    assert {name for name, policy in policies.items() if not policy.get("Roles")} == {"JoinsTheNetwork"}
    assert "ManagedPolicyArns" not in resources["UntrustedRole"]["Properties"]


@pytest.mark.parametrize("function", UNTRUSTED)
def test_nothing_of_the_trusted_side_is_within_reach(function: str, resources: dict[str, Document]) -> None:
    properties = resources[function]["Properties"]
    assert properties.get("Environment", {}).get("Variables", {}).keys() <= {"CROSS_RUN_FAKE_CODEX"}
    layers = [layer["Ref"] for layer in properties["Layers"]]
    assert len(layers) == len(UNTRUSTED[function])
    assert all(layer.startswith(name) for layer, name in zip(layers, UNTRUSTED[function], strict=True))


@pytest.mark.parametrize("function", UNTRUSTED)
def test_each_tenant_id_has_environments_of_its_own(function: str, resources: dict[str, Document]) -> None:
    properties = resources[function]["Properties"]
    assert properties["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
    # Lambda takes none of these together with it.
    assert not properties.keys() & {"SnapStart", "FunctionUrlConfig", "ProvisionedConcurrencyConfig"}


def test_waiting_for_a_job_costs_less_than_a_tenth_of_it(resources: dict[str, Document]) -> None:
    waiting = resources["DispatchFunction"]["Properties"]
    for function in ("SandboxFunction", "ConvertFunction"):
        working = resources[function]["Properties"]
        assert waiting["MemorySize"] <= working["MemorySize"] / 10
        # What is left is for what was delivered.
        assert waiting["Timeout"] >= working["Timeout"] + 240


@pytest.mark.parametrize("function", UNTRUSTED)
def test_the_function_is_in_the_private_network(function: str, resources: dict[str, Document]) -> None:
    assert resources[function]["Properties"]["VpcConfig"] == {
        "SecurityGroupIds": [{"Fn::GetAtt": ["SandboxNetwork", "Outputs.SecurityGroupId"]}],
        "SubnetIds": [
            {"Fn::GetAtt": ["SandboxNetwork", "Outputs.SubnetA"]},
            {"Fn::GetAtt": ["SandboxNetwork", "Outputs.SubnetB"]},
        ],
    }
    assert resources["SandboxNetwork"]["Properties"]["TemplateURL"] == "infra/sandbox-network.yaml"


def test_the_network_has_no_way_out_but_the_endpoint(network: dict[str, Document]) -> None:
    kinds = [resource["Type"] for resource in network.values()]
    assert not set(kinds) & set(WAYS_OUT)
    assert kinds.count("AWS::EC2::VPCEndpoint") == 1
    assert kinds.count("AWS::EC2::VPC") == 1
    for subnet in of_type(network, "AWS::EC2::Subnet").values():
        assert subnet["MapPublicIpOnLaunch"] is False


def test_an_operator_names_the_zones_where_the_first_two_have_no_lambda(network: dict[str, Document]) -> None:
    for number, letter in enumerate("AB"):
        zone = network[f"Subnet{letter}"]["Properties"]["AvailabilityZone"]
        first = {"Fn::Select": [number, {"Fn::GetAZs": ""}]}
        assert zone == {"Fn::If": [f"NamesZone{letter}", {"Ref": f"Zone{letter}"}, first]}


def test_the_endpoint_leads_to_tenants_objects_of_one_bucket(network: dict[str, Document]) -> None:
    (endpoint,) = of_type(network, "AWS::EC2::VPCEndpoint").values()
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert endpoint["ServiceName"] == {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"}
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert set(statement["Action"]) == {"s3:GetObject", "s3:PutObject"}
    assert statement["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:s3:::${BucketName}/t/*"}


def test_the_security_group_lets_tls_out_and_nothing_in(network: dict[str, Document]) -> None:
    (group,) = of_type(network, "AWS::EC2::SecurityGroup").values()
    assert "SecurityGroupIngress" not in group
    (egress,) = group["SecurityGroupEgress"]
    for rule in egress["Fn::If"][1:]:
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert egress["Fn::If"][1]["DestinationPrefixListId"] == {"Ref": "S3PrefixListId"}


def test_only_the_buckets_names_are_resolved(network: dict[str, Document]) -> None:
    (group,) = of_type(network, "AWS::Route53Resolver::FirewallRuleGroup").values()
    allow, block = sorted(group["FirewallRules"], key=lambda rule: int(rule["Priority"]))
    domains = {
        name: spec["Domains"] for name, spec in of_type(network, "AWS::Route53Resolver::FirewallDomainList").items()
    }
    assert allow["Action"] == "ALLOW"
    assert [name["Fn::Sub"] for name in domains[allow["FirewallDomainListId"]["Ref"]]] == [
        "s3.${AWS::Region}.${AWS::URLSuffix}",
        "${BucketName}.s3.${AWS::Region}.${AWS::URLSuffix}",
    ]
    assert (block["Action"], domains[block["FirewallDomainListId"]["Ref"]]) == ("BLOCK", ["*"])
    (association,) = of_type(network, "AWS::Route53Resolver::FirewallRuleGroupAssociation").values()
    assert association["VpcId"] == {"Ref": "Network"}


@pytest.mark.parametrize("function", ["sandbox"])
def test_the_handler_needs_the_standard_library_and_the_job_layer_alone(function: str) -> None:
    environment = {"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'layers/job'}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-S", "-c", f"import {function}.app"]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
