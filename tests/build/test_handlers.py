"""Every handler imports and answers its sample event from what is built, with no development package in reach."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from swarm.records.api_keys import key_hash
from tests.build.conftest import FUNCTIONS, RESOURCES, Build
from tests.events.test_samples import KEY, SAMPLES, function_of
from tests.support.job_server import job_server
from tests.support.stack import MACHINE, template_table

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

RUNNER = """
import importlib, json, sys, sysconfig

class Context:
    function_name, memory_limit_in_mb, aws_request_id = "function", 512, "00000000-0000-0000-0000-000000000000"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self):
        return 600_000

answer = importlib.import_module(sys.argv[1]).handler(json.load(sys.stdin), Context())
known = (*sys.argv[2:], *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib")))
files = {getattr(module, "__file__", None) or "" for module in sys.modules.values()} - {""}
strangers = sorted(file for file in files if not file.startswith(known) or "site-packages" in file)
print(json.dumps({"answer": answer, "strangers": strangers}))
"""


def invoke(build: Build, function: str, event: Any, environment: Mapping[str, str]) -> Any:
    """What a built handler answers, in a process of its own; nothing it loaded came from anywhere else."""
    logical_id = FUNCTIONS[function]
    roots = [str(root) for root in build.roots(logical_id)]
    done = subprocess.run(
        [str(build.python), "-s", "-P", "-c", RUNNER, f"{function}.app", *roots],
        input=json.dumps(event),
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(roots), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{function}: {done.stderr[-3_000:]}"
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["strangers"] == []
    return said["answer"]


@pytest.fixture
def deployed() -> Iterator[dict[str, str]]:
    """AWS on loopback with the template's table, and the environment that leads functions there."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "TABLE_NAME": "table",
        "BUCKET_NAME": "bucket",
        "CROSS_RUN_FAKE_SWARM": "1",
        "POWERTOOLS_SERVICE_NAME": "codex-swarm",
        "POWERTOOLS_TRACE_DISABLED": "1",
    }
    try:
        environment["STATE_MACHINE_ARN"] = _prepare(environment)
        yield environment
    finally:
        # moto's state is one for the whole process.
        request = urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=15).close()
        server.stop()


