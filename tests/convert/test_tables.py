"""Spreadsheets and delimited text, as each other and as Markdown."""

from __future__ import annotations

import datetime
import io
import re

import openpyxl
import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import rezipped, unzipped, workbook
from tests.convert.kinds.workbooks import FAMILY

ROWS: list[list[object]] = [
    ["name", "sum", "when", "sure"],
    ["a|b", 2.5, datetime.datetime(2026, 5, 4), True],  # noqa: DTZ001 - cells know no zone
    ["two\nlines", 1000, None, False],
]
CSV = 'name,sum,when,sure\na|b,2.5,2026-05-04,TRUE\n"two\nlines",1000,,FALSE\n'


def test_a_sheet_becomes_a_table(converter: Converter) -> None:
    done = converter.convert({"a.xlsx": workbook({"Sheet": ROWS})}, "a.xlsx", "a.md")
    assert done.files["a.md"].decode() == (
        "| name | sum | when | sure |\n| --- | --- | --- | --- |\n"
        "| a\\|b | 2.5 | 2026-05-04 0:00:00 | TRUE |\n| two<br>lines | 1000 |  | FALSE |\n"
    )


def test_several_sheets_become_several_tables_and_files(converter: Converter) -> None:
    book = workbook({"First": [["a"], [1]], "Zweite Seite & mehr": [["b"], [2]], "Empty": []})
    text = converter.convert({"a.xlsx": book}, "a.xlsx", "a.md").files["a.md"].decode()
    assert text.index("## First") < text.index("## Zweite Seite & mehr") < text.index("(empty)")
    files = converter.convert({"a.xlsx": book}, "a.xlsx", "out/a.csv").files
    assert files["out/a.csv"] == b"a\n1\n"
    assert files["out/a-2-Zweite_Seite___mehr.csv"] == b"b\n2\n"


def test_a_formula_shows_its_saved_result_or_itself(converter: Converter) -> None:
    text = converter.convert({"a.xlsx": workbook({"S": [[1, "=A1+1"]]})}, "a.xlsx", "a.csv").files["a.csv"]
    assert text == b"1,=A1+1\n"


@pytest.mark.parametrize("target", ["a.csv", "a.tsv"])
def test_a_sheet_becomes_delimited_text(converter: Converter, target: str) -> None:
    done = converter.convert({"a.xlsx": workbook({"Sheet": ROWS})}, "a.xlsx", target)
    assert done.files[target].decode().replace("\t", ",") == CSV


def test_delimited_text_becomes_a_workbook_of_numbers_and_text(converter: Converter) -> None:
    text = b"name;sum\n007;1.5\n=1+1;-20\n\x02x;1e5\n"
    done = converter.convert({"a.csv": text}, "a.csv", "a.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(done.files["a.xlsx"])).worksheets[0]
    assert list(sheet.values) == [("name", "sum"), ("007", 1.5), ("=1+1", -20), ("x", "1e5")]
    assert sheet["A3"].data_type == "s"
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("mark", [";", "\t"], ids=["semicolon", "tab"])
def test_the_delimiter_is_found(converter: Converter, mark: str) -> None:
    done = converter.convert({"a.csv": f"a{mark}b\n1{mark}2\n".encode()}, "a.csv", "a.md")
    assert done.files["a.md"] == b"| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_a_table_becomes_a_document(converter: Converter) -> None:
    done = converter.convert({"a.csv": b"a,b\n<i>,&\n"}, "a.csv", "a.html")
    assert b"<td>&lt;i&gt;</td>" in done.files["a.html"]


def test_rows_beyond_what_a_document_shows_are_told(converter: Converter) -> None:
    text = "n\n" + "".join(f"{number}\n" for number in range(6_000))
    done = converter.convert({"a.csv": text.encode()}, "a.csv", "a.md")
    assert "1,000 of 6,000 rows are left out" in done.output
    assert "1,000 of 6,000 rows are left out" in done.files["a.md"].decode()


def test_a_cell_far_away_does_not_fill_the_memory(converter: Converter) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].cell(1_000_000, 16_000, "far")
    out = io.BytesIO()
    book.save(out)
    done = converter.convert({"a.xlsx": out.getvalue()}, "a.xlsx", "a.md")
    assert "only 100,000 rows are read, of 1,000,000: 1 row left out; the first of them: WQJ1000000 far" in done.output


