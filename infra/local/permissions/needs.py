"""What a call needs to be allowed: its actions, resources and condition keys.

Source: the Service Authorization Reference, of DynamoDB, S3, Step Functions, Lambda and Secrets Manager.
"""

from __future__ import annotations

import html
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends

from infra.local.identity import ACCOUNT_ID, REGION
from infra.local.permissions.policy import Need
from infra.local.wsgi import BODY, FORM, Environ

# S3's operations that need the permission of another name; what is not here is called like its operation.
S3_ACTIONS = {
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "PostObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
}
VERSIONED = {"GetObject": "GetObjectVersion", "DeleteObject": "DeleteObjectVersion"}
# DynamoDB's operations on one item, which say its key, and those that name tables and items in a list.
OF_A_KEY = ("GetItem", "DeleteItem", "UpdateItem")
IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
EQUALS = re.compile(r"(#?[\w.-]+)\s*=\s*(:\w+)")
OBJECT = re.compile(r"<Object>(.*?)</Object>", re.DOTALL)
KEY_OR_VERSION = re.compile(r"<(Key|VersionId)>(.*?)</", re.DOTALL)
LEADING_KEYS = "dynamodb:leadingkeys"
ATTRIBUTES, RETURN_VALUES = "dynamodb:attributes", "dynamodb:returnvalues"
NAME = re.compile(r"(?<![\w:.#])#?[A-Za-z_]\w*\b(?!\s*\()")
"""A word of an expression that is neither a value nor a function nor a part of a path behind its first."""
WORDS = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"}
OWN_KEY = "alias/aws/secretsmanager"
OF_ONE_SECRET = {"GetSecretValue", "DescribeSecret", "DeleteSecret"}


def needs(service: str, operation: str, environ: Environ) -> list[Need]:
    """All of these have to be allowed. A call that is not known here needs its own name, on everything."""
    if service == "s3":
        return list(_s3(operation, environ))
    if service == "lambda" and operation == "Invoke":
        return [Need("lambda:InvokeFunction", _function_arn(environ), {})]
    body = json.loads(environ[BODY] or b"{}")
    if service == "dynamodb":
        return list(_dynamodb(operation, body))
    if service == "secretsmanager" and operation in OF_ONE_SECRET:
        return list(_secret(operation, body["SecretId"]))
    resource = "*"
    if service == "states":
        resource = body.get("executionArn") or body.get("stateMachineArn") or "*"
    return [Need(f"{service}:{operation}", resource, {})]


def _s3(operation: str, environ: Environ) -> Iterator[Need]:
    bucket, _, key = urllib.parse.unquote(environ["RAW_URI"].partition("?")[0]).removeprefix("/").partition("/")
    query = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    action = S3_ACTIONS.get(operation, operation)
    if operation == "DeleteObjects":
        for each, version in deleted_objects(environ[BODY]):
            yield Need(f"s3:{_versioned('DeleteObject', version)}", object_arn(bucket, each), {})
        return
    if operation == "CopyObject":
        source = urllib.parse.unquote(environ["HTTP_X_AMZ_COPY_SOURCE"]).removeprefix("/")
        name, _, version = source.partition("?versionId=")
        yield Need(f"s3:{_versioned('GetObject', version)}", f"arn:aws:s3:::{name}", {})
    if operation == "PostObject":
        key = environ[FORM].get("key", "")
    prefix = {"s3:prefix": (query["prefix"],)} if "prefix" in query else {}
    resource = object_arn(bucket, key) if key else f"arn:aws:s3:::{bucket}"
    yield Need(f"s3:{_versioned(action, query.get('versionId', ''))}", resource, prefix)
    if "HTTP_X_AMZ_TAGGING" in environ:
        yield Need("s3:PutObjectTagging", resource, {})


def object_arn(bucket: str, key: str) -> str:
    """The ARN of an object."""
    return f"arn:aws:s3:::{bucket}/{key}"


def _versioned(action: str, version: str) -> str:
    return VERSIONED.get(action, action) if version else action


def deleted_objects(document: bytes) -> Iterator[tuple[str, str]]:
    """Key and version of each object that a DeleteObjects names; the version is empty where it names none."""
    for each in OBJECT.findall(document.decode()):
        found = {name: html.unescape(text) for name, text in KEY_OR_VERSION.findall(each)}
        yield found["Key"], found.get("VersionId", "")


