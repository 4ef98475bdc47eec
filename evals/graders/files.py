"""Which files are there, whether they open, and that nothing else was changed."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from evals.reading import content, parts, plain
from evals.task import Grader, Outcome


def succeeded() -> Grader:
    """The run came to its end by itself."""
    return Grader("the run succeeds", lambda outcome: "" if outcome.status == "succeeded" else outcome.status)


def opens(*paths: str) -> Grader:
    """Each of these is there, and is what its name says."""

    def fault(outcome: Outcome) -> str:
        for path in paths:
            parts(path, content(outcome, path))
        return ""

    return Grader(f"{', '.join(paths)} {'open' if len(paths) > 1 else 'opens'}", fault)


def unchanged(*but: str) -> Grader:
    """Whatever was given is there as it was; files that match a pattern of `but` may be changed or gone."""

    def fault(outcome: Outcome) -> str:
        return ", ".join(
            f"{path} {'was changed' if path in outcome.files else 'is gone'}"
            for path, data in outcome.given.items()
            if outcome.files.get(path) != data and not matches(path, but)
        )

    return Grader("nothing else is changed", fault)


def no_file_but(*patterns: str) -> Grader:
    """No file is new but those that match a pattern."""

    def fault(outcome: Outcome) -> str:
        new = [path for path in outcome.files if path not in outcome.given and not matches(path, patterns)]
        return f"left behind: {', '.join(sorted(new))}" if new else ""

    return Grader("no scratch files", fault)


def pages(path: str, least: int, most: int) -> Grader:
    """The pdf has so many pages, or the deck so many slides."""

    def fault(outcome: Outcome) -> str:
        there = len(parts(path, content(outcome, path)))
        return "" if least <= there <= most else f"{path} has {there}, not {least} to {most}"

    return Grader(f"{path} has {least} to {most} pages", fault)


def in_order(path: str, titles: Sequence[str]) -> Grader:
    """The file has these texts, one after the other, each in a part of its own."""

    def fault(outcome: Outcome) -> str:
        left = [plain(part) for part in parts(path, content(outcome, path))]
        for title in titles:
            place = next((number for number, part in enumerate(left) if plain(title) in part), None)
            if place is None:
                return f"{path} lacks “{title}”, or has it out of order"
            left = left[place + 1 :]
        return ""

    return Grader(f"{path} is in order", fault)


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether the path matches one of the patterns."""
    return any(fnmatchcase(path, pattern) for pattern in patterns)
