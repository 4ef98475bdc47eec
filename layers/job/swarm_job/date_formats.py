"""Dates, times and durations as a spreadsheet shows them: the part of number formats that is about moments.

A moment is a number of days since the end of 1899, or since the beginning of 1904.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Token = tuple[str, str]
"""A piece of a format code: its kind and its text."""

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_LARGEST_DATE = 2_958_466  # the first day of the year 10000
_DAY = 86_400_000  # in milliseconds
_LEAP_DAY = 60  # 29 February 1900, which never was, is counted all the same
_NOON = 12
_DIGITS = 2
"""Letters of a field in digits; with more of them it is a name."""
_EPOCH = datetime.datetime(1900, 1, 1)  # noqa: DTZ001 - cells know no zone


def date_of(value: float, *, since_1904: bool) -> datetime.datetime | None:
    """The moment of a date's number, to the millisecond; None for what no date has."""
    days = value + 1_462 if since_1904 else value
    if not 0 <= days < _LARGEST_DATE:
        return None
    return _EPOCH + datetime.timedelta(days=-2 if days >= _LEAP_DAY else -1, milliseconds=round(days * _DAY))


def iso(moment: datetime.datetime, value: float) -> str:
    """Date, time or both, whichever the number has."""
    time = moment.time().isoformat("milliseconds" if moment.microsecond else "seconds")
    if 0 <= value < 1:
        return time
    return moment.date().isoformat() if moment.time() == datetime.time() else f"{moment.date().isoformat()} {time}"


def moment_shown(value: float, section: Sequence[Token], *, since_1904: bool) -> tuple[str, str] | None:
    """The moment under this section of a format, and its value where the words say less or can be read two ways.

    None for a number that is no moment.
    """
    moment = date_of(value, since_1904=since_1904)
    milliseconds = round(abs(value) * _DAY)
    if moment is None:
        if not any(kind == "elapsed" for kind, _ in section):
            return None
        moment = _EPOCH + datetime.timedelta(milliseconds=milliseconds % _DAY)
    elapsed, half = (any(kind == wanted for kind, _ in section) for wanted in ("elapsed", "noon"))
    minutes, rest = divmod(milliseconds, 60_000)
    exact = (
        f"{minutes // 60}:{minutes % 60:02}:{rest / 1_000:06.3f}".removesuffix(".000")
        if elapsed
        else iso(moment, value)
    )
    if not any(kind == "date" and "." in text for kind, text in section):
        moment += datetime.timedelta(milliseconds=500)
        milliseconds = (milliseconds + 500) // 1_000 * 1_000
    out, units = ["-" * (value < 0)], _units(section)
    for (kind, text), unit in zip(section, units, strict=True):
        if kind == "elapsed":
            out.append(f"{milliseconds // 1_000 // _SECONDS[unit]:0{len(text)}}")
        elif kind == "noon":
            out.append("AM" if moment.hour < _NOON else "PM")
        else:
            out.append(_field(moment, unit, text, half=half) if unit else text)
    return "".join(out).strip(), "" if _is_clear([unit for unit in units if unit], exact) else exact


_SECONDS = {"hour": 3_600, "minute": 60, "second": 1}


def _units(section: Sequence[Token]) -> list[str]:
    """What each token stands for; nothing for those that stand for themselves. Beside hours or seconds m is minutes."""
    letters = [text[0].lower() if kind in {"date", "elapsed"} else "" for kind, text in section]
    units = []
    for index, ((_, text), letter) in enumerate(zip(section, letters, strict=True)):
        if letter != "m":
            units.append({"y": "year", "e": "year", "d": "day", "h": "hour", "s": "second"}.get(letter, ""))
            continue
        before = next((each for each in reversed(letters[:index]) if each), "")
        after = next((each for each in letters[index + 1 :] if each), "")
        is_minute = len(text) <= _DIGITS and (before == "h" or after == "s" or section[index][0] == "elapsed")
        units.append("minute" if is_minute else "name" if len(text) > _DIGITS else "month")
    return units


def _field(moment: datetime.datetime, unit: str, text: str, *, half: bool) -> str:
    width = min(len(text), _DIGITS)
    match unit:
        case "year":
            return f"{moment.year % 100:02}" if text.lower() in {"y", "yy"} else f"{moment.year:04}"
        case "name":
            return _MONTHS[moment.month - 1][: {3: 3, 5: 1}.get(len(text))]
        case "day" if len(text) > _DIGITS:
            return _DAYS[moment.weekday()][: {3: 3}.get(len(text))]
        case "hour":
            return f"{(moment.hour % _NOON or _NOON) if half else moment.hour:0{width}}"
        case "second":
            whole, point, parts = text.partition(".")
            return f"{moment.second:0{min(len(whole), _DIGITS)}}{point}{f'{moment.microsecond:06}'[: len(parts)]}"
    return f"{getattr(moment, unit):0{width}}"


def _is_clear(units: Sequence[str], exact: str) -> bool:
    """Whether these parts, in this order, tell the moment, and in one way: 03/04/2026 is a day in March or in April."""
    order = [unit for unit in units if unit in {"year", "month", "name", "day"}]
    date, _, time = exact.rpartition(" ") if " " in exact else (exact, "", "") if "-" in exact else ("", "", exact)
    if date and not ({"year", "day"} <= set(order) and ("name" in order or order[:3] == ["year", "month", "day"])):
        return False
    if not time:
        return True
    needed = {"hour"} | ({"minute"} if not time.endswith(":00:00") else set())
    needed |= set() if time.endswith(":00") else {"second"}
    return needed <= set(units) and "." not in time
