"""JSON in what a model says: the value, or why there is none; never an exception of another kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.chat.answer import Answer, Completion, Question, UnfitAnswerError, without_thoughts
from askqa_builder.chat.form import fitting, read_json

JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXT, inner, max_size=4),
    max_leaves=12,
)
NO_BRACES = st.text(st.characters(exclude_characters="{}<`", exclude_categories=["Cs"]))


@given(JSON_VALUE, st.sampled_from([None, 2]), st.booleans())
def test_a_value_is_read_as_it_was_written(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read_json(text) == value
    assert read_json(f"```json\n{text}\n```") == value
    assert read_json(f"\n\ufeff{text}\n") == value
    assert read_json(without_thoughts(f'<think>Perhaps {{"a": 1}}?</think>\n{text}')) == value


@given(st.dictionaries(JSON_TEXT, JSON_VALUE, max_size=4), NO_BRACES, NO_BRACES)
def test_the_only_object_among_other_words_is_read(value: dict[str, Any], before: str, after: str) -> None:
    assert read_json(f"Here it is: {before}{json.dumps(value)}{after} I hope it helps.") == value
    assert read_json(f"Sure!\n```json\n{json.dumps(value)}\n```\nDone.") == value


@given(st.text() | JSON_VALUE.map(json.dumps).flatmap(lambda text: st.integers(0, len(text)).map(lambda n: text[:n])))
def test_whatever_is_said_is_a_value_or_unfit(text: str) -> None:
    question = Question([], {"type": "object", "required": ["a"]})
    try:
        answer = fitting(question, Completion(Answer(text, "stop")))
    except UnfitAnswerError as error:
        message = str(error)
        assert message.isprintable()
        assert len(message) < 1000
    else:
        assert "a" in answer.value
        json.dumps(answer.value).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no braces", "not one JSON value"),
        ('{"a": 1} {"b": 2}', "not one JSON value"),
        ('{"a": 1} or rather {"a": 2}', "not one JSON value"),
        ('```json\n{"a": 1}\n```\n```json\n{"b": 2}\n```', "not one JSON value"),
        ('{"statements": [{"a": 1}, {"a": ', "not one JSON value"),
        ('The list: {"statements": [{"a": 1}, {"a": ', "not one JSON value"),
        ("{'a': 1}", "not one JSON value"),
        ("}{", "not one JSON value"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ("so: " + '{"a": ' * 100_000 + "}", "nested too deeply"),
        ("9" * 5000, "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too large"),
        ('{"a": 1e999}', "too large"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        ('{"a": "\ud800"}', "surrogate"),
        ('{"a": 1, "a": 2}', "twice"),
        ("", "not one JSON value"),
        ("```", "not one JSON value"),
        ("<think>and so on", "not one JSON value"),
    ],
)
def test_what_no_file_could_hold_is_unfit(text: str, told: str) -> None:
    with pytest.raises(UnfitAnswerError, match=told) as caught:
        read_json(text)
    assert caught.value.reason == "not_json"


def test_depth_that_a_schema_would_follow_is_unfit() -> None:
    schema = {"$defs": {"node": {"items": {"$ref": "#/$defs/node"}}}, "$ref": "#/$defs/node"}
    text = "[" * 400 + "]" * 400
    with pytest.raises(UnfitAnswerError, match="nested too deeply"):
        fitting(Question([], schema), Completion(Answer(text, "stop")))


def test_a_long_value_is_told_in_short() -> None:
    schema = {"type": "object", "properties": {"a": {"maxLength": 100}}}
    with pytest.raises(UnfitAnswerError) as caught:
        fitting(Question([], schema), Completion(Answer(json.dumps({"a": "tar and\nsalt " * 100}), "stop")))
    assert str(caught.value).startswith('$.a: the text "tar and\\nsalt ')
    assert str(caught.value).endswith("is too long")
    assert len(str(caught.value)) < 150
