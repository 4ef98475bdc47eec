"""One probe a patch: does moto do what the patch makes it do?

Run as a module it asks each probe twice, with every patch and with all but the probe's own, each in a process of
its own, and prints {patch: [with, without]} as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from moto import backends
from moto.core import responses
from moto.core.config import default_user_config
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.parsing import expressions, validators
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from infra.local import moto_patches
from infra.local.lambdas.invocation import InvocationResult
from infra.local.moto_patches.wrapping import wrap
from infra.local.wsgi import ask as ask_wsgi
from tests.local.clouds import eventually
from tests.local.item_calls import request

REGION, ACCOUNT_ID = "us-east-1", "123456789012"
PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
WAIT = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": True}}})
ROLE = "arn:aws:iam::123456789012:role/role"
EMPTY_ZIP = b"PK\5\6" + bytes(18)
LAYER = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": {"S3Bucket": "local", "S3Key": "k"}}}
RULE_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:listener"


class Probe:
    """What probes share: clients of one moto server, and names that are used once."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._number = 0

    def client(self, service: str) -> Any:
        session: Any = boto3.session.Session()
        return session.client(
            service,
            region_name=REGION,
            endpoint_url=self._endpoint,
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def name(self) -> str:
        self._number += 1
        return f"probe-{self._number}"

    def stack(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, str]:
        """The outputs of a stack of these resources."""
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
        body = json.dumps({"Resources": {"Role": role, **resources}, **({"Outputs": outputs} if outputs else {})})
        cloudformation, name = self.client("cloudformation"), self.name()
        cloudformation.create_stack(StackName=name, TemplateBody=body)
        made = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in made}

    def machine(self, definition: str) -> str:
        made = self.client("stepfunctions").create_state_machine(name=self.name(), definition=definition, roleArn=ROLE)
        return str(made["stateMachineArn"])

    def function(self, name: str) -> None:
        self.client("lambda").create_function(
            FunctionName=name, Runtime="python3.13", Role=self.role(), Handler="a.b", Code={"ZipFile": EMPTY_ZIP}
        )

    def role(self) -> str:
        made = self.client("iam").create_role(RoleName=self.name(), AssumeRolePolicyDocument="{}")
        return str(made["Role"]["Arn"])

    def run(self, definition: str, event: str = "{}", **options: str) -> dict[str, Any]:
        """An execution, once it has ended or five seconds have passed."""
        states = self.client("stepfunctions")
        started = states.start_execution(stateMachineArn=self.machine(definition), input=event, **options)
        return self.ended(started["executionArn"])

    def ended(self, arn: str, seconds: float = 5) -> dict[str, Any]:
        states, deadline = self.client("stepfunctions"), time.monotonic() + seconds
        described: dict[str, Any] = states.describe_execution(executionArn=arn)
        while described["status"] == "RUNNING" and time.monotonic() < deadline:
            time.sleep(0.02)
            described = states.describe_execution(executionArn=arn)
        return described


def function_of_a_stack(**properties: Any) -> dict[str, Any]:
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    required = {"Code": {"ZipFile": "x = 1"}, "Handler": "a.b", "Runtime": "python3.13", "Role": role}
    return {"Type": "AWS::Lambda::Function", "Properties": {**required, **properties}}


def machine_of_a_stack(probe: Probe, definition: str = PASS, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"DefinitionString": definition, "RoleArn": ROLE, "StateMachineName": probe.name(), **properties},
    }


def state_machines_run(probe: Probe) -> bool:
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": "${Word}", "End": True}}})
    machine = machine_of_a_stack(probe, definition, DefinitionSubstitutions={"Word": "filled in"})
    arn = probe.stack({"M": machine}, {"Arn": {"Value": {"Ref": "M"}}})["Arn"]
    started = probe.client("stepfunctions").start_execution(stateMachineArn=arn, name="one")
    return "filled in" in str(probe.ended(started["executionArn"]).get("output"))


