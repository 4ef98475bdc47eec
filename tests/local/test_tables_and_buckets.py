"""Tables and buckets are as the template says, and do not lose what is written at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from infra.local.cloud import LocalCloud
from tests.local.clouds import item


def test_table_has_expiry_and_recovery(fixture_cloud: LocalCloud) -> None:
    dynamodb, name = fixture_cloud.client("dynamodb"), fixture_cloud.table_name
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_bucket_has_versions_and_no_public_access(fixture_cloud: LocalCloud) -> None:
    s3, name = fixture_cloud.client("s3"), fixture_cloud.bucket_name
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert block["BlockPublicAcls"] is True
    assert block["BlockPublicPolicy"] is True


def test_no_update_is_lost(fixture_cloud: LocalCloud) -> None:
    dynamodb = fixture_cloud.client("dynamodb")

    def add(_: int) -> None:
        dynamodb.update_item(
            TableName=fixture_cloud.table_name,
            Key={"PK": {"S": "counter"}, "SK": {"S": "META"}},
            UpdateExpression="ADD calls :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(300)))
    found = item(fixture_cloud, "counter")
    assert found is not None
    assert found["calls"]["N"] == "300"


def test_resource_whose_condition_is_false_is_not_made(fixture_cloud: LocalCloud) -> None:
    assert "NotHere" not in fixture_cloud.resources
    assert len(fixture_cloud.client("s3").list_buckets()["Buckets"]) == 1
