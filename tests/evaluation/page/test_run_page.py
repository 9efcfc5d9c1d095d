"""A run's page says what the run's files say, the same each time, whatever the model said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from made_runs import IDENTITY, ambiguous, clear, response, said, said_to_all, speaker

from askqa_builder.evaluation.folder import PAGE_NAME, RESULTS_NAME
from askqa_builder.evaluation.item import Said
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.metrics.breakdown import FEWEST
from askqa_builder.evaluation.page.unscored import MOST_REASONS
from askqa_builder.evaluation.run import evaluate
from askqa_builder.evaluation.trajectory import Trajectory
from askqa_builder.report.page_file import write_page

Page = Callable[..., str]


class Parts(HTMLParser):
    """The cells of a page's tables by row, and its blocks of data by id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.data: dict[str, Any] = {}
        self.tags: set[str] = set()
        self._block: str | None = None
        self._cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._cell = True
            self.rows[-1].append("")
        if tag == "script":
            self._block = dict(attrs).get("id")

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("td", "th")
        self._block = None if tag == "script" else self._block

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data
        if self._block:
            self.data[self._block] = json.loads(data)

    @property
    def dialogues(self) -> list[dict[str, Any]]:
        return [self.data[f"row-{line['number']}"] for line in self.data["setup"]["rows"]]

    def row(self, name: str) -> list[str]:
        return next(row for row in self.rows if row and row[0].strip() == name)


def test_a_run_writes_its_page_and_the_same_again(
    kept_run: Path, demo_dataset: Path, asker: Callable[[Any], str], kept_dialogues: list[Trajectory]
) -> None:
    page = (kept_run / PAGE_NAME).read_text("utf-8")
    parts = Parts(page)
    assert [one["id"] for one in parts.dialogues] == [one.id for one in kept_dialogues]
    results = json.loads((kept_run / RESULTS_NAME).read_text("utf-8"))
    shown = f"{100 * results['figures']['balanced_accuracy']['value']:.1f}"
    assert parts.row("Balanced accuracy")[1] == shown
    assert f"<strong>{shown} %</strong>" in page
    for recording in (each["recording"] for one in parts.dialogues for each in one["rounds"]):
        assert (kept_run / recording).is_file()
    again = evaluate(demo_dataset, kept_run, model=asker, keep_audio=True)
    assert again.already_complete
    assert (kept_run / PAGE_NAME).read_text("utf-8") == page


def test_a_dialogue_has_what_is_meant_said_and_scored(page_of: Page) -> None:
    item = ambiguous("kettle", ["green", "green", "pale"], ["red"])
    first, second = (
        said(item, replace(response("which one do you mean?"), reply=f"reply {branch}", recording="audio/a/b.flac"),
             "red", branch=branch) for branch in (0, 1)
    )  # fmt: skip
    shown = Parts(page_of([item], [first, second], judgements={second.id: Judgement(4, "near")})).dialogues
    assert [one["branch"] for one in shown] == [0, 1]
    assert shown[0]["intent"]["references"] == ["green", "pale"]
    assert shown[0]["rounds"][0]["reply"] == "reply 0"
    assert shown[0]["rounds"][0]["recording"] == "audio/a/b.flac"
    assert [one["scores"]["trajectory level"]["f1"] for one in shown] == [0.0, 1.0]
    assert shown[1]["judgement"] == {"rating": 4, "explanation": "near"}
    assert [other["id"] for other in shown[0]["readings"]] == [first.id, second.id]


def test_the_confusion_of_actions_is_counted(page_of: Page) -> None:
    items = [clear("a"), clear("b"), clear("c"), ambiguous("d", ["x"], ["y"])]
    held = [said(items[0], "blue"), said(items[1], "red"), said(items[2], "which?", "blue")]
    parts = Parts(page_of(items, [*held, *said_to_all(items[3], "which?", "x")]))
    assert [cell.split()[0] for cell in parts.row("to clarify")[1:]] == ["1", "0"]
    assert [cell.split() for cell in parts.row("to answer")[1:]] == [["1", "33.3", "%"], ["2", "66.7", "%"]]
    assert parts.row("1")[1] == "2"  # dialogues with one response
    assert parts.row("2")[1] == "3"


def test_small_cells_are_counted_and_not_shown(page_of: Page) -> None:
    items = [
        clear(f"{voice}{number}", speakers={"user": speaker(voice)}, story_id=f"{number}")
        for voice, count in (("many", FEWEST), ("few", FEWEST - 1))
        for number in range(count)
    ]
    parts = Parts(page_of(items, [said(item, "blue") for item in items]))
    assert parts.row("many")[1] == str(FEWEST)
    assert not any(row[:1] == ["few"] for row in parts.rows)
    assert [f"not shown: 1 cell, {FEWEST - 1} requests"] in parts.rows


def test_breakdowns_that_show_nothing_are_one_line(page_of: Page) -> None:
    items = [clear("a", source="race"), clear("b", source="mctest", history=4), clear("c", source="cnn", history=4)]
    page = page_of(items, [said(item, "blue") for item in items])
    assert not any(row[:1] == ["Domain"] for row in Parts(page).rows)
    assert "not shown: " not in page
    named = "domain (3 cells), turns before the request (2 cells)"
    assert page.count(f"Not shown, as each cell has fewer than {FEWEST} requests: {named}.") == 1


