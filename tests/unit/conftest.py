"""Every implementation of the stores, each for one contract suite."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from moto.dynamodb.models import table as moto_table

from swarm.aws import clients
from swarm.records.runlog import DynamoRunLog, MemoryRunLog, RunLog
from swarm.records.table import Table
from swarm.workspace.objects import MemoryObjects, ObjectStore, S3Objects
from swarm.workspace.remembered import RememberedObjects
from tests.support.stack import template_table


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture(params=["memory", "remembered", "s3"])
def blobs(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if request.param == "memory":
        yield MemoryObjects()
        return
    if request.param == "remembered":
        yield RememberedObjects(MemoryObjects())
        return
    with mock_aws():
        clients.s3().create_bucket(Bucket="bucket")
        yield S3Objects(clients.s3(), "bucket")


@pytest.fixture(params=["memory", "dynamodb"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunLog]:
    if request.param == "memory":
        yield MemoryRunLog()
        return
    put, one_at_a_time = moto_table.Table.put_item, threading.Lock()

    def put_item(*args: Any, **kwargs: Any) -> Any:
        with one_at_a_time:
            return put(*args, **kwargs)

    # DynamoDB looks and puts at once; moto by itself may let another thread in between.
    monkeypatch.setattr(moto_table.Table, "put_item", put_item)
    with mock_aws():
        clients.dynamodb().create_table(TableName="table", **template_table())
        yield DynamoRunLog(Table(clients.dynamodb(), "table"), MemoryObjects())