def state_machine_arn(probe: Probe) -> bool:
    outputs = probe.stack({"M": machine_of_a_stack(probe)}, {"Arn": {"Value": {"Fn::GetAtt": ["M", "Arn"]}}})
    return outputs["Arn"].startswith("arn:aws:states:")


def stop_execution(probe: Probe) -> bool:
    states = probe.client("stepfunctions")
    started = states.start_execution(stateMachineArn=probe.machine(WAIT), name="stopped")
    time.sleep(0.5)
    states.stop_execution(executionArn=started["executionArn"], error="Cancelled", cause="why")
    described = states.describe_execution(executionArn=started["executionArn"])
    return (described["status"], described.get("error"), described.get("cause")) == ("ABORTED", "Cancelled", "why")


def invoke_task(function: str, **more: Any) -> str:
    payload = {"a.$": "$", "b.$": "$"}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": payload},
        "End": True,
        **more,
    }
    return json.dumps({"StartAt": "T", "States": {"T": task, "C": {"Type": "Pass", "End": True}}})


def payload_limit(probe: Probe) -> bool:
    name = probe.name()
    probe.function(name)
    ended = probe.run(invoke_task(name), json.dumps("x" * 150_000), name="large")
    return ended.get("error") == "States.DataLimitExceeded"


def history_limit(probe: Probe) -> bool:
    """An execution ends with its last event. It is set forward: 25,000 take a while."""
    pause = {"Type": "Wait", "Seconds": 1, "Next": "Each"}
    each = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    every = {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **each}, "End": True}
    machine = probe.machine(json.dumps({"StartAt": "W", "States": {"W": pause, "Each": every}}))
    states = probe.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine, name="long", input="[1, 2, 3]")["executionArn"]
    eventually(lambda: "Wait" in states.get_execution_history(executionArn=arn)["events"][-1]["type"], 5)
    backend: Any = stepfunctions_parser_backends[ACCOUNT_ID][REGION]
    [execution] = backend.describe_state_machine(machine).executions
    execution.exec_worker.env.event_manager._event_id_gen._next_id = 24_990  # noqa: SLF001  (moto's own)
    ended = probe.ended(arn)
    if ended["status"] != "FAILED":
        return False
    last = states.get_execution_history(executionArn=arn)["events"][-1]
    return (ended["error"], last["id"], last["type"]) == ("States.Runtime", 25_000, "ExecutionFailed")


def terminal_errors(probe: Probe) -> bool:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    # A path that finds nothing is a States.Runtime error.
    definition = json.loads(invoke_task("nobody", Catch=catch))
    definition["States"]["T"]["Parameters"]["Payload"] = {"missing.$": "$.missing"}
    return bool(probe.run(json.dumps(definition), name="terminal")["status"] == "FAILED")


def start_execution(probe: Probe) -> bool:
    states, machine = probe.client("stepfunctions"), probe.machine(PASS)
    try:
        states.start_execution(stateMachineArn=machine, name="large", input=json.dumps("x" * 300_000))
    except states.exceptions.ClientError:
        return not states.start_execution(stateMachineArn=machine)["executionArn"].endswith("None")
    return False


def definitions_parsed(probe: Probe) -> bool:
    """Of two executions of one machine the second parses nothing."""
    machine = probe.machine(PASS)
    parsed: list[str] = []

    def counted(parse: Any, text: str) -> Any:
        parsed.append(text)
        return parse(text)

    wrap(AmazonStateLanguageParser, "parse", counted)
    states = probe.client("stepfunctions")
    for name in ("one", "two"):
        probe.ended(states.start_execution(stateMachineArn=machine, name=name)["executionArn"])
    return len(parsed) == 1


def interpreter_clients(_probe: Probe) -> bool:
    module: Any = lambda_eval_utils
    made = [module.boto_client_for(region=REGION, service="lambda") for _ in range(2)]
    return made[0] is made[1]


