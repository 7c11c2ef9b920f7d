"""A table in its three forms: text, HTML and JSON."""

import json
from math import inf, nan
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.draw.json_values import table_records
from charrnn.draw.parts import table_html
from charrnn.draw.table import Column, Table
from charrnn.draw.terminal import table_text
from charrnn.terminal import columns_of

COLUMNS = (
    Column("name", key="name"),
    Column(key="code", shown=False),
    Column("count", ",", "count"),
    Column("mean, bits", ".2f", "mean"),
    Column("text", longest=8),
)
ROWS = [("a", 97, 12345, 0.125, "short"), ("漢", 28450, 7, None, "rather long")]
TABLE = Table(COLUMNS, ROWS, "symbols", "count: how often.", "count descending")


def test_text_is_aligned_by_columns_of_the_terminal() -> None:
    assert table_text(TABLE).splitlines() == [
        "symbols",
        "name   count  mean, bits  text",
        "a     12,345        0.12  short",
        "漢         7           -  rathe...",
        "count: how often.",
    ]


def test_a_table_without_heads_or_rows() -> None:
    rows = [("top-k", "5"), ("bars", "on")]
    assert table_text(Table((Column(), Column()), rows)) == "top-k  5\nbars   on\n"
    assert table_text(Table(COLUMNS, [], "symbols")) == "symbols: none\n"
    assert "symbols: none" in table_html(Table(COLUMNS, [], "symbols"))


def test_a_long_note_is_wrapped_at_80_columns() -> None:
    note = "what the figures mean, at some length; " * 6
    lines = table_text(Table(COLUMNS, ROWS, note, note)).splitlines()
    assert max(map(columns_of, lines)) <= 80
    assert " ".join(lines).count("at some length") == 12


def test_html_has_heads_exact_numbers_and_places() -> None:
    content = table_html(TABLE, places=[3, None], kind="found")
    table, note = ElementTree.fromstring(f"<div>{content}</div>")
    assert table.get("class") == "found sortable"
    assert table.find("caption").text == "symbols"
    heads = [(th.text, th.get("class"), th.get("aria-sort")) for th in table.iter("th")]
    assert heads == [
        ("name", None, None),
        ("count", "number", "descending"),
        ("mean, bits", "number", None),
        ("text", None, None),
    ]
    first, second = table.find("tbody")
    assert (first.get("data-place"), second.get("data-place")) == ("3", None)
    assert [(td.text, td.get("data-value")) for td in first] == [
        ("a", None),
        ("12,345", "12345"),
        ("0.12", "0.125"),
        ("short", None),
    ]
    assert [td.text for td in second] == ["漢", "7", "-", "rathe..."]
    assert note.text == "count: how often."


def test_first_cells_can_be_buttons_and_are_escaped() -> None:
    content = table_html(Table(COLUMNS, [("<b>", 60, 1, 0.5, "&")]), buttons=True)
    (table,) = ElementTree.fromstring(f"<div>{content}</div>")
    assert table.find(".//td/button").text == "<b>"
    assert "class" not in table.attrib
    assert "&amp;" in content


def test_json_has_the_columns_with_keys_in_full() -> None:
    assert table_records(TABLE) == [
        {"name": "a", "code": 97, "count": 12345, "mean": 0.125},
        {"name": "漢", "code": 28450, "count": 7, "mean": None},
    ]


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_json_has_null_for_what_is_not_finite(value: float) -> None:
    records = table_records(Table((Column("x", ".1f", "x"),), [(value,)]))
    assert json.dumps(records, allow_nan=False) == '[{"x": null}]'


@given(st.text(max_size=30))
def test_no_text_breaks_out_of_its_cell(text: str) -> None:
    table = Table((Column("x", key="x"), Column("y", "d")), [(text, 1)])
    assert table_text(table).count("\n") == 2
    assert table_records(table) == [{"x": text}]
    (element,) = ElementTree.fromstring(f"<div>{table_html(table)}</div>")
    assert len(list(element.iter())) == 10
