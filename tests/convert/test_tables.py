"""Spreadsheets and delimited text, as each other and as Markdown."""

from __future__ import annotations

import datetime
import io

import openpyxl
import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import workbook

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
        "| a\\|b | 2.5 | 2026-05-04 | TRUE |\n| two<br>lines | 1000 |  | FALSE |\n"
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
    assert "only 100,000 rows and 500 columns are read" in done.output


def test_other_documents_do_not_become_spreadsheets(converter: Converter) -> None:
    assert "from xlsx, csv or tsv only" in converter.refused({"a.md": b"| a |\n|---|\n"}, "a.md", "a.xlsx")
