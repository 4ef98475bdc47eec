"""Deployments whose runs ask a scripted provider instead of the offline model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack

import pytest

from agent.app import api_key
from swarm.aws import clients
from tests.provider.script import Reply
from tests.provider.server import API_KEY, Received, ScriptedProvider
from tests.support.stack import Stack
from tests.support.stack import stack as deployed

SECRET = "swarm/openai"
KEY = "sk-test-4f9a"
Setting = str | Callable[[str], str]


class Runs:
    """A deployment whose runs ask a scripted provider."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, opened: ExitStack) -> None:
        self._monkeypatch = monkeypatch
        self._opened = opened

    def of(self, *script: Reply, key: str = KEY, **environment: Setting) -> tuple[ScriptedProvider, Stack]:
        """The provider with this script, and the deployment that has a key as a secret: this provider's, unless it
        takes another `key`. A setting may be made of the provider's address.
        """
        return self.asking(script, key=key, **environment)

    def asking(
        self, script: Iterable[Reply] | Callable[[Received], Reply], *, key: str = KEY, **environment: Setting
    ) -> tuple[ScriptedProvider, Stack]:
        """The same, where a function may choose the replies."""
        provider = self._opened.enter_context(ScriptedProvider(script, key))
        settings = {
            "CROSS_RUN_FAKE_SWARM": "",
            "OPENAI_SECRET_NAME": SECRET,
            "OPENAI_BASE_URL": provider.base_url,
            "OPENAI_MODEL": "test-model",
            **{name: each if isinstance(each, str) else each(provider.base_url) for name, each in environment.items()},
        }
        stack = self._opened.enter_context(deployed(self._monkeypatch, **settings))
        clients.secrets().create_secret(Name=SECRET, SecretString=f"{KEY}\n")
        api_key.cache_clear()
        self._opened.callback(api_key.cache_clear)
        return provider, stack

    def further(
        self, script: Iterable[Reply] | Callable[[Received], Reply], api_key: str = API_KEY
    ) -> ScriptedProvider:
        """A provider besides, for an entry of `PROVIDERS`; by default it takes the key that the deployment has."""
        return self._opened.enter_context(ScriptedProvider(script, api_key))
