"""What a program writes, kept within bounds: the beginning and the end, however much there is between."""

from __future__ import annotations

_BYTES_A_CHARACTER = 4


class Output:
    """Takes bytes as they come, and never holds more than a few times `limit` characters."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # In UTF-8 no text of half the limit can be longer than this.
        self._half = limit // 2 * _BYTES_A_CHARACTER
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, chunk: bytes) -> None:
        """The next bytes, in order."""
        self.total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room < len(chunk) else b""
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def text(self) -> str:
        """The output as text of at most the limit, plus one line that says how much is missing in the middle."""
        if self.total == len(self._head) + len(self._tail):
            whole = (self._head + self._tail).decode(errors="replace")
            if len(whole) <= self._limit:
                return whole
        half = self._limit // 2
        head = self._head.decode(errors="replace")[:half]
        tail = (self._head + self._tail)[-self._half :].decode(errors="replace")[-half:]
        missing = self.total - len(head.encode()) - len(tail.encode())
        return f"{head}\n[… {missing:,} bytes left out …]\n{tail}"