def _dynamodb(operation: str, body: Mapping[str, Any]) -> Iterator[Need]:
    if operation in OF_A_KEY:
        need = _item(operation, body["TableName"], [body["Key"]])
        yield _update(need, body) if operation == "UpdateItem" else need
    elif operation == "PutItem":
        yield _item(operation, body["TableName"], [body["Item"]])
    elif operation == "BatchGetItem":
        for table, asked in body["RequestItems"].items():
            yield _item(operation, table, asked["Keys"])
    elif operation == "BatchWriteItem":
        for table, requests in body["RequestItems"].items():
            items = [each.get("PutRequest", {}).get("Item") or each["DeleteRequest"]["Key"] for each in requests]
            yield _item(operation, table, items)
    elif operation in ("TransactWriteItems", "TransactGetItems"):
        for each in body["TransactItems"]:
            [(kind, asked)] = each.items()
            yield _item(IN_TRANSACTIONS.get(kind, "GetItem"), asked["TableName"], [asked.get("Item") or asked["Key"]])
    elif operation == "Query":
        yield _query(body)
    else:
        arn = _table_arn(body["TableName"]) if "TableName" in body else "*"
        index = body.get("IndexName")
        yield Need(f"dynamodb:{operation}", f"{arn}/index/{index}" if index else arn, {})


def _item(operation: str, table: str, items: Iterable[Mapping[str, Any]]) -> Need:
    attribute = _hash_attribute(table, None)
    keys = tuple(_text(item[attribute]) for item in items if attribute in item)
    return Need(f"dynamodb:{operation}", _table_arn(table), {LEADING_KEYS: keys})


def _update(need: Need, body: Mapping[str, Any]) -> Need:
    returned = {RETURN_VALUES: (body.get("ReturnValues", "NONE"),)}
    return Need(need.action, need.resource, {**need.context, ATTRIBUTES: _attributes(body), **returned})


def _attributes(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The top-level attributes that an update names: its key's, and those of its expressions."""
    names, found = body.get("ExpressionAttributeNames", {}), set(body["Key"])
    for expression in ("UpdateExpression", "ConditionExpression"):
        words = NAME.findall(body.get(expression, ""))
        found |= {names.get(word, word) for word in words if word.upper() not in WORDS}
    return tuple(sorted(found))


def _query(body: Mapping[str, Any]) -> Need:
    index = body.get("IndexName")
    attribute = _hash_attribute(body["TableName"], index)
    names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
    keys = tuple(
        _text(values[value])
        for name, value in EQUALS.findall(body.get("KeyConditionExpression", ""))
        if names.get(name, name) == attribute and value in values
    )
    arn = _table_arn(body["TableName"])
    return Need("dynamodb:Query", f"{arn}/index/{index}" if index else arn, {LEADING_KEYS: keys})


def _table_arn(table: str) -> str:
    return table if table.startswith("arn:") else f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}"


def _hash_attribute(table: str, index: str | None) -> str:
    found: Any = dynamodb_backends[ACCOUNT_ID][REGION].tables.get(table.rpartition("/")[2])
    if found is None:
        # The call is going to fail anyway, for another reason.
        return ""
    schema = found.schema if index is None else next((e.schema for e in found.indexes if e.name == index), [])
    return next((str(each["AttributeName"]) for each in schema if each["KeyType"] == "HASH"), "")


def _text(value: Mapping[str, str]) -> str:
    return str(next(iter(value.values())))


def _function_arn(environ: Environ) -> str:
    name = urllib.parse.unquote(environ["RAW_URI"].partition("?")[0]).split("/")[-2]
    return name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"


def _secret(operation: str, name: str) -> Iterator[Need]:
    backend: Any = secretsmanager_backends[ACCOUNT_ID][REGION]
    secret = backend.secrets.get(name)
    if secret is None:
        # Secrets Manager adds a hyphen and six characters to a name.
        arn = name if name.startswith("arn:") else f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:{name}-??????"
        yield Need(f"secretsmanager:{operation}", arn, {})
        return
    yield Need(f"secretsmanager:{operation}", secret.arn, {})
    if operation == "GetSecretValue" and secret.kms_key_id and secret.kms_key_id != OWN_KEY:
        keys: Any = kms_backends[ACCOUNT_ID][REGION]
        via = {"kms:viaservice": (f"secretsmanager.{REGION}.amazonaws.com",)}
        yield Need("kms:Decrypt", keys.describe_key(secret.kms_key_id).arn, via)
