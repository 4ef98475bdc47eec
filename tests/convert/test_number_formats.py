"""Numbers under the format codes of spreadsheets: what is shown, and what is said beside it where that is less."""

from __future__ import annotations

import pytest

from swarm_job.number_formats import BUILT_IN, shown, value_of

ACCOUNTING = '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)'
MARCH_9 = 46_090.0
HALF_PAST_TWO = 46_090 + 14.5 / 24


@pytest.mark.parametrize(
    "value, code, text, exact",
    [
        (0.175, "0.0%", "17.5%", ""),
        (1234.5, '"$"#,##0.00', "$1,234.50", ""),
        (1234.5, '#,##0.00 "EUR"', "1,234.50 EUR", ""),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50", ""),
        (7, '0 "kg"', "7 kg", ""),
        (42, "00000", "00042", ""),
        (491234567, "000-000-000", "491-234-567", ""),
        (5551234, "(000) 000-0000", "(000) 555-1234", "5551234"),
        (1.5e10, "0.00E+00", "1.50E+10", ""),
        (123456, "##0.0E+0", "123.5E+3", "123456"),
        (0.75, "# ?/?", "3/4", "0.75"),
        (3.25, "# ?/4", "3 1/4", "3.25"),
        (-5, "#,##0;(#,##0)", "(5)", ""),
        (-1234.567, "#,##0.00;[Red]-#,##0.00", "-1,234.57", "-1234.567"),
        (1234567, '0.0,,"M"', "1.2M", "1234567"),
        (0.1 + 0.2, "0.00", "0.30", ""),
        (12345.678, "#,##0", "12,346", "12345.678"),
        (2.5, "0.###", "2.5", ""),
        (0.5, ".00", ".50", ""),
        (0, '0;-0;"none"', "none", "0"),
        (0, ACCOUNTING, "-", ""),
        (-3, ACCOUNTING, "(3.00)", ""),
        (5, '[>3]"big";"small"', "big", "5"),
        (5, ";;;", "", "5"),
        (1e20, "General", "1E+20", ""),
        (0.1 + 0.2, "General", "0.3", ""),
        (MARCH_9, "yyyy-mm-dd", "2026-03-09", ""),
        (MARCH_9, "d-mmm-yy", "9-Mar-26", ""),
        (MARCH_9, "dddd, mmmm d, yyyy", "Monday, March 9, 2026", ""),
        (MARCH_9, "dd/mm/yyyy", "09/03/2026", "2026-03-09"),
        (MARCH_9, "mmm-yy", "Mar-26", "2026-03-09"),
        (HALF_PAST_TWO, "dd/mm/yyyy hh:mm", "09/03/2026 14:30", "2026-03-09 14:30:00"),
        (HALF_PAST_TWO, "yyyy-mm-dd", "2026-03-09", "2026-03-09 14:30:00"),
        (HALF_PAST_TWO - 46_090, "h:mm AM/PM", "2:30 PM", ""),
        (30.25 / 24, "[h]:mm", "30:15", ""),
        (30.25 / 24 + 7 / 86_400, "[h]:mm", "30:15", "30:15:07"),
        (61, "yyyy-mm-dd", "1900-03-01", ""),
        (1, "yyyy-mm-dd", "1900-01-01", ""),
        (-1, "yyyy-mm-dd", "-1", ""),
    ],
)  # fmt: skip
def test_a_number_is_shown_by_its_format(value: float, code: str, text: str, exact: str) -> None:
    told = shown(float(value), code)
    assert (told.text, told.exact) == (text, exact)


def test_dates_may_count_from_1904() -> None:
    assert shown(MARCH_9 - 1_462, "yyyy-mm-dd", since_1904=True).text == "2026-03-09"


def test_digits_beyond_a_float_stay() -> None:
    assert shown(12345678901234567.0, "0", written="12345678901234567").text == "12345678901234567"


@pytest.mark.parametrize(
    "value, code, data",
    [
        (0.175, "0.0%", "0.175"),
        (12345.678, '"$"#,##0', "12345.678"),
        (42, "00000", "00042"),
        (HALF_PAST_TWO, "dd/mm/yyyy hh:mm", "2026-03-09 14:30:00"),
        (30.25 / 24, "[h]:mm", "30:15"),
    ],
)
def test_a_number_as_data_has_no_format(value: float, code: str, data: str) -> None:
    assert value_of(float(value), code) == data


@pytest.mark.parametrize(
    "code",
    [
        *BUILT_IN.values(),
        "[",
        '"',
        "\\",
        "#,",
        "?/?/?",
        "0.0.0",
        "E+",
        "mmmmmm",
        ";;;;;;",
        "%%%0",
        "[h",
        "0E+",
        "/0",
        "%" * 5_000 + "0",
    ],
)
def test_no_code_is_too_odd(code: str) -> None:
    for value in (0.0, 1.0, -1.5, 46_090.25, 1e300, -1e-300):
        assert isinstance(shown(value, code).text, str)
