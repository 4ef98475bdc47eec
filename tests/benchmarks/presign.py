"""Presigned URLs: our signer and boto3's side by side, as a ratio.

Both sign the same keys in turns in one process, and only the processor's time counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
from botocore.config import Config

from swarm.aws.presigning import Credentials, Presigner
from tests.benchmarks.figures import median

ENDPOINT = "https://s3.us-east-1.amazonaws.com"
ROUNDS = 9


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./run.sh bench presign", description=__doc__)
    parser.add_argument("--urls", type=int, default=200, help=f"signed in each of the {ROUNDS} rounds (200)")
    chosen = parser.parse_args(arguments)
    mine, boto, ratios = measure(chosen.urls)
    print(f"ours   {mine:6.1f} us a URL")
    print(f"boto3  {boto:6.1f} us a URL")
    print(f"ratio  {median(ratios):.0f} (from {ratios[0]:.0f} to {ratios[-1]:.0f} over {ROUNDS} rounds)")


def measure(urls: int) -> tuple[float, float, list[float]]:
    """Microseconds a URL of ours and of boto3's, and by how much ours was quicker in each round, in order."""
    keys = [f"t/tenant/p/project/blobs/{number:064x}" for number in range(urls)]
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )

    def theirs() -> None:
        for key in keys:
            client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": key}, ExpiresIn=3_600)

    def ours() -> None:
        # With the key derived anew, as it is for each request.
        credentials = Credentials("AKIDEXAMPLE", "secret")
        signer = Presigner(credentials, "us-east-1", ENDPOINT, "bucket", datetime.now(UTC), timedelta(hours=1))
        for key in keys:
            signer.get(key)

    rounds = [(_seconds(ours), _seconds(theirs)) for _ in range(ROUNDS)]
    mine, boto = (median([each[place] for each in rounds]) / len(keys) * 1e6 for place in (0, 1))
    return mine, boto, sorted(theirs / ours for ours, theirs in rounds)


def _seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
