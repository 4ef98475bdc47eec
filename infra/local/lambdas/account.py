"""What an account may have at a time: executions of all its functions, and environments that belong to tenants."""

from __future__ import annotations

import threading

# A quota of Lambda: so many environments of tenants, active or idle, for each execution that may run at a time.
ENVIRONMENTS_PER_EXECUTION = 2.5


class Account:
    """Counts what is taken of an account's quotas; None is no limit.

    An environment of a tenant that is idle for `tenant_idle_seconds` goes; AWS keeps it for minutes.
    """

    def __init__(
        self, concurrency: int | None = None, environments: int | None = None, tenant_idle_seconds: float = 20.0
    ) -> None:
        """Without a number of their own there are as many environments as AWS gives with this concurrency."""
        self.tenant_idle_seconds = tenant_idle_seconds
        if environments is None and concurrency is not None:
            environments = int(concurrency * ENVIRONMENTS_PER_EXECUTION)
        self._lock = threading.Lock()
        self.executions = Quota(concurrency)
        self.environments = Quota(environments)

    def begin_execution(self) -> bool:
        """False when the account has no room for another; otherwise `end_execution` has to follow."""
        with self._lock:
            return self.executions.take()

    def end_execution(self) -> None:
        """One execution less."""
        with self._lock:
            self.executions.taken -= 1

    def add_environment(self) -> bool:
        """False when the account has no room for another; otherwise `remove_environment` has to follow."""
        with self._lock:
            return self.environments.take()

    def remove_environment(self) -> None:
        """One environment of a tenant less."""
        with self._lock:
            self.environments.taken -= 1


class Quota:
    """So many at a time."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.taken = 0

    def take(self) -> bool:
        """Whether there was room for one more, which is then taken."""
        if self.most is not None and self.taken >= self.most:
            return False
        self.taken += 1
        return True