def status_events(probe: Probe) -> bool:
    events, sqs = probe.client("events"), probe.client("sqs")
    queue = sqs.create_queue(QueueName=probe.name())["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = probe.name()
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.states"]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])
    probe.run(PASS, name="announced")
    told: set[str] = set()

    def all_told() -> bool:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        told.update(json.loads(message["Body"])["detail"]["status"] for message in received)
        return told == {"RUNNING", "SUCCEEDED"}

    eventually(all_told, 2)
    events.disable_rule(Name=rule)
    return True


def lambda_targets(probe: Probe) -> bool:
    events, rule = probe.client("events"), probe.name()
    probe.function("listener")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["probe"]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": RULE_FUNCTION}])
    try:
        events.put_events(Entries=[{"Source": "probe", "DetailType": "d", "Detail": '{"a": 1}'}])
    except events.exceptions.ClientError:
        return False
    finally:
        events.disable_rule(Name=rule)
    return any(name == "listener" and json.loads(payload)["detail"] == {"a": 1} for name, payload in SENT)


def resolved_properties(probe: Probe) -> bool:
    network = {"SubnetIds": ["s", {"Ref": "AWS::NoValue"}], "SecurityGroupIds": []}
    name = probe.stack({"F": function_of_a_stack(VpcConfig=network)}, {"Name": {"Value": {"Ref": "F"}}})["Name"]
    configuration = probe.client("lambda").get_function_configuration(FunctionName=name)
    return bool(configuration["VpcConfig"]["SubnetIds"] == ["s"])


def json_templates(probe: Probe) -> bool:
    """Nothing of YAML reads a template in JSON."""
    read: list[str] = []

    def noted(load: Any, *args: Any, **kwargs: Any) -> Any:
        read.append("as YAML")
        return load(*args, **kwargs)

    wrap(yaml, "load", noted)
    probe.stack({"T": {"Type": "AWS::SNS::Topic", "Properties": {}}})
    return not read


def resources_left_out(probe: Probe) -> bool:
    cloudformation, name = probe.client("cloudformation"), probe.name()
    topic = {"Type": "AWS::SNS::Topic", "Properties": {}}
    body = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"A": {**topic, "Condition": "Never"}, "B": topic},
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="B")["StackResourceDetail"]
    return bool(found["PhysicalResourceId"])


def unnamed_parameters(probe: Probe) -> bool:
    probe.stack({"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}})
    return True


def lambda_processes(probe: Probe) -> bool:
    name = probe.name()
    probe.function(name)
    answer = probe.client("lambda").invoke(FunctionName=name, Payload=b'{"a": 1}')
    return bool(json.load(answer["Payload"]) == {"ran": name})


def layer_and_version_ids(probe: Probe) -> bool:
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}}
    outputs = probe.stack(
        {"F": function_of_a_stack(), "V": version, "L": LAYER}, {n: {"Value": {"Ref": n}} for n in "VL"}
    )
    return outputs["V"].endswith(":1") and outputs["L"].endswith(":1")


def layers_kept(probe: Probe) -> bool:
    layer = probe.client("lambda").publish_layer_version(LayerName=probe.name(), Content={"ZipFile": EMPTY_ZIP})
    function = function_of_a_stack(Layers=[layer["LayerVersionArn"]], Architectures=["arm64"])
    name = probe.stack({"F": function}, {"Name": {"Value": {"Ref": "F"}}})["Name"]
    made = probe.client("lambda").get_function_configuration(FunctionName=name)
    arns = [each["Arn"] for each in made.get("Layers", [])]
    return arns == [layer["LayerVersionArn"]] and made["Architectures"] == ["arm64"]


