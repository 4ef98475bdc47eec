"""Where the service is, and the key for it. The one place of the client that reads the environment."""

from __future__ import annotations

import os
import ssl
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from codex_swarm.errors import InvalidArgument

DEFAULT_URL = "http://127.0.0.1:5050"

_NO_ADDRESS = "the base URL is no address such as https://api.example.com; it begins with https:// or http://"


def base_url(given: str | None) -> str:
    """The address without a slash at its end: as given, or `CODEX_SWARM_URL`, or the laptop cloud's usual one.

    Raises `InvalidArgument` for what is no address of a service.
    """
    url = (given or os.environ.get("CODEX_SWARM_URL") or DEFAULT_URL).rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise InvalidArgument(_NO_ADDRESS) from error
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidArgument(_NO_ADDRESS)
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidArgument("the base URL takes scheme, host, port and path; give the key as api_key")
    return url


def api_key(given: str | None) -> str | None:
    """The key as given, or `CODEX_SWARM_API_KEY`, or none: a laptop cloud is open to its own machine.

    Raises `InvalidArgument` for what no header can carry, without quoting it.
    """
    key = given or os.environ.get("CODEX_SWARM_API_KEY") or None
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise InvalidArgument(
            "the API key has a blank, a line end or a character outside ASCII; a file that holds it may end in one"
        )
    return key


def url_is_set() -> bool:
    """Whether the environment says where the service is."""
    return bool(os.environ.get("CODEX_SWARM_URL"))


def key_is_set() -> bool:
    """Whether the environment has a key."""
    return bool(os.environ.get("CODEX_SWARM_API_KEY"))


def profile_name() -> str | None:
    """The profile that the environment names (`CODEX_SWARM_PROFILE`)."""
    return os.environ.get("CODEX_SWARM_PROFILE") or None


def config_file() -> Path:
    """Where profiles are: `CODEX_SWARM_CONFIG`, or `codex-swarm.toml` in `XDG_CONFIG_HOME`, or in `~/.config`."""
    named = os.environ.get("CODEX_SWARM_CONFIG")
    if named:
        return Path(named).expanduser()
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "codex-swarm.toml"


def earlier_installation() -> tuple[Path, Path, Path]:
    """Database, workspaces and artifacts of the earlier version, by the settings that it had."""
    return (
        Path(os.environ.get("CROSS_RUN_DATABASE_PATH") or "data/dev.db"),
        Path(os.environ.get("CROSS_RUN_WORKSPACE_ROOT") or "workspaces"),
        Path(os.environ.get("CROSS_RUN_ARTIFACTS_ROOT") or "artifacts"),
    )


def trusted_certificates() -> ssl.SSLContext:
    """Whom to trust: those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, or certifi. Raises `OSError`.

    Reading them takes a while, so all clients of a process share them.
    """
    return _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _trusting(file: str | None, folder: str | None) -> ssl.SSLContext:
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    return httpx.create_ssl_context(trust_env=False)


def is_loopback(url: str) -> bool:
    """Whether the address is of this machine, where no proxy belongs in between."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
