"""Laptop clouds for tests: started when first asked for, one at a time, kept until another is asked for."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from infra.local.cloud import REPOSITORY, LocalCloud
from infra.local.lambdas.account import Account

T = TypeVar("T")
FIXTURES = Path(__file__).parent / "fixtures"


class Clouds:
    """A process holds one laptop cloud, so asking for one stops the other."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._name = ""
        self._cloud: LocalCloud | None = None

    def fixture(self) -> LocalCloud:
        """The small template of tests/local/fixtures."""
        return self.get("fixture", template=FIXTURES / "template.yaml")

    def real(self) -> LocalCloud:
        """The repository's own template, offline."""
        return self.get("real", template=REPOSITORY / "template.yaml")

    def get(self, name: str, **options: Any) -> LocalCloud:
        """The cloud of this name; `options` are LocalCloud's, and count when it has to be started."""
        if self._name != name or self._cloud is None:
            self.stop()
            self._cloud = LocalCloud(log_folder=self._logs / name, **options).start()
            self._name = name
        return self._cloud

    def stop(self) -> None:
        """Stop the one that runs, if any does."""
        if self._cloud is not None:
            self._cloud.stop()
        self._cloud = None


def eventually(look: Callable[[], T | None], seconds: float = 15, longest_pause: float = 0.2) -> T:
    """What `look` finds, as soon as it finds something; `longest_pause` for what is there for a moment only."""
    deadline, pause = time.monotonic() + seconds, 0.01
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(pause)
        # Looking costs the cloud time that it needs for what is looked for.
        pause = min(2 * pause, longest_pause)
    return found


def call(cloud: LocalCloud, function: str, event: Mapping[str, Any], tenant: str | None = None) -> Any:
    """What a function answers to an event; a failure is returned as the error document."""
    return json.loads(cloud.functions[function].invoke(json.dumps(event).encode(), tenant=tenant).payload)


def item(cloud: LocalCloud, key: str) -> dict[str, Any] | None:
    """An item of the fixture's table, in DynamoDB's notation."""
    found = cloud.client("dynamodb").get_item(
        TableName=cloud.table_name, Key={"PK": {"S": key}, "SK": {"S": "META"}}, ConsistentRead=True
    )
    item: dict[str, Any] | None = found.get("Item")
    return item


@contextmanager
def quotas(cloud: LocalCloud, **quota: int) -> Iterator[None]:
    """The cloud with an account that has these, and no environment of a tenant that is left from before."""
    account, idle_seconds = cloud.account, cloud.account.tenant_idle_seconds
    for function in cloud.functions.values():
        if function.specification.per_tenant:
            function.kill_workers()
    before = [(each, each.most) for each in (account.executions, account.environments)]
    limited = Account(**quota)
    account.executions.most, account.environments.most = limited.executions.most, limited.environments.most
    assert eventually(lambda: account.environments.taken == 0)
    try:
        yield
    finally:
        account.tenant_idle_seconds = idle_seconds
        for each, most in before:
            each.most = most


@contextmanager
def no_room() -> Iterator[None]:
    """For this process, and what it writes to files only: sockets and pipes have no size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