def objects_in_files(probe: Probe) -> bool:
    """Bytes of a small object are in a file of the folder."""
    s3, bucket = probe.client("s3"), probe.name()
    s3.create_bucket(Bucket=bucket)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        moto_patches.objects.keep_in(folder)
        s3.put_object(Bucket=bucket, Key="a", Body=b"one")
        read = s3.get_object(Bucket=bucket, Key="a")["Body"].read()
        return [file.read_bytes() for file in folder.glob("*/*")] == [read] == [b"one"]


class _Closed(dict[Any, Any]):
    """A partition that nobody may read whole."""

    def values(self) -> Any:
        raise AssertionError("read")


def table_queries(probe: Probe) -> bool:
    dynamodb, name = probe.client("dynamodb"), probe.name()
    names = ("PK", "SK", "GPK")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in names],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "GSI",
                "KeySchema": [{"AttributeName": "GPK", "KeyType": "HASH"}, {"AttributeName": "PK", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for pk, sk, gpk in (("a", "1", "x"), ("b", "1", "y"), ("a", "2", "x"), ("c", "1", "x")):
        dynamodb.put_item(TableName=name, Item={"PK": {"S": pk}, "SK": {"S": sk}, "GPK": {"S": gpk}})
    table = dynamodb_backends[ACCOUNT_ID][REGION].tables[name]
    for key in table.items:
        if key.value == "b":
            table.items[key] = _Closed(table.items[key])

    def found(attribute: str, value: str, **index: str) -> list[str]:
        values = {":v": {"S": value}}
        condition = f"{attribute} = :v"
        items = dynamodb.query(
            TableName=name, KeyConditionExpression=condition, ExpressionAttributeValues=values, **index
        )["Items"]
        return [item["PK"]["S"] + item["SK"]["S"] for item in items]

    return (found("PK", "a"), found("PK", "z"), found("GPK", "x", IndexName="GSI")) == (
        ["a1", "a2"],
        [],
        ["a1", "a2", "c1"],
    )


def attributes_replaced(probe: Probe) -> bool:
    """A large attribute is replaced by one as large; by one that is too large it is not, and stays."""
    dynamodb, name = probe.client("dynamodb"), probe.name()
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
    )

    def set_text(text: str) -> bool:
        try:
            dynamodb.update_item(
                TableName=name,
                Key={"PK": {"S": "k"}},
                UpdateExpression="SET body = :text",
                ExpressionAttributeValues={":text": {"S": text}},
            )
        except dynamodb.exceptions.ClientError:
            return False
        return True

    answers = [set_text("a" * 300_000), set_text("b" * 300_000), set_text("c" * 450_000)]
    left = dynamodb.get_item(TableName=name, Key={"PK": {"S": "k"}})["Item"]["body"]["S"]
    return answers == [True, True, False] and left == "b" * 300_000


def missing_types(probe: Probe) -> bool:
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}}
    alias = {"Name": "live", "FunctionName": {"Ref": "F"}, "FunctionVersion": {"Fn::GetAtt": ["V", "Version"]}}
    resources = {"F": function_of_a_stack(), "V": version, "A": {"Type": "AWS::Lambda::Alias", "Properties": alias}}
    return probe.stack(resources, {"A": {"Value": {"Ref": "A"}}})["A"].endswith(":live")


def services_found(probe: Probe) -> bool:
    """Of two calls of one service the second looks for nothing."""
    looked: list[None] = []

    def counted(original: Any) -> Any:
        looked.append(None)
        return original()

    wrap(backends, "list_of_moto_modules", counted)
    for _ in range(2):
        probe.client("dynamodb").list_tables()
    return len(looked) <= 1


def actions_listed(_probe: Probe) -> bool:
    module: Any = responses
    listed = [module.method_names_from_class(DynamoHandler) for _ in range(2)]
    return listed[0] is listed[1]


def paths_read(_probe: Probe) -> bool:
    modules: list[Any] = [json_path, result_path]
    return all(module.parse("$.a.b") is module.parse("$.a.b") for module in modules)


