"""Names of this machine: what a request's `Host` may be where only programs of this machine are answered.

A web page can have a name of its own lead to 127.0.0.1 (DNS rebinding), and then reads every answer as its own. The
browser still says that name in `Host`.
"""

from __future__ import annotations

import functools
import ipaddress
import re

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::\d{1,5})?", re.IGNORECASE)


@functools.lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a `Host` header names this machine by an address or a name that leads nowhere else."""
    found = HOST.fullmatch(host.strip())
    if found is None:
        return False
    name = found[1].strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
