"""Secrets that go with their owner, for good and at once."""

from __future__ import annotations

from swarm.aws import clients


def delete_secret(name: str) -> bool:
    """Delete a secret without the days in which it could be had back; whether there was one.

    Source: DescribeSecret and DeleteSecret of the Secrets Manager API. A deletion that is forced says nothing of a
    secret that is not there, so it is looked for first.
    """
    secrets = clients.secrets()
    try:
        secrets.describe_secret(SecretId=name)
    except secrets.exceptions.ResourceNotFoundException:
        return False
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    return True
