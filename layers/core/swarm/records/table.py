"""The one DynamoDB table, and the few operations that the service does on it: only single-item conditional writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from swarm.aws.clients import ClientError, error_code
from swarm.records.keys import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef as Attribute
else:
    Attribute = Any

Item = Mapping[str, Attribute]
"""An item in DynamoDB's own notation: attribute -> {type: value}."""

UNCLAIMED = "attribute_not_exists(PK)"
VISIBLE = "attribute_not_exists(hidden_at)"
OLDER = "attribute_not_exists(PK) OR version < :version"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a query leaves out of what it has looked at: a filter expression, with its names and values."""

    expression: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    values: Item = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOptions:
    """How one query goes: its direction, how many items it looks at, and behind which key it begins."""

    newest_first: bool = False
    most: int
    start: Item | None = None


@dataclass(frozen=True, slots=True)
class QueryPage:
    """What one query gave; `next` is where the following one begins, None when there is nothing left."""

    items: list[Item]
    next: Item | None


_DELETES = 25
"""As many as DynamoDB deletes by one request."""


class ConditionFailed(Exception):
    """A conditional write found the item otherwise; `item` is what it found, empty when there was none."""

    def __init__(self, item: Item) -> None:
        super().__init__("the item is not as the write expected")
        self.item = item


class Table:
    """The table through one client. Reads are consistent."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Key) -> Item | None:
        """The item, or None."""
        return self._client.get_item(TableName=self._name, Key=key.attributes(), ConsistentRead=True).get("Item")

    def put(self, item: Item, condition: str | None = None, values: Item | None = None) -> None:
        """Write a whole item. Raises `ConditionFailed`."""
        if condition is None:
            self._client.put_item(TableName=self._name, Item=item)
            return
        extra: Any = {"ExpressionAttributeValues": values} if values else {}
        try:
            self._client.put_item(
                TableName=self._name,
                Item=item,
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **extra,
            )
        except ClientError as error:
            raise _condition_failed(error) from error

    def update(
        self,
        key: Key,
        expression: str,
        *,
        values: Item,
        names: Mapping[str, str] | None = None,
        condition: str = "",
    ) -> Item:
        """Change an item by an update expression; the item as it is afterwards. Raises `ConditionFailed`."""
        extra: Any = {"ConditionExpression": condition} if condition else {}
        if names:
            extra["ExpressionAttributeNames"] = names
        if values:
            extra["ExpressionAttributeValues"] = values
        try:
            return self._client.update_item(
                TableName=self._name,
                Key=key.attributes(),
                UpdateExpression=expression,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **extra,
            )["Attributes"]
        except ClientError as error:
            raise _condition_failed(error) from error

    def note(
        self, key: Key, expression: str, *, values: Item, condition: str, names: Mapping[str, str] | None = None
    ) -> None:
        """Change an item and be told nothing of it: for roles that may not read it, and items that are long.

        Raises `ConditionFailed`.
        """
        extra: Any = {"ExpressionAttributeNames": names} if names else {}
        try:
            self._client.update_item(
                TableName=self._name,
                Key=key.attributes(),
                UpdateExpression=expression,
                ExpressionAttributeValues=values,
                ConditionExpression=condition,
                ReturnValues="NONE",
                **extra,
            )
        except ClientError as error:
            raise _condition_failed(error) from error

    def delete(self, key: Key) -> None:
        """Remove an item, if it is there."""
        self._client.delete_item(TableName=self._name, Key=key.attributes())

    def range(self, pk: str, first: str, last: str, *, newest_first: bool = False) -> Iterator[Item]:
        """The items of a partition whose sort keys lie between two, both included, in options."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
        )
        for page in pages:
            yield from page["Items"]

    def newest(self, pk: str, first: str, last: str, most: int) -> list[Item]:
        """The items of a partition whose sort keys lie between two, newest first: one query for at most so many."""
        page = self._client.query(
            TableName=self._name,
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=most,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}},
        )
        return list(page["Items"])

    def between(self, name: str, pk: str, first: str, last: str, only: Filter, options: QueryOptions) -> QueryPage:
        """One query for the sort keys between two, both included, of an index or (with no name) of the table."""
        values = {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}, **only.values}
        extra: Any = {"ExclusiveStartKey": options.start} if options.start else {}
        if name:
            extra["IndexName"] = name
        if only.expression:
            extra["FilterExpression"] = only.expression
        if only.names:
            extra["ExpressionAttributeNames"] = only.names
        page = self._client.query(
            TableName=self._name,
            ScanIndexForward=not options.newest_first,
            Limit=options.most,
            KeyConditionExpression=f"{name}PK = :pk AND {name}SK BETWEEN :first AND :last",
            ExpressionAttributeValues=values,
            **extra,
        )
        return QueryPage(list(page["Items"]), page.get("LastEvaluatedKey"))

    def delete_all(self, keys: Iterable[Key]) -> int:
        """Remove items, those that are there; how many were named."""
        rest, number = iter(keys), 0
        while lot := list(islice(rest, _DELETES)):
            number += len(lot)
            wanted: Any = {self._name: [{"DeleteRequest": {"Key": key.attributes()}} for key in lot]}
            while wanted:
                wanted = self._client.batch_write_item(RequestItems=wanted)["UnprocessedItems"]
        return number

    def keys(self, pk: str) -> Iterator[Key]:
        """The keys of a partition's items, in options."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            ConsistentRead=True,
            KeyConditionExpression="PK = :pk",
            ProjectionExpression="SK",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )
        for page in pages:
            yield from (Key(pk, item["SK"]["S"]) for item in page["Items"])

    def index(
        self, name: str, pk: str, *, newest_first: bool = False, last: str = "\uffff", only: str | None = None
    ) -> Iterator[Item]:
        """The items of one partition of an index up to a sort key, or of each `only` the attribute of that name.

        Indexes lag behind the table by a moment.
        """
        shown: Any = {"ProjectionExpression": only} if only else {}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            IndexName=name,
            ScanIndexForward=not newest_first,
            KeyConditionExpression=f"{name}PK = :pk AND {name}SK <= :last",
            ExpressionAttributeValues={":pk": {"S": pk}, ":last": {"S": last}},
            **shown,
        )
        for page in pages:
            yield from page["Items"]


def _condition_failed(error: ClientError) -> Exception:
    if error_code(error) != "ConditionalCheckFailedException":
        return error
    found: Any = error.response
    return ConditionFailed(found.get("Item", {}))
