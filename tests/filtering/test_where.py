"""Conditions are read as they are meant, and whatever else is written is refused in one line."""

from __future__ import annotations

import operator
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.dataset.schema import row_schema
from askqa_builder.dataset.upgrade import upgraded
from askqa_builder.errors import UsageError
from askqa_builder.filtering.where import filterable_columns, parse_where

ROWS: list[dict[str, Any]] = [
    {"id": "a", "source": "cnn", "duration": 10.5, "branch": None, "ambiguous": True},
    {"id": "b", "source": "mctest", "duration": 120.0, "branch": 0, "ambiguous": False},
    {"id": "c'd", "source": "cnn", "duration": 300.25, "branch": 3, "ambiguous": None},
    {"id": 'e"\\f', "source": None, "duration": -1.0, "branch": 1, "ambiguous": True},
]
RESPONSES = [{"action": "clarify"}, {"action": "answer"}, {"action": "answer"}, {"action": None}]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rows = [{**row, "response": response} for row, response in zip(ROWS, RESPONSES, strict=True)]
    schema = row_schema(16000)
    names = list(rows[0])
    return upgraded(pa.Table.from_pylist(rows, schema=pa.schema([schema.field(name) for name in names])), 16000)


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("duration < 120", "a e"),
        ("duration <= 120 and source == 'cnn'", "a"),
        ("120 <= duration", "b c"),
        ("duration > 1e2 or duration = -1", "b c e"),
        ("source != 'cnn'", "b"),
        ("not source == 'cnn'", "b"),
        ("source is null", "e"),
        ("source is not null and branch IS NOT NULL", "b c"),
        ("source in ('cnn', \"mctest\")", "a b c"),
        ("source not in ('mctest')", "a c"),
        ("branch in (0, 1)", "b e"),
        ("branch == 1.0", "e"),
        ("branch < 99999999999999999999", "b c e"),
        ("ambiguous", "a e"),
        ("not ambiguous", "b"),
        ("ambiguous == false", "b"),
        ("ambiguous or true == ambiguous", "a e"),
        ("response.action = 'answer'", "b c"),
        ("source = 'cnn' or source = 'mctest' and duration > 200", "a c"),
        ("(source = 'cnn' or source = 'mctest') and duration > 200", "c"),
        (r"id == 'c\'d'", "c"),
        (r"""id == "e\"\\f" """, "e"),
        ("source == id", ""),
        ("quality.snr_db > 10", ""),
        ("quality.snr_db is null", "a b c e"),
        ("stage == 'initial'", ""),
    ],
)
def test_conditions_hold_where_they_say(table: pa.Table, condition: str, kept: str) -> None:
    holds = parse_where(condition).holds(table)
    assert [row["id"][0] for row, held in zip(ROWS, holds, strict=True) if held] == kept.split()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("", "expected a column"),
        ("duration", "expected a comparison"),
        ("duration <", "found the end"),
        ("duration < 120 120", "character 16"),
        ("duration < 1 < 2", "expected and"),
        ("durations < 120", "close: duration"),
        ("duration < '120'", "compares a number with a text"),
        ("source = cnn", "no column"),
        ("source in 'cnn'", "expected '\\('"),
        ("source in ()", "expected a column or a value"),
        ("source in ('a' 'b')", "expected '\\)'"),
        ("source in (1)", "compares a text with a number"),
        ("1 < 2", "name a column"),
        ("ambiguous < true", "larger"),
        ("ambiguous is", "expected null"),
        ("(duration < 1", "expected '\\)'"),
        ("audio == 'x'", "no column"),
        ("turns == 'x'", "no column"),
        ("response == 'x'", "no column"),
        ("source = 'cnn", "cannot read"),
        ("__import__('os').system('true')", "cannot read"),
        ("__import__('os')", "no column"),
        ("duration < 1; drop", "cannot read"),
        ("duration < 1__", "cannot read"),
        ("not " * 60 + "ambiguous", "deep"),
        ("(" * 100_000, "characters"),
        ("(" * 9_000, "deep"),
    ],
)
def test_anything_else_is_refused_with_its_place(condition: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse_where(condition)
    assert str(caught.value).startswith("where: ")
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60) | st.text(alphabet="()<>=!'\"\\ .,andortisul015-", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    where = None
    with suppress(UsageError):  # any other error fails the test
        where = parse_where(text)
    assert where is None or set(where.columns) <= filterable_columns().keys()


COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Any]:
    """A condition as text, and what a row makes of it: True, False or None, as in SQL."""
    leaf = st.tuples(
        st.sampled_from(["duration", "branch"]), st.sampled_from(sorted(COMPARISONS)), st.integers(-2, 301)
    ).map(_comparison)
    texts = st.tuples(st.just("source"), st.sampled_from(["==", "!="]), st.sampled_from(["cnn", "mctest"])).map(
        _comparison
    )
    tree = st.recursive(
        leaf | texts,
        lambda inner: st.tuples(st.sampled_from(["and", "or"]), inner, inner).map(_joined) | inner.map(_negated),
        max_leaves=8,
    )
    return draw(tree)


def _comparison(parts: tuple[str, str, Any]) -> tuple[str, Any]:
    name, sign, value = parts
    return f"{name} {sign} {value!r}", lambda row: None if row[name] is None else COMPARISONS[sign](row[name], value)


def _joined(parts: tuple[str, tuple[str, Any], tuple[str, Any]]) -> tuple[str, Any]:
    word, (left, of_left), (right, of_right) = parts
    decisive = word == "or"

    def value(row: dict[str, Any]) -> bool | None:
        values = [of_left(row), of_right(row)]
        return decisive if decisive in values else (None if None in values else not decisive)

    return f"({left} {word} {right})", value


def _negated(inner: tuple[str, Any]) -> tuple[str, Any]:
    text, value = inner
    return f"not {text}", lambda row: None if value(row) is None else not value(row)


@given(conditions())
def test_conditions_mean_what_sql_makes_of_them(table: pa.Table, condition: tuple[str, Any]) -> None:
    text, value = condition
    assert parse_where(text).holds(table) == [value(row) is True for row in ROWS]
