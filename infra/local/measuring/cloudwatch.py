"""What AWS's services would measure of this laptop cloud, beside what the functions measure themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from infra.local.measuring.alarms import Alarm, State, alarms_of
from infra.local.measuring.exposition import text
from infra.local.measuring.log_lines import LogLines
from infra.local.measuring.measurements import Measurements, Series
from infra.local.moto_patches.cloudformation import Resolved

ENDED = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
    "RUNNING": "ExecutionsStarted",
}
READS = ("Get", "Query", "Scan", "BatchGet")
MILLISECONDS = 1_000


class CloudWatch:
    """Measurements of one laptop cloud, and its alarms."""

    def __init__(self) -> None:
        self.measurements = Measurements()
        self.alarms: list[Alarm] = []
        self._lines = LogLines((), self.measurements)
        self._names: Mapping[str, str] = {}
        self._sqs: Any = None
        self._queues: list[str] = []

    def deployed(self, resources: Mapping[str, Resolved], names: Mapping[str, str], sqs: Any) -> None:
        """Know the alarms of these resources, and what they are called; `sqs` is a client."""
        self.alarms = alarms_of(resources.values())
        self._names = names
        self._sqs = sqs
        self._queues = [names[key] for key, each in resources.items() if each.type == "AWS::SQS::Queue"]

    def reads(self, logs: Iterable[Path]) -> None:
        """Metrics in the lines that functions write from now on. What nobody trusts is not among them."""
        self._lines = LogLines(logs, self.measurements)

    # what the parts of the laptop cloud tell

    def answered(self, status: int, seconds: float) -> None:
        """A request of the API."""
        api = self._names.get("HttpApi", "")
        self._add("AWS/ApiGateway", "Count", 1, ApiId=api)
        if status >= HTTPStatus.BAD_REQUEST:
            of = "5xx" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "4xx"
            self._add("AWS/ApiGateway", of, 1, ApiId=api)
        self._add("AWS/ApiGateway", "Latency", seconds * MILLISECONDS, ApiId=api)

    def invoked(self, function: str, *, failed: bool, seconds: float) -> None:
        """A call of a function, which has ended."""
        self._add("AWS/Lambda", "Invocations", 1, FunctionName=function)
        if failed:
            self._add("AWS/Lambda", "Errors", 1, FunctionName=function)
        self._add("AWS/Lambda", "Duration", seconds * MILLISECONDS, FunctionName=function)

    def throttled(self, function: str) -> None:
        """A call of a function that did not begin."""
        self._add("AWS/Lambda", "Throttles", 1, FunctionName=function)

    def execution(self, execution: Any, status: str) -> None:
        """An execution has begun, or ended."""
        self._add("AWS/States", ENDED[status], 1, StateMachineArn=execution.state_machine.arn)

    def refused(self, service: str, operation: str) -> None:
        """A call of an AWS service that was throttled."""
        if service == "dynamodb":
            kind = "ReadThrottleEvents" if operation.startswith(READS) else "WriteThrottleEvents"
            self._add("AWS/DynamoDB", kind, 1, TableName=self._names.get("Table", ""))

    # what can be asked

    def look(self) -> None:
        """Take in what has to be looked for: lines of logs, and how much lies in queues."""
        self._lines.look()
        for url in self._queues:
            asked = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            there = float(asked["Attributes"]["ApproximateNumberOfMessages"])
            self._add("AWS/SQS", "ApproximateNumberOfMessagesVisible", there, QueueName=url.rpartition("/")[2])

    def states(self) -> dict[str, State]:
        """How each alarm stands now, by its logical id."""
        self.look()
        return {alarm.name: alarm.state(self.measurements) for alarm in self.alarms}

    def exposition(self) -> bytes:
        """Everything, as Prometheus reads it."""
        self.look()
        return text(self.measurements, self.alarms)

    def _add(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        self.measurements.add(Series.of(namespace, name, **dimensions), value)
