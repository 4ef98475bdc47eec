"""Everything the service keeps its state in, put together once per process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from swarm.aws import clients
from swarm.aws.delivery_executions import Machine
from swarm.aws.executions import Executions
from swarm.aws.presigning import Credentials, Presigner
from swarm.ids import RunKey
from swarm.records.batches import Batches
from swarm.records.budgets import Budgets
from swarm.records.deliveries import Outbox
from swarm.records.drafts import Drafts
from swarm.records.issued_keys import IssuedKeys
from swarm.records.ownership import OwnedObjects, Ownership
from swarm.records.partitions import Partitions
from swarm.records.patterns import Patterns
from swarm.records.projects import Projects
from swarm.records.quotas import Places, Quotas
from swarm.records.rates import Rates
from swarm.records.runlog import DynamoRunLog, RunLog
from swarm.records.runs import Runs
from swarm.records.schedules import Schedules
from swarm.records.skills import Skills
from swarm.records.table import Table
from swarm.records.tenants import Tenants
from swarm.records.tokens import Tokens
from swarm.records.usage_rows import UsageRows
from swarm.records.webhook_secrets import SecretStore
from swarm.runs.catalogue import Catalogue, catalogue_of
from swarm.runs.limits import Allowance, allowance_of
from swarm.runs.run import Run
from swarm.settings import Settings, settings
from swarm.workspace.inventory import ObjectInventory
from swarm.workspace.manifests import load_snapshot
from swarm.workspace.objects import ObjectStore, ProjectArea, S3Objects
from swarm.workspace.remembered import RememberedObjects
from swarm.workspace.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Backend:
    """The stores, the settings they were made with, and what the operator grants, read from these.

    `remembered` is `objects` with a memory, for a process that reads again what it has just written.
    """

    settings: Settings
    allowance: Allowance
    models: Catalogue
    objects: ObjectStore
    remembered: ObjectStore
    log: RunLog
    runs: Runs
    drafts: Drafts
    projects: Projects
    patterns: Patterns
    skills: Skills
    schedules: Schedules
    batches: Batches
    tenants: Tenants
    places: Places
    rates: Rates
    inventory: ObjectInventory
    executions: Executions
    outbox: Outbox
    webhook_secrets: SecretStore
    tokens: Tokens
    issued_keys: IssuedKeys
    usage: UsageRows
    budgets: Budgets
    partitions: Partitions

    def snapshot(self, key: str | None) -> Snapshot:
        """The stored snapshot, or an empty one where there is none yet."""
        return load_snapshot(self.objects, key).files

    def signer(self, now: datetime, lifetime: timedelta) -> Presigner:
        """A signer of URLs of this bucket, good for `lifetime` from now."""
        access_key, secret_key, token = clients.credentials()
        client = clients.s3()
        return Presigner(
            Credentials(access_key, secret_key, token),
            client.meta.region_name,
            client.meta.endpoint_url,
            self.settings.bucket_name,
            now,
            lifetime,
        )

    def held_by(self, run: Run, looked: float | None = None) -> Backend:
        """The same stores; a put raises `RunStopped` once somebody has the slot behind `run`.

        `looked` is when an `Ownership` of this very version was sure of it.
        """
        ownership = Ownership(lambda: self.log.has(run.key, run.version + 1))
        if looked is not None:
            ownership.rely_on(looked)
        return replace(self, objects=OwnedObjects(self.objects, ownership))

    def files_of(self, run: Run) -> Snapshot:
        """The files of a run as its last turn left them."""
        return self.snapshot(run.snapshot)


def connect(chosen: Settings) -> Backend:
    """The stores that these settings name."""
    table = Table(clients.dynamodb(), chosen.table_name)
    objects = S3Objects(clients.s3(), chosen.bucket_name)
    log = DynamoRunLog(table, objects)
    quotas = Quotas(
        stored_bytes=chosen.max_stored_gigabytes * 10**9,
        requests_per_second=chosen.max_requests_per_second,
        watchers=chosen.max_watchers,
        uploads=chosen.max_uploads,
        archives=chosen.max_archives,
        previews=chosen.max_previews,
        diffs=chosen.max_diffs,
    )
    return Backend(
        settings=chosen,
        allowance=allowance_of(chosen.run_limits),
        models=catalogue_of(chosen),
        objects=objects,
        remembered=RememberedObjects(objects),
        log=log,
        runs=Runs(table, log),
        drafts=Drafts(table),
        projects=Projects(table),
        patterns=Patterns(table),
        skills=Skills(table),
        schedules=Schedules(table),
        batches=Batches(table),
        tenants=Tenants(table, chosen.max_active_runs, chosen.max_queued_runs, quotas),
        places=Places(table, quotas),
        rates=Rates(table, quotas),
        inventory=ObjectInventory(clients.s3(), chosen.bucket_name),
        executions=Executions(clients.states(), chosen.state_machine_arn),
        outbox=Outbox(
            table, Machine(clients.states(), chosen.webhook_machine_arn), timedelta(days=chosen.retention_days)
        ),
        webhook_secrets=SecretStore(table),
        tokens=Tokens(table),
        issued_keys=IssuedKeys(table),
        usage=UsageRows(table, chosen.usage_metadata),
        budgets=Budgets(table),
        partitions=Partitions(table),
    )


@cache
def backend() -> Backend:
    """The stores of this process."""
    return connect(settings())


def area_of(key: RunKey) -> ProjectArea:
    """Where the objects of a run's project are."""
    return ProjectArea(key.tenant_id, key.project_id)