def test_other_documents_do_not_become_spreadsheets(converter: Converter) -> None:
    assert "from xlsx, csv or tsv only" in converter.refused({"a.md": b"| a |\n|---|\n"}, "a.md", "a.xlsx")


@pytest.mark.parametrize(
    "text, rows",
    [
        ("Sales of 2026, by region\n\na;b\n1,5;2,5\n3,5;4,5\n", 5),
        ("sep=;\na;b,c\n1;2,3\n", 2),
        ('name,notes\nx,"a; b"\ny,"c; d"\n', 3),
        ("a|b\n1,5|2\n", 2),
        ("a\tb\n1;x\t2;y\n", 2),
        ("a,b\r1,2\r", 2),
    ],
    ids=["a title above", "declared", "semicolons in cells", "bars", "tabs", "old Macs"],
)
def test_cells_end_where_their_separator_is(converter: Converter, text: str, rows: int) -> None:
    shown = converter.read({"a.csv": text.encode()}, "a.csv")
    table = [line for line in shown.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(table) == rows
    assert {line.count("|") for line in table} == {3}


def test_a_long_cell_is_read_whole(converter: Converter) -> None:
    text = f"a,b\n{'x' * 200_000},last\n"
    done = converter.convert({"a.csv": text.encode()}, "a.csv", "b.csv")
    assert done.files["b.csv"] == text.encode()


def test_columns_beyond_the_limit_are_told(converter: Converter) -> None:
    wide = ",".join(f"column{number}" for number in range(1, 601))
    done = converter.convert({"a.csv": wide.encode()}, "a.csv", "a.md")
    assert "only 500 columns are read, of 600 (up to WB): 100 cells left out" in done.output
    assert "SG1 column501" in done.output


@pytest.mark.proof
def test_what_is_shown_goes_into_documents_and_what_is_held_into_data(converter: Converter) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append([0.175, 42, datetime.date(2026, 3, 9)])
    for place, code in (("A1", "0.0%"), ("B1", "00000"), ("C1", "dd/mm/yyyy")):
        page[place].number_format = code
    out = io.BytesIO()
    book.save(out)
    files = {"a.xlsx": out.getvalue()}
    assert b"17.5%" in converter.convert(files, "a.xlsx", "a.html").files["a.html"]
    done = converter.convert(files, "a.xlsx", "a.csv")
    assert done.files["a.csv"] == b"0.175,00042,2026-03-09\n"
    assert "without their formats" in done.output
    assert "| 17.5% | 00042 | 09/03/2026 [2026-03-09] |" in converter.read(files, "a.xlsx")


def test_what_a_table_of_data_has_no_place_for_is_told(converter: Converter) -> None:
    done = converter.convert({"a.xlsx": FAMILY.files["book.xlsx"]}, "a.xlsx", "a.csv")
    for said in (
        '1 comment is left out: Plan!A1: "Verify these"',
        '1 link is left out: Plan!A2: "https://example.org/northern"',
        '1 chart is left out: Plan: "Charted',
        "hidden in the source: Secret, Deep",
        "hidden in the source: hidden rows 3 of Plan",
    ):
        assert said in done.output


def test_a_workbook_without_styles_and_with_unknown_values_is_read(converter: Converter) -> None:
    parts = unzipped(workbook({"S": [["kept", 7]]}))
    related = re.sub(rb"<Relationship [^>]*styles[^>]*/>", b"", parts["xl/_rels/workbook.xml.rels"])
    odd = b'<dataValidations count="1"><dataValidation type="newest" sqref="A1"/></dataValidations><pageMargins'
    page = parts["xl/worksheets/sheet1.xml"].replace(b"<pageMargins", odd).replace(b"<c ", b'<c s="99" ')
    bare = rezipped(
        workbook({"S": [["kept", 7]]}), {"xl/_rels/workbook.xml.rels": related, "xl/worksheets/sheet1.xml": page}
    )
    assert "| kept | 7 |" in converter.read({"a.xlsx": bare}, "a.xlsx")


@pytest.mark.parametrize("suffix", ["xlsm", "xls", "xltx", "ods"])
def test_kinds_that_are_only_read_are_not_written(converter: Converter, suffix: str) -> None:
    assert "are read and not written" in converter.refused({"a.csv": b"a,b\n"}, "a.csv", f"a.{suffix}")
