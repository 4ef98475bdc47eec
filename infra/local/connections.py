"""The open connections of a server: whoever keeps them has to end them too."""

from __future__ import annotations

import socket
import threading
from socketserver import TCPServer
from typing import Any


class KeptConnections(TCPServer):
    """A server that knows its connections; `close_connections` ends those that are open, also in the middle."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take one more."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """One less."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Whoever reads from one sees its end."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            self.shutdown_request(connection)
