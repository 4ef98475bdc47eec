"""The data of a running laptop cloud: put back at its start, written down as it changes."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.local.lambdas.service import LambdaService
from infra.local.moto_patches import events, objects
from infra.local.moto_patches.cloudformation import Resolved
from infra.local.persistence.folder import DataFolder
from infra.local.persistence.recording import Recording
from infra.local.persistence.restoring import restore_items, restore_objects, restore_secrets
from infra.local.persistence.store import EventRow, ExecutionRow, NotKept, Store

TABLE, BUCKET, MACHINE = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::StepFunctions::StateMachine"


class Data:
    """Of one folder, from construction until `close`, with `put_back`, `write_down` and `start_again` in this order."""

    def __init__(self, path: Path) -> None:
        """Raises UnusableFolder."""
        self.folder = DataFolder(path)
        try:
            self.store = Store(self.folder.database)
        except BaseException:
            self.folder.close()
            raise
        self._machines: Mapping[str, str] = {}
        self._executions: list[ExecutionRow] = []
        self._events: list[EventRow] = []

    def put_back(self, resources: Mapping[str, Resolved], names: Mapping[str, str]) -> None:
        """Into a stack that has just been made; `names` has what each resource is called now, by logical id.

        Raises UnusableFolder.
        """
        # Nothing that is made here is garbage, and looking through it again and again takes half as long again.
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._executions, self._events = self.store.executions(), self.store.events()
            restore_items(self.store, _of_type(resources, names, TABLE))
            used = restore_objects(self.store, _of_type(resources, names, BUCKET), self.folder.objects)
            restore_secrets(self.store)
        finally:
            if collecting:
                gc.enable()
        objects.keep_in(self.folder.objects)
        self._compare(used)

    def write_down(self, recording: Recording, resources: Mapping[str, Resolved], names: Mapping[str, str]) -> None:
        """Everything that changes from now on."""
        by_name = {name: logical_id for logical_id, name in names.items()}
        recording.begin(self.store, by_name, self.folder.objects)
        self._machines = {names[each].rpartition(":")[2]: each for each in _of_type(resources, names, MACHINE)}
        events.observe(self._execution)

    def start_again(self, states: Any, functions: LambdaService, names: Mapping[str, str]) -> None:
        """What was under way: executions, under their names and with their input, and asynchronous calls of functions.

        `states` is a client of Step Functions. What the template has no longer is left as it is.
        """
        for execution in self._executions:
            if execution.machine in names:
                machine = names[execution.machine]
                try:
                    states.start_execution(stateMachineArn=machine, name=execution.name, input=execution.input)
                except ClientError as refused:
                    # Started by somebody else just now; or the disk is full, and reconciliation does it when it is not.
                    print(f"execution {execution.name} was not started again: {refused}", file=sys.stderr)
        for event in self._events:
            if event.function in functions:
                with suppress(NotKept):
                    functions.send(names[event.function], event.payload, event.tenant)
                    self.store.end_event(event.id)

    def stop_writing(self) -> None:
        """From now on no change is acknowledged."""
        self.store.close()

    def close(self) -> None:
        """Let go of the folder."""
        events.observe(None)
        objects.keep_in(None)
        self.store.close()
        self.folder.close()

    def _execution(self, execution: Any, status: str) -> None:
        machine = self._machines.get(execution.state_machine.name)
        if machine is None:
            return
        if status == "RUNNING":
            self.store.begin_execution(ExecutionRow(machine, execution.name, json.dumps(execution.input_data)))
            return
        # While stopping, every execution is ended, to go on at the next start; one that starts once more than it should
        # finds in the run's log that there is nothing to do.
        with suppress(NotKept):
            self.store.end_execution(machine, execution.name)

    def _compare(self, used: set[str]) -> None:
        """Delete the files that nothing refers to, those of calls that were cut short, and tell of those that lack."""
        there = {f"{Path(folder).name}/{name}" for folder, _, names in os.walk(self.folder.objects) for name in names}
        if lacking := len(used - there):
            # Not by a kill, but by a cut of the power, or by somebody.
            print(
                f"{lacking} files are missing in {self.folder.objects}; what they held cannot be read", file=sys.stderr
            )
        unused = [self.folder.objects / name for name in there - used]
        threading.Thread(target=_unlink, args=(unused,), name="tidy", daemon=True).start()


def _unlink(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _of_type(resources: Mapping[str, Resolved], names: Mapping[str, str], kind: str) -> dict[str, str]:
    return {key: names[key] for key, resource in resources.items() if resource.type == kind and key in names}