def test_a_dialogue_has_its_history_and_each_story_is_there_once(page_of: Page) -> None:
    kettles = (Said("narrator", "Two kettles."), Said("user", "How many?"), Said("assistant", "two"))
    items = [
        clear("a", story_id="k", turns=(*kettles, Said("user", "what colour"))),
        ambiguous("b", ["x"], ["y"], story_id="k", turns=(kettles[0], Said("user", "what colour"))),
        clear("c", story_id="other", turns=(Said("narrator", "One harbour."), Said("user", "what colour"))),
        clear("d", story_id="none", turns=(*kettles[1:], Said("user", "what colour"))),
    ]
    held = [trajectory for item in items for trajectory in said_to_all(item, "blue")]
    parts = Parts(page_of(items, held))
    assert [parts.data.get(f"story-{place}") for place in range(3)] == ["Two kettles.", "One harbour.", None]
    assert [one["told"] for one in parts.dialogues] == [0, 0, 0, 1, None]
    texts = [[turn["text"] for turn in one["history"]] for one in parts.dialogues]
    assert texts == [["How many?", "two"], [], [], [], ["How many?", "two"]]


def test_a_run_of_which_all_failed_says_why_and_nothing_else(page_of: Page) -> None:
    items = [clear(f"row-{number}") for number in range(13)]
    why = ["a model: row-{}: KeyError: 'text'"] * 12 + ["the server does not answer"]
    held = [
        replace(said(item, ending="failed"), failure=text.format(number))
        for number, (item, text) in enumerate(zip(items, why, strict=True))
    ]
    page = page_of(items, held)
    assert "Nothing was scored: all 13 dialogues failed." in page
    assert Parts(page).row("a model: KeyError: 'text'") == ["a model: KeyError: 'text'", "failed", "12"]
    assert Parts(page).row("the server does not answer")[1:] == ["failed", "1"]
    for untrue in ("The corpus does not say", "references to", "Is what it says right?"):
        assert untrue not in page


def test_failures_of_a_run_that_is_scored_are_told_with_the_others_counted(page_of: Page) -> None:
    items = [clear(f"row-{number}") for number in range(MOST_REASONS + 3)]
    failed = [
        replace(said(item, ending="failed"), failure=f"trouble {number:02}") for number, item in enumerate(items[1:])
    ]
    page = page_of(items, [said(items[0], "blue"), *failed])
    assert "Nothing was scored" not in page
    parts = Parts(page)
    assert parts.row("trouble 00")[1:] == ["failed", "1"]
    assert parts.row("2 other reasons")[1:] == ["", "2"]


def test_dialogues_without_a_response_are_shown_as_such(page_of: Page) -> None:
    items = [clear("a"), clear("b"), clear("c", gold=None)]
    held = [said(items[0], "blue"), said(items[1], ending="failed"), said(items[2], "blue")]
    parts = Parts(page_of(items, [held[0], replace(held[1], failure="the user was out of reach"), held[2]]))
    failed = parts.dialogues[1]
    assert failed["rounds"] == []
    assert failed["failure"] == "the user was out of reach"
    assert [line["right"] for line in parts.data["setup"]["rows"]] == [True, None, None]
    assert parts.row("failed")[1] == "1"


def test_a_run_without_any_response_has_a_page(page_of: Page) -> None:
    item = clear("a")
    page = page_of([item], [said(item, ending="not_applicable")])
    assert "Seconds until a response" not in page
    assert Parts(page).dialogues[0]["ending"] == "not_applicable"


def test_what_a_model_says_is_text(page_of: Page, tmp_path: Path) -> None:
    hostile = [
        "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
        "<!--<script>",
        "a\u2028b\u2029c\x00d",
        "\ud800 alone",
        "x" * 100_000,
        "{{ 7 * 7 }}",
    ]
    items = [
        clear(
            f"{place}{text[:100]}", text[:200] or "x", question=text, source=text[:50], story_id="s",
            turns=tuple(Said(role, text) for role in ("narrator", "user", "assistant", "user")),
            speakers={"user": speaker(text[:40], accent=text[:40])},
        )
        for place, text in enumerate(hostile)
    ]  # fmt: skip
    held = [
        said(item, replace(response(text), unfit="no_answer", actions={text[:50]: "answer", "rule": "clarify"}))
        for item, text in zip(items, hostile, strict=True)
    ]
    page = page_of(items, held, run=replace(IDENTITY, model=hostile[0], dataset=hostile[1], classifier=hostile[2]))
    write_page(tmp_path / "page.html", page)
    parts = Parts((tmp_path / "page.html").read_text("utf-8"))
    assert [one["request"] for one in parts.dialogues] == [text.replace("\ud800", "?") for text in hostile]
    assert "img" not in parts.tags
    assert page.count("<script") == page.count("</script>") == 2 + 2 * len(hostile)
    assert [parts.data[f"story-{place}"] for place in range(len(hostile))] == [
        one["request"] for one in parts.dialogues
    ]
    assert not re.search("[\u2028\u2029]", page.split('id="setup"')[1])
    policy = re.search('Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert "media-src blob: &#39;self&#39;" in policy[1]
