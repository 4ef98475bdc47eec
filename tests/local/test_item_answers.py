"""What DynamoDB's calls for items answer is what moto's server answers to them, byte for byte."""

from __future__ import annotations

import json
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from infra.local import moto_patches
from infra.local.identity import ACCOUNT_ID, CredentialIssuer
from infra.local.moto_patches.items import OPERATIONS
from infra.local.permissions.enforcement import Permissions
from infra.local.server import AwsServer
from infra.local.wsgi import Answer, WsgiApp, ask
from tests.local.item_calls import request

# Nobody else's: what the laptop clouds of other tests have stays.
REGION = "eu-west-1"
TABLE = "answers"
KEY = {"PK": {"S": "k"}, "SK": {"S": "1"}}
OF_ALL_KINDS = {
    "S": {"S": "é\u2028\\"},
    "N": {"N": "1.50"},
    "B": {"B": "AP8="},
    "BOOL": {"BOOL": False},
    "NULL": {"NULL": True},
    "SS": {"SS": ["a", "b"]},
    "NS": {"NS": ["1"]},
    "BS": {"BS": ["/g=="]},
    "L": {"L": [{"B": "eA=="}, {"M": {"in": {"SS": ["x"]}}}, {"N": "2"}]},
    "M": {"M": {"deep": {"L": []}, "set": {"NS": ["3", "4"]}, "n": {"N": "5"}}},
    "GPK": {"S": "g"},
}
INDEX = {"IndexName": "G", "KeySchema": [{"AttributeName": "GPK", "KeyType": "HASH"}]}
CREATED = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "GPK")],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [{**INDEX, "Projection": {"ProjectionType": "ALL"}}],
}
ITEM = {**KEY, **OF_ALL_KINDS}
MISSING = "attribute_not_exists(PK)"
OF_K = {"KeyConditionExpression": "PK = :k", "ExpressionAttributeValues": {":k": {"S": "k"}}}
ADD_ALL = "SET #s = :s, M.n = M.n + :one, L = list_append(L, :l) ADD N :one, SS :set DELETE NS :gone REMOVE BOOL"
VALUES = {
    ":s": {"S": "new"},
    ":one": {"N": "1"},
    ":l": {"L": [{"S": "more"}]},
    ":set": {"SS": ["c"]},
    ":gone": {"NS": ["1"]},
}
UPDATE = {"UpdateExpression": ADD_ALL, "ExpressionAttributeNames": {"#s": "S"}, "ExpressionAttributeValues": VALUES}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("PutItem", {"Item": ITEM}),
    ("PutItem", {"Item": ITEM, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "TOTAL"}),
    ("PutItem", {"Item": ITEM, "ConditionExpression": MISSING}),
    ("PutItem", {"Item": ITEM, "ConditionExpression": MISSING, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ("PutItem", {"Item": {**KEY, "SK": {"S": "2"}, "GPK": {"S": ""}}}),
    ("PutItem", {"Item": {"PK": {"S": "k"}}}),
    ("PutItem", {"Item": {**KEY, "text": {"S": "x" * 410_000}}}),
    ("GetItem", {"Key": KEY}),
    ("GetItem", {"Key": {**KEY, "SK": {"S": "none"}}}),
    ("GetItem", {"Key": {**KEY, "SK": {"S": ""}}}),
    ("GetItem", {"Key": KEY, "ProjectionExpression": "PK, M.n, L", "ReturnConsumedCapacity": "INDEXES"}),
    ("GetItem", {"Key": {"PK": {"S": "k"}}}),
    ("GetItem", {"Key": KEY, "TableName": "unknown"}),
    ("GetItem", {"Key": KEY, "ReturnConsumedCapacity": "SOME"}),
    ("Query", OF_K),
    ("Query", {**OF_K, "Limit": 1, "ScanIndexForward": False, "Select": "COUNT"}),
    ("Query", {**OF_K, "Limit": 1, "ExclusiveStartKey": KEY}),
    ("Query", {**OF_K, "FilterExpression": "attribute_exists(nothing)"}),
    ("Query", {**OF_K, "KeyConditionExpression": "PK = :k AND begins_with(SK, :k)"}),
    ("Query", {**OF_K, "KeyConditionExpression": "GPK = :k", "IndexName": "G"}),
    ("Query", {**OF_K, "KeyConditionExpression": "GPK = :k", "IndexName": "H"}),
    *(
        ("UpdateItem", {"Key": KEY, **UPDATE, "ReturnValues": wanted})
        for wanted in ("ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "NONE", "SOMETHING")
    ),
    ("UpdateItem", {"Key": {**KEY, "SK": {"S": "2"}}, **UPDATE}),
    ("UpdateItem", {"Key": {**KEY, "SK": {"S": "3"}}, "UpdateExpression": "SET a.b = PK"}),
    ("UpdateItem", {"Key": KEY, **UPDATE, "ConditionExpression": MISSING}),
    ("UpdateItem", {"Key": KEY, **UPDATE, "ExpressionAttributeNames": {"#s": "S", "#unused": "u"}}),
    ("UpdateItem", {"Key": KEY, "UpdateExpression": "SET name = :s, BOOL", "ExpressionAttributeValues": VALUES}),
    ("UpdateItem", {"Key": KEY, "UpdateExpression": " "}),
    ("GetItem", {"Key": KEY}),
    ("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": {**ITEM, "SK": {"S": "9"}}}}]}}),
    ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [KEY, {**KEY, "SK": {"S": "9"}}]}}}),
    ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [KEY, KEY]}}}),
    ("Scan", {"Limit": 1}),
    ("Scan", {"FilterExpression": "attribute_exists(B)"}),
    ("DeleteItem", {"Key": KEY, "ConditionExpression": MISSING}),
    ("DeleteItem", {"Key": KEY, "ReturnValues": "ALL_OLD"}),
    ("DeleteItem", {"Key": KEY}),
]
RANDOM = "x-amzn-requestid"


def answers(app: WsgiApp) -> list[Answer]:
    """What the calls are answered, one after the other, on a new table."""
    tables: Any = dynamodb_backends[ACCOUNT_ID][REGION].tables
    tables.pop(TABLE, None)
    try:
        calls = [("CreateTable", CREATED)]
        calls += [(name, body if "RequestItems" in body else {"TableName": TABLE, **body}) for name, body in CALLS]
        return [ask(app, request(name, json.dumps(body).encode(), REGION)) for name, body in calls][1:]
    finally:
        tables.pop(TABLE, None)


def test_answers_are_those_of_motos_server() -> None:
    moto_patches.install()
    # Which sets moto up as it is set up for a laptop cloud.
    AwsServer(CredentialIssuer(), Permissions()).close()
    app: Any = DomainDispatcherApplication(create_backend_app)
    original: Any = DomainDispatcherApplication.__call__
    ours, theirs = answers(app), answers(lambda *call: original.__wrapped__(app, *call))
    for (name, body), our, their in zip(CALLS, ours, theirs, strict=True):
        call = f"{name} {str(body)[:300]}"
        assert our.body == their.body, call
        assert (our.status, our.reason) == (their.status, their.reason), call
        mine, other = ([each for each in answer.headers if each[0] != RANDOM] for answer in (our, their))
        assert mine == other, call
    # Nothing of it is true of two servers that refuse everything.
    assert {answer.status for answer in ours} == {200, 400}
    assert {name for (name, _), answer in zip(CALLS, ours, strict=True) if answer.status == 200} == set(OPERATIONS)
