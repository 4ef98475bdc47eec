"""`./run.sh deploy`: its commands in order, the change set before anything is done, an end at the first failure."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from infra import deploy
from tests.template.conftest import ROOT

RECORDER = """#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
with (here / "asked.jsonl").open("a") as log:
    log.write(json.dumps([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]) + "\\n")
answers = json.loads((here / "answers.json").read_text())
for word, (code, text) in answers.items():
    if word in sys.argv:
        print(text)
        sys.exit(code)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which commands only write down what they are asked."""
    (tmp_path / "template.yaml").write_text((ROOT / "template.yaml").read_text())
    for program in ("run.sh", ".venv-sam/bin/sam", ".venv/bin/python"):
        file = tmp_path / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(RECORDER.format(python=sys.executable, folder=str(tmp_path)))
        file.chmod(0o755)
    answer(tmp_path)
    return tmp_path


def answer(repository: Path, **other: tuple[int, str]) -> None:
    outputs = json.dumps([{"OutputKey": "ApiUrl", "OutputValue": "https://api.test"}])
    answers = {"stack-outputs": (0, outputs), "create": (0, "csk_secret\n"), **other}
    (repository / "answers.json").write_text(json.dumps(answers))


def asked(repository: Path) -> list[list[str]]:
    file = repository / "asked.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_dry_run_shows_each_command_and_runs_none(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["prod", "AlarmEmail=a@b.example", "--dry-run", "--tenant", "draftpunk"], repository) == 0
    commands = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert commands == [
        "./run.sh check",
        "./run.sh build",
        (
            ".venv-sam/bin/sam deploy --stack-name codex-swarm-prod --parameter-overrides Stage=prod"
            " AlarmEmail=a@b.example --tags project=codex-swarm stage=prod --confirm-changeset"
        ),
        ".venv-sam/bin/sam list stack-outputs --stack-name codex-swarm-prod --output json",
        ".venv/bin/python -m codex_swarm.cli keys create smoke --expires 1h --stack codex-swarm-prod --tenant smoke",
        "./run.sh smoke API_URL KEY",
        ".venv/bin/python -m codex_swarm.cli keys create first --stack codex-swarm-prod --tenant draftpunk",
    ]
    assert asked(repository) == []


def test_a_value_with_quotes_or_spaces_reaches_sam_whole(repository: Path) -> None:
    models, origins = '{"m": {"input": 1}}', "https://a.example, https://b.example"
    assert deploy.main(["dev", "--no-check", f"Models={models}", f"CorsOrigins={origins}"], repository) == 0
    [deployed] = [each for each in asked(repository) if each[:2] == ["sam", "deploy"]]
    given = deployed[deployed.index("--parameter-overrides") + 1 : deployed.index("--tags")]
    # SAM takes what stands in quotes, and takes \\" for a quote.
    assert given == ["Stage=dev", 'Models="{\\"m\\": {\\"input\\": 1}}"', f'CorsOrigins="{origins}"']


def test_what_a_command_gives_is_what_a_later_one_is_given(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["dev", "--no-check"], repository) == 0
    assert [each[:2] for each in asked(repository)] == [
        ["run.sh", "build"],
        ["sam", "deploy"],
        ["sam", "list"],
        ["python", "-m"],
        ["run.sh", "smoke"],
    ]
    assert asked(repository)[-1] == ["run.sh", "smoke", "https://api.test", "csk_secret"]
    out = capfd.readouterr().out
    assert "codex-swarm-dev answers at https://api.test" in out
    assert "alarms tell nobody yet" in out
    # A key is for the next command, and for no log of this one.
    assert "csk_secret" not in out


@pytest.mark.parametrize("at", ["check", "build", "deploy", "stack-outputs", "smoke"])
def test_the_first_that_fails_ends_it(repository: Path, at: str, capfd: pytest.CaptureFixture[str]) -> None:
    answer(repository, **{at: (3, "no")})
    ended = deploy.main(["dev"], repository)
    assert isinstance(ended, str)
    assert "ended with 3" in ended
    assert at in asked(repository)[-1]
    assert "answers at" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Prod"], "a lower-case letter"),
        (["prod", "AlarmMail=x"], "AlarmMail=x' is no PARAMETER=VALUE"),
        (["prod", "AlarmEmail"], "is no PARAMETER=VALUE"),
        (["prod", "Stage=dev"], "is no PARAMETER=VALUE"),
        ([], "STAGE"),
    ],
    ids=["stage", "unknown", "no value", "another stage", "nothing"],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    repository: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        deploy.main(arguments, repository)
    assert says in capsys.readouterr().err
    assert asked(repository) == []


def test_its_parameters_are_those_of_the_template() -> None:
    known = deploy.PARAMETER.findall((ROOT / "template.yaml").read_text("utf-8").partition("\nConditions:")[0])
    assert {"Stage", "AlarmEmail", "KmsKeyArn", "RunLimits"} <= set(known)
    assert len(known) > 40