def client(service: str, environment: Mapping[str, str]) -> Any:
    connect: Any = boto3.client
    return connect(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def _prepare(environment: Mapping[str, str]) -> str:
    """Make what the template declares; the state machine's ARN."""
    table = client("dynamodb", environment)
    table.create_table(TableName="table", **template_table())
    key = SAMPLES["authorizer"]["identitySource"][0].removeprefix("Bearer ")
    item = {"PK": {"S": f"KEY#{key_hash(key)}"}, "SK": {"S": "META"}, "tenant_id": {"S": KEY.tenant_id}}
    table.put_item(TableName="table", Item=item)
    client("s3", environment).create_bucket(Bucket="bucket")
    machine = client("stepfunctions", environment).create_state_machine(
        name="runs", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::123456789012:role/runs"
    )
    arn: str = machine["stateMachineArn"]
    return arn


def status(answer: Any) -> Any:
    return answer["statusCode"]


# In the order in which one run needs them; each with what its answer has to come to.
ANSWERS: dict[str, Callable[[Any], bool]] = {
    "authorizer": lambda answer: answer["isAuthorized"] is True,
    "api-healthz": lambda answer: status(answer) == 200,
    "api-put-project": lambda answer: status(answer) == 201,
    "api-create-run": lambda answer: status(answer) == 201,
    "prepare": lambda answer: answer["outcome"] == "ready",
    "agent": lambda answer: answer["outcome"] == "ended",
    "dispatch": lambda answer: answer == {"job_id": SAMPLES["dispatch"]["job"]["job_id"]},
    "finish": lambda answer: answer["outcome"] == "ended",
    "fail": lambda answer: answer["outcome"] == "ended",
    "api-get-run": lambda answer: json.loads(answer["body"])["status"] == "succeeded",
    "api-list-files": lambda answer: json.loads(answer["body"])["total_files"] == 1,
    "api-get-file": lambda answer: status(answer) == 200,
    "api-stream": lambda answer: status(answer) == 200,
}
JOBS: dict[str, tuple[str, dict[str, Any]]] = {
    "sandbox": ("run_command", {"command": "echo done > done.md", "timeout_seconds": None}),
    "convert": ("convert_document", {"source": "given.md", "target": "done.pdf"}),
}
"""A call for each function that is handed a job's address and nothing else."""


def test_a_run_from_start_to_end(build: Build, deployed: dict[str, str]) -> None:
    run_id = KEY.run_id
    for sample, expected in ANSWERS.items():
        event = json.loads(json.dumps(SAMPLES[sample]).replace(KEY.run_id, run_id))
        answer = invoke(build, function_of(sample), event, deployed)
        assert expected(answer), f"{sample}: {answer}"
        if sample == "api-create-run":
            # No sample knows it, for when its project was made goes into it.
            run_id = json.loads(answer["body"])["id"]
    objects = client("s3", deployed).list_objects_v2(Bucket="bucket")["Contents"]
    snapshot = max(each["Key"] for each in objects if "/snapshots/" in each["Key"])
    assert (
        invoke(
            build,
            "archive",
            {**json.loads(json.dumps(SAMPLES["archive"]).replace(KEY.run_id, run_id)), "snapshot": snapshot},
            deployed,
        )["size"]
        > 0
    )


OTHERS = sorted(FUNCTIONS.keys() - {function_of(sample) for sample in ANSWERS} - JOBS.keys() - {"archive", "preview"})


@pytest.mark.parametrize("function", OTHERS)
def test_what_looks_after_runs(build: Build, deployed: dict[str, str], function: str) -> None:
    samples = [sample for sample in SAMPLES if function_of(sample) == function]
    assert samples
    for sample in samples:
        invoke(build, function, SAMPLES[sample], deployed)


def test_a_preview(build: Build) -> None:
    content = b"# Given\n"
    with job_server() as jobs:
        file = {"url": jobs.put(content), "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        answer = invoke(build, "preview", {**SAMPLES["preview"], **file}, {})
    assert b"Given</h1>" in base64.b64decode(answer["content"])


@pytest.mark.parametrize("function", JOBS)
def test_what_has_no_permission_does_its_job(build: Build, function: str) -> None:
    with job_server() as jobs:
        job = jobs.job([JOBS[function]], {"given.md": b"# Given\n\nSome *text*.\n"})
        event = {**SAMPLES[function], "job_url": job["job_url"], "job_id": job["job_id"]}
        assert invoke(build, function, event, {}) == {"job_id": job["job_id"], "calls": 1}
        delivered = jobs.delivered(job)
    assert [result["ok"] for result in delivered.results] == [True], delivered.output
    assert len(delivered.files) == 1


def test_only_the_agent_can_reach_the_provider(build: Build) -> None:
    probe = "import swarm.agent.openai.provider"
    for function in ("AgentFunction", "PrepareFunction"):
        roots = ":".join(map(str, build.roots(function)))
        done = subprocess.run(
            [str(build.python), "-s", "-P", "-c", probe], env={"PYTHONPATH": roots}, capture_output=True, check=False
        )
        assert (done.returncode == 0) is (function == "AgentFunction"), done.stderr


def test_what_runs_untrusted_code_has_nothing_of_the_trusted_side(build: Build) -> None:
    for function, resource in FUNCTIONS.items():
        own = {"JobLayer"} & {each.get("Ref") for each in RESOURCES[resource]["Properties"].get("Layers", [])}
        if own:
            for root in build.roots(resource):
                assert not {"swarm", "codex_swarm", "boto3", "botocore"} & {path.name for path in root.iterdir()}, (
                    function
                )