def conditions_parsed(_probe: Probe) -> bool:
    """A text is taken apart once, and each call has its own values and names, and its own mistakes."""
    taken_apart = []

    class Telling(str):
        """An expression that tells when a parser begins to cut it."""

        __slots__ = ()

        def __getitem__(self, part: Any) -> str:
            taken_apart.append(part)
            return super().__getitem__(part)

    text = Telling("attribute_not_exists(a.#name) OR (size(#name) > :least AND #name IN (:one, :least))")

    def parsed(names: dict[str, str], values: dict[str, Any]) -> tuple[str, list[str]]:
        parser = ConditionExpressionParser(text, names, values)
        return repr(parser.parse()), parser.expr_attr_values_found

    first, found = parsed({"#name": "n"}, {":least": {"N": "1"}, ":one": {"N": "2"}})
    second, _ = parsed({"#name": "n"}, {":least": {"N": "3"}, ":one": {"N": "4"}})
    other, _ = parsed({"#name": "m"}, {":least": {"N": "3"}, ":one": {"N": "4"}})
    once = len(taken_apart) == 2
    for _ in range(2):
        try:
            parsed({"#name": "n"}, {":one": {"N": "2"}})
        except KeyError:
            continue
        return False
    return once and found == [":least", ":one", ":least"] and len({first, second, other}) == 3 and "4" in second


def attributes_sent(probe: Probe) -> bool:
    """An item of many attributes comes as it was stored, and costs no look at each of them."""
    dynamodb, name = probe.client("dynamodb"), probe.name()
    create(probe, name)
    each = {
        "S": "é",
        "N": "1.5",
        "B": b"\0\xff",
        "BOOL": False,
        "NULL": True,
        "SS": ["a"],
        "NS": ["1"],
        "BS": [b"\xfe"],
        "L": [{"B": b"x"}, {"M": {}}],
        "M": {"deep": {"L": []}},
    }
    item = {"PK": {"S": "k"}, **{f"{kind}{number}": {kind: each[kind]} for kind in each for number in range(20)}}
    dynamodb.put_item(TableName=name, Item=item)
    looked: list[None] = []

    def counted(original: Any, *arguments: Any, **named: Any) -> Any:
        looked.append(None)
        return original(*arguments, **named)

    wrap(ResponseSerializer, "get_value", counted)
    found = dynamodb.query(
        TableName=name, KeyConditionExpression="PK = :k", ExpressionAttributeValues={":k": {"S": "k"}}
    )["Items"]
    return found == [item] and len(looked) < len(item)


def items_answered(probe: Probe) -> bool:
    """A call for an item needs no request of Flask's."""
    app = DomainDispatcherApplication(create_backend_app)
    create(probe, name := probe.name())
    made: list[None] = []

    def counted(original: Any, *arguments: Any, **named: Any) -> Any:
        made.append(None)
        return original(*arguments, **named)

    wrap(DynamoHandler, "setup_class", counted)
    asked = {"TableName": name, "Key": {"PK": {"S": "k"}}}
    answer = ask_wsgi(app, request("GetItem", json.dumps(asked).encode()))
    return (answer.status, answer.body) == (200, b"{}") and not made


def items_read(probe: Probe) -> bool:
    """A query and an update make no copy of an item, and what is answered is as it was at that moment."""
    app = DomainDispatcherApplication(create_backend_app)
    create(probe, name := probe.name())
    item = {"PK": {"S": "k"}, "L": {"L": [{"N": "1"}]}, "SS": {"SS": ["a"]}}
    probe.client("dynamodb").put_item(TableName=name, Item=item)
    copied: list[None] = []

    def counted(original: Any, value: Any, memo: Any) -> Any:
        copied.append(None)
        return original(value, memo)

    wrap(DynamoType, "__deepcopy__", counted)

    def asked(operation: str, **more: Any) -> Any:
        body = json.dumps({"TableName": name, **more}).encode()
        return json.loads(ask_wsgi(app, request(operation, body)).body)

    values = {":k": {"S": "k"}}
    found = asked("Query", KeyConditionExpression="PK = :k", ExpressionAttributeValues=values)["Items"]
    change = {"UpdateExpression": "SET L[0] = :n ADD SS :s", "ReturnValues": "ALL_OLD"}
    more = {":n": {"N": "2"}, ":s": {"SS": ["b"]}}
    before = asked("UpdateItem", Key={"PK": {"S": "k"}}, ExpressionAttributeValues=more, **change)["Attributes"]
    # Of the set, each time that the item is kept as it was.
    return found == [item] and before == item and len(copied) <= 2


