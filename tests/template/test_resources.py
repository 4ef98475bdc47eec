"""What an operator deploys: functions with their settings, data that outlives the stack, shut doors."""

from __future__ import annotations

import tomllib
from collections import UserDict

import pytest

from swarm.lifecycle.inputs import PARALLEL_FILES
from swarm.settings import Settings
from swarm.workspace.working_copy import WorkspaceLimits
from tests.template.conftest import ROOT, Document, of_type

FUNCTIONS = (
    "Authorizer Api Smoke Watch Keys Tenants Prepare Agent Dispatch Finish Fail Archive Webhook Reconcile Janitor"
    " Canary"
).split()
# These have neither our settings nor our layers; tests/security says what they have.
UNTRUSTED = {"Sandbox", "Convert", "Preview"}
# What some functions are told besides what all are told.
TOLD = {
    "STATE_MACHINE_ARN": {"Api", "Tenants", "Prepare", "Agent", "Finish", "Fail", "Reconcile"},
    "ARCHIVE_FUNCTION": {"Api"},
    "PREVIEW_FUNCTION": {"Api"},
    "SANDBOX_FUNCTION": {"Dispatch"},
    "CONVERT_FUNCTION": {"Dispatch", "Api"},
    "JANITOR_FUNCTION": {"Api"},
    "API_FUNCTION": {"Canary"},
    "API_URL": {"Canary"},
    "NEW_VERSION": {"Smoke"},
    "EDGE_SECRET": {"Authorizer"},
    **{
        f"JWT_{name}": {"Authorizer"} for name in ("ISSUER", "AUDIENCE", "TENANT_CLAIM", "SCOPES_CLAIM", "SCOPE_PREFIX")
    },
    "WATCH_SECONDS": {"Watch"},
    "WEBHOOK_MACHINE_ARN": {"Api", "Prepare", "Agent", "Finish", "Fail", "Reconcile"},
}
# A pool, or a role, of its own for the code of another.
SHARED = {"Watch": "api", "Keys": "api", "Tenants": "api", "Smoke": "canary"}
OPEN_ROUTES = {"/healthz", "/openapi.json", "/ui", "/ui/{proxy+}"}


class Asked(UserDict[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return default


@pytest.fixture(scope="module")
def functions(resources: dict[str, Document]) -> dict[str, Document]:
    return {name.removesuffix("Function"): spec for name, spec in of_type(resources, "AWS::Lambda::Function").items()}


def test_functions_stand_in_the_order_a_run_meets_them(source: Document) -> None:
    named = [
        name.removesuffix("Function")
        for name, spec in source["Resources"].items()
        if spec["Type"] == "AWS::Serverless::Function"
    ]
    assert [name for name in named if name not in UNTRUSTED] == FUNCTIONS
    assert named[8:11] == ["Dispatch", "Sandbox", "Convert"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_every_setting_that_is_read(name: str, functions: dict[str, Document]) -> None:
    asked = Asked()
    Settings.of(asked)
    given = functions[name]["Environment"]["Variables"].keys()
    untold = {setting for setting, told in TOLD.items() if name not in told}
    assert asked.names - given == untold


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_is_a_file_of_the_functions_own_folder(name: str, functions: dict[str, Document]) -> None:
    folder, module, function = functions[name]["Handler"].split(".")
    module_of = "new_version" if name == "Smoke" else "app"
    assert (folder, module, function) == (SHARED.get(name, name.lower()), module_of, "handler")
    assert (ROOT / "functions" / folder / "app.py").is_file()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_the_agent_carries_the_providers_sdk(name: str, functions: dict[str, Document]) -> None:
    listed = functions[name]["Layers"]
    # And OpenTelemetry's, only where a collector is named; and what verifies tokens, where an issuer is.
    optional = {"Agent": ["HasTelemetry"], "Authorizer": ["HasIssuer"]}
    assert [layer["Fn::If"][0] for layer in listed if "Fn::If" in layer] == optional.get(name, [])
    layers = [str(layer["Ref"]) for layer in listed if "Ref" in layer]
    expected = ["CoreLayer", "ClientLayer"] + (["AgentLayer"] if name == "Agent" else [])
    assert len(layers) == len(expected)
    assert all(layer.startswith(prefix) for layer, prefix in zip(layers, expected, strict=True))


def test_the_api_answers_before_the_gateway_gives_up(functions: dict[str, Document]) -> None:
    assert functions["Api"]["Timeout"] < 30


def test_every_route_with_data_wants_a_key(resources: dict[str, Document]) -> None:
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    routes = [
        (path, operation.get("security", []))
        for path, methods in api["Body"]["paths"].items()
        for operation in methods.values()
    ]
    # Without a key a browser may ask what may be asked with one.
    assert {path for path, security in routes if not security} == OPEN_ROUTES | {"/{proxy+}"}
    assert api["Body"]["paths"]["/{proxy+}"]["options"].get("security", []) == []
    assert ("/{proxy+}", [{"ApiKey": []}]) in routes
    # With a warning the gateway would take nothing of the document, and one is that nobody declares a scheme.
    assert api["FailOnWarnings"] is True
    declared = set(api["Body"]["components"]["securitySchemes"])
    assert {name for _, security in routes for each in security for name in each} == declared


@pytest.mark.parametrize("name", ["Table", "Bucket"])
def test_data_outlives_the_stack_but_not_a_first_deployment_that_failed(
    name: str, resources: dict[str, Document]
) -> None:
    assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_the_largest_uploads_pass_through_prepare(functions: dict[str, Document]) -> None:
    prepare, limits = functions["Prepare"], WorkspaceLimits()
    # Read and stored again at 20 MB a second, which is slow; and that many files at once, beside 200 MB of Python.
    assert prepare["Timeout"] >= 2 * limits.total_bytes / 20_000_000
    assert prepare["MemorySize"] << 20 >= 2 * PARALLEL_FILES * limits.file_bytes + 200_000_000


def test_the_table_is_encrypted_recoverable_and_expires(resources: dict[str, Document]) -> None:
    table = resources["Table"]["Properties"]
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["GSI1", "GSI2", "GSI3"]


def test_the_bucket_is_private_encrypted_versioned_and_tls_only(resources: dict[str, Document]) -> None:
    bucket = resources["Bucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (statement,) = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_log_is_kept_for_a_set_time(resources: dict[str, Document]) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert {group["RetentionInDays"]["Ref"] for group in groups.values()} == {"LogRetentionDays"}
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_no_log_group_has_a_name_that_a_later_deployment_needs(resources: dict[str, Document]) -> None:
    for group in of_type(resources, "AWS::Logs::LogGroup").values():
        name, known = group["LogGroupName"]["Fn::Sub"]
        assert "${AWS::StackName}-${Id}" in name
        assert known == {"Id": {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}}


def test_a_stack_is_tagged_as_what_it_is() -> None:
    chosen = tomllib.loads((ROOT / "samconfig.toml").read_text())
    assert chosen.pop("version") == 0.1
    assert chosen.keys() == {"default", "prod"}
    for settings in chosen.values():
        told = settings["deploy"]["parameters"]
        stage = told["parameter_overrides"].removeprefix("Stage=")
        assert f"stage={stage}" in told["tags"].split()
        assert settings["global"]["parameters"]["stack_name"] == f"codex-swarm-{stage}"


def test_every_parameter_is_explained_and_grouped(source: Document) -> None:
    groups = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(source["Parameters"])
    assert all(parameter["Description"] for parameter in source["Parameters"].values())
