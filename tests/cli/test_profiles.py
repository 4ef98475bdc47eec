"""Profiles: which service, which key, and that a key goes nowhere else."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from codex_swarm.cli import profiles
from codex_swarm.cli.exits import Exit
from codex_swarm.cli.profiles import Profile
from tests.cli.conftest import Cli
from tests.client.fake_api import FakeApi, refused, told


def sent_keys(api: FakeApi) -> list[str | None]:
    return [request.headers.get("Authorization") for request in api.received]


def test_a_profile_is_added_used_listed_and_removed(cli: Cli, api: FakeApi, config: Path) -> None:
    api.on("GET", "/projects", told([]))
    assert cli("profiles", "add", "work", "--url", api.url, "--api-key", "key-work").code == 0
    assert cli("profiles", "add", "home", "--url", "http://127.0.0.1:9", "--no-key", "--project", "mine").code == 0
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert cli("profiles").out == f"work\t{api.url}\tkey\t\nhome\thttp://127.0.0.1:9\tno key\tmine\n"
    assert "key-work" not in cli("profiles", "--json").out
    assert cli("projects").code == 0
    assert sent_keys(api) == ["Bearer key-work"]
    assert cli("profiles", "use", "home").code == 0
    assert cli("projects", "--profile", "work").code == 0
    assert cli("profiles", "remove", "work").code == 0
    assert json.loads(cli("profiles", "--json").out) == [
        {"name": "home", "url": "http://127.0.0.1:9", "has_key": False, "project": "mine", "default": True}
    ]


def test_a_key_of_a_profile_goes_to_its_own_address_only(
    cli: Cli, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.on("GET", "/projects", told([]))
    assert cli("profiles", "add", "work", "--url", "https://work.example", "--api-key", "key-work").code == 0
    assert cli("projects", "--url", api.url).code == 0
    assert cli("projects", "--profile", "work", "--url", api.url).code == 0
    monkeypatch.setenv("CODEX_SWARM_URL", api.url)
    assert cli("projects").code == 0
    assert sent_keys(api) == [None, None, None]


def test_what_is_named_goes_before_the_environment_and_that_before_the_default(
    cli: Cli, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.on("GET", "/projects", told([]))
    cli("profiles", "add", "work", "--url", api.url, "--api-key", "key-work")
    monkeypatch.setenv("CODEX_SWARM_URL", api.url)
    monkeypatch.setenv("CODEX_SWARM_API_KEY", "key-env")
    for words in ([], ["--profile", "work"], ["--api-key", "key-option"]):
        assert cli("projects", *words).code == 0
    monkeypatch.setenv("CODEX_SWARM_PROFILE", "work")
    assert cli("projects").code == 0
    assert sent_keys(api) == ["Bearer key-env", "Bearer key-work", "Bearer key-option", "Bearer key-work"]


BY_HAND = """# mine
default = 'work'  # the one

[profiles.work]
url = "https://work.example"  # theirs
[profiles."play"] # for fun
url = "http://127.0.0.1:1"

[profiles.last]
project = "p"
"""


def test_what_a_person_wrote_stays(config: Path) -> None:
    config.parent.mkdir()
    config.write_text(BY_HAND)
    profiles.put(config, Profile("play", "http://127.0.0.1:2", 'quote"\\'), default=True)
    text = config.read_text()
    assert text.startswith("# mine\n")
    assert 'url = "https://work.example"  # theirs\n' in text
    after = profiles.read(config)
    assert after.default == "play"
    assert after.by_name == {
        "work": Profile("work", "https://work.example"),
        "last": Profile("last", project="p"),
        "play": Profile("play", "http://127.0.0.1:2", 'quote"\\'),
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("default = 3", "takes a name"),
        ("[profiles.a]\nurl = 3", "takes texts"),
        ("[profiles.a]\nkey = 'x'", "has no key"),
        ("[profiles", "is not TOML"),
        ("profiles = {a = {url = 'http://a'}}", "edit it by hand"),
    ],
    ids=["default", "type", "unknown", "syntax", "inline"],
)
def test_a_file_that_says_something_else_is_refused_and_stays(text: str, says: str, cli: Cli, config: Path) -> None:
    config.parent.mkdir()
    config.write_text(text)
    done = cli("profiles", "add", "a", "--url", "http://127.0.0.1:2", "--no-key")
    assert done.code == Exit.USAGE
    assert says in done.err
    assert config.read_text() == text
    assert [each.name for each in config.parent.iterdir()] == [config.name]


def test_an_unknown_profile_is_named_with_those_that_there_are(cli: Cli) -> None:
    cli("profiles", "add", "work", "--url", "https://work.example", "--no-key")
    done = cli("projects", "--profile", "wrok")
    assert (done.code, "there are: work" in done.err) == (Exit.USAGE, True)


def test_nobody_is_asked_for_a_key_where_nobody_is(cli: Cli, config: Path) -> None:
    assert cli("profiles", "add", "work", "--url", "https://work.example").code == Exit.USAGE
    assert not config.exists()


DOCTOR = {
    "unreachable": (Exit.UNREACHABLE, "is a laptop cloud running?"),
    "something else": (Exit.UNREACHABLE, "what answers there is something else"),
    "no key": (Exit.KEY, "the operator makes keys"),
}


@pytest.mark.parametrize("wrong", DOCTOR)
def test_the_doctor_says_what_is_wrong_and_what_to_do(wrong: str, cli: Cli, api: FakeApi) -> None:
    url = "http://127.0.0.1:9" if wrong == "unreachable" else api.url
    if wrong == "no key":
        api.on("GET", "/healthz", told({"status": "ok"}))
        api.on("GET", "/projects?limit=1", refused(401, "unauthenticated"))
    done = cli("doctor", "--url", url)
    code, says = DOCTOR[wrong]
    assert (done.code, says in done.out) == (code, True)
    assert json.loads(cli("doctor", "--url", url, "--json").out)["ok"] is False


def test_the_doctor_minds_a_file_that_others_can_read(cli: Cli, config: Path) -> None:
    cli("profiles", "add", "work", "--url", "http://127.0.0.1:9", "--no-key")
    config.chmod(0o644)
    assert f"chmod 600 {config}" in cli("doctor").out