def updates_parsed(_probe: Probe) -> bool:
    """A text is taken apart once, and what is done with a copy of its tree is not done to it."""
    parsers: Any = expressions
    parser, module = parsers.UpdateExpressionParser, vars(validators)
    tree: Any = parser.make("SET a = :v REMOVE b")
    copied: Any = module["deepcopy"](tree)
    copied.children.clear()
    again: Any = module["deepcopy"](tree)
    value = DynamoType({"L": [{"S": "x"}]})
    return tree is parser.make("SET a = :v REMOVE b") and bool(again.children) and module["deepcopy"](value) == value


def create(probe: Probe, table: str) -> None:
    """A table whose key is `PK`."""
    probe.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
    )


PROBES: dict[str, Callable[[Probe], bool]] = {
    probe.__name__: probe
    for probe in (
        state_machines_run,
        state_machine_arn,
        stop_execution,
        payload_limit,
        history_limit,
        terminal_errors,
        start_execution,
        definitions_parsed,
        interpreter_clients,
        status_events,
        lambda_targets,
        resolved_properties,
        json_templates,
        resources_left_out,
        unnamed_parameters,
        lambda_processes,
        layer_and_version_ids,
        layers_kept,
        objects_in_files,
        table_queries,
        attributes_replaced,
        missing_types,
        services_found,
        actions_listed,
        paths_read,
        conditions_parsed,
        attributes_sent,
        items_answered,
        items_read,
        updates_parsed,
    )
}
SENT: list[tuple[str, bytes]] = []


class Recorder:
    """Stands where the laptop cloud's functions would be, for the patches that call them."""

    def invoke(self, name: str, _payload: bytes, _tenant: str | None, _trace: str, /) -> Any:
        return InvocationResult(json.dumps({"ran": name}).encode())

    def send(self, name: str, payload: bytes, _tenant: str | None, /) -> None:
        SENT.append((name, payload))


def ask(name: str) -> list[bool]:
    """The probe's answers with its patch and without, out of child processes: patches cannot be taken back."""
    children = [_ask(name, patched=True), _ask(name, patched=False)]
    return [os.waitpid(child, 0)[1] == 0 for child in children]


def _ask(name: str, *, patched: bool) -> int:
    child = os.fork()
    if child == 0:
        # moto prints, and stdout is for the answers.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        worked = False
        try:
            worked = _probe_here(name, without=None if patched else name)
        except Exception:  # noqa: BLE001  (whatever moto raises means that it cannot do it)
            if patched:
                traceback.print_exc()
        os._exit(0 if worked else 1)
    return child


def _probe_here(name: str, without: str | None) -> bool:
    logging.disable(logging.CRITICAL)
    os.environ["VALIDATE_LAMBDA_S3"] = "false"
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    # Without our processes moto would go and look for Docker.
    default_user_config["lambda"] = {"use_docker": without != "lambda_processes"}
    for each, patch in moto_patches.PATCHES.items():
        if each != without:
            patch()
    moto_patches.cloudformation.forget_known_types()
    moto_patches.lambdas.run_with(Recorder())
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ["MOTO_PORT"] = str(port)
    return PROBES[name](Probe(f"http://{host}:{port}"))


if __name__ == "__main__":
    json.dump({name: ask(name) for name in PROBES}, sys.stdout)
