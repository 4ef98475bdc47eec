"""The process of a laptop cloud: tells where it is, and goes when its input ends.

python -m codex_swarm_local.serve FILE_DESCRIPTOR OPTIONS
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

STACK = Path(__file__).with_name("stack")


def main(descriptor: int, *, logs: str, require_key: bool) -> None:
    """Serves until the input ends."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    # The code of the service is what was installed, also where a checkout of it is the working directory.
    sys.path[:0] = [str(STACK), str(STACK / "functions"), str(STACK / "client")]
    from infra.local.cloud import LocalCloud  # noqa: PLC0415  it is importable only now

    cloud = LocalCloud(log_folder=Path(logs), require_key=require_key)
    with cloud:
        api_key = cloud.development_key if require_key else None
        os.write(descriptor, json.dumps({"url": cloud.url, "api_key": api_key}).encode())
        os.close(descriptor)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), **json.loads(sys.argv[2]))
