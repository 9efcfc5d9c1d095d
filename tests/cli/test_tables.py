"""Tables for a terminal."""

from __future__ import annotations

from askqa_builder.cli.tables import table

HEADER = ["played", "ratings", "recognised"]
LINES = [["drawn-out (asked of the engine)", 12, "45 % (30–61 %)"], ["lively", 8, "-"]]


def test_what_does_not_fit_goes_on_in_the_next_line_and_nothing_is_cut_off() -> None:
    narrow = list(table(HEADER, LINES, 36))
    assert narrow == [
        "played        ratings  recognised",
        "drawn-out          12  45 % (30–61",
        "(asked of              %)",
        "the engine)",
        "lively              8  -",
    ]
    assert "…" not in "".join(narrow)
    wide = list(table(HEADER, LINES, 120))
    assert len(wide) == 3
    assert [line.split() for line in wide] == [" ".join(map(str, line)).split() for line in [HEADER, *LINES]]


def test_words_are_broken_only_where_they_are_too_long_for_any_column() -> None:
    lines = list(table(["model"], [["a" * 40]], 20))
    assert lines == ["model", "a" * 20, "a" * 20]
    assert list(table(["", "role"], [["clarification", "assistant"]], 8))[1].split() == ["clarificatio", "assistant"]
