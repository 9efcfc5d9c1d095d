"""The page of a run in a real browser: it plays what was heard, finds dialogues, and lets nothing out of its data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile
from made_runs import ambiguous, clear, response, said, said_to_all
from tab import Tab

from askqa_builder.corpus.conversation import Action
from askqa_builder.evaluation.folder import PAGE_NAME
from askqa_builder.evaluation.item import Item, Said
from askqa_builder.evaluation.trajectory import Trajectory
from askqa_builder.report.page_file import write_page

Page = Callable[..., str]


@pytest.fixture
def run_tab(browser: Any, kept_run: Path) -> Iterator[Tab]:
    """The page of the run, on which nothing may go wrong."""
    tab = Tab(browser, (kept_run / PAGE_NAME).as_uri())
    yield tab
    tab.context.close()
    assert tab.complaints == []


def show(tab: Tab, dialogue: str) -> None:
    tab.page.evaluate("id => { location.hash = new URLSearchParams({ dialogue: id }) }", dialogue)
    tab.page.wait_for_function(
        "id => document.querySelector('#conversation .facts')?.textContent.includes(id)", arg=dialogue
    )


def wait_for_list(tab: Tab, wanted: list[str]) -> None:
    """Wait until the list is of these dialogues and no others; it never being so is a failure."""
    tab.page.wait_for_function(
        "ids => JSON.stringify([...document.querySelectorAll('#rows a')].map(link => link.dataset.id)) === ids",
        arg=json.dumps(wanted, separators=(",", ":")),
    )


def test_each_recording_plays_as_it_was_heard(run_tab: Tab, kept_run: Path, kept_dialogues: list[Trajectory]) -> None:
    one = next(one for one in kept_dialogues if len(one.rounds) == 2)
    show(run_tab, one.id)
    players = run_tab.page.locator("#conversation audio")
    assert players.count() == 2
    for player, each in zip(players.all(), one.rounds, strict=True):
        player.evaluate(
            "audio => new Promise(done => { audio.onloadedmetadata = done; if (audio.readyState) done(); })"
        )
        info = soundfile.info(kept_run / str(each.recording))
        assert player.evaluate("audio => audio.duration") == pytest.approx(info.frames / info.samplerate, abs=0.01)
        player.evaluate("audio => audio.play()")
        run_tab.page.wait_for_function(
            "place => document.querySelectorAll('audio')[place].currentTime > 0.1", arg=one.rounds.index(each)
        )
    assert players.first.evaluate("audio => audio.paused")  # the second stopped it
    assert all(address.startswith(("file:", "data:")) for address in run_tab.asked)


def test_a_recording_that_is_not_beside_the_page_is_told(
    browser: Any, kept_run: Path, kept_dialogues: list[Trajectory], tmp_path: Path
) -> None:
    shutil.copy(kept_run / PAGE_NAME, tmp_path / "moved.html")
    tab = Tab(browser, (tmp_path / "moved.html").as_uri())
    show(tab, kept_dialogues[0].id)
    tab.page.wait_for_selector("#conversation .heard .problem")
    assert str(kept_dialogues[0].first.recording) in tab.page.locator(".heard .problem").first.inner_text()
    tab.context.close()


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("right", "no", lambda one, item: one.first.action is not item.gold),
        ("gold", "clarify", lambda one, item: item.gold is Action.CLARIFY),
        ("action", "answer", lambda one, item: one.first.action is Action.ANSWER),
        ("reading", "2", lambda one, item: one.branch == 1),
        ("reading", "none", lambda one, item: one.branch is None),
        ("ending", "answered", lambda one, item: one.ending == "answered"),
    ],
)
def test_filters_leave_what_they_name(
    run_tab: Tab, kept_items: list[Item], kept_dialogues: list[Trajectory], name: str, value: str, fits: Any
) -> None:
    run_tab.page.evaluate("location.hash = '#dialogues'")
    run_tab.page.select_option(f"#filters [name={name}]", value)
    items = {item.row_id: item for item in kept_items}
    wanted = [one.id for one in kept_dialogues if fits(one, items[one.item])]
    assert wanted
    wait_for_list(run_tab, wanted)


def test_words_are_found_in_what_is_said_and_meant(browser: Any, page_of: Page, tmp_path: Path) -> None:
    turns = (Said("user", "Where is the CELLAR?"), Said("assistant", "below"), Said("user", "what colour"))
    items = [clear("a", "lighthouse"), clear("b", turns=turns), ambiguous("c", ["x"], ["y"])]
    held = [said(items[0], "blue"), said(items[1], "a Harbour"), *said_to_all(items[2], "which ANCHOR?", "x")]
    write_page(tmp_path / "page.html", page_of(items, held))
    tab = Tab(browser, (tmp_path / "page.html").as_uri() + "#dialogues")
    for words, wanted in (
        ("LIGHT", ["a"]),
        ("harbour", ["b"]),
        ("cellar", ["b"]),
        ("anchor", ["c/0", "c/1"]),
        ("reply 1", ["c/1"]),
    ):
        tab.page.fill("#filters [name=text]", words)
        wait_for_list(tab, wanted)
    tab.context.close()


def test_a_dialogue_shows_its_story_folded_and_its_history(
    run_tab: Tab, kept_items: list[Item], kept_dialogues: list[Trajectory]
) -> None:
    item = next(item for item in kept_items if item.history == 4)
    held = next(one for one in kept_dialogues if one.item == item.row_id)
    show(run_tab, held.id)
    story = run_tab.page.locator(".chat .story .text")
    assert not story.is_visible()
    run_tab.page.click(".chat .story summary")
    assert story.is_visible()
    shown = run_tab.page.locator(".chat .text").evaluate_all("nodes => nodes.map(node => node.textContent)")
    assert shown[:6] == [turn.text for turn in item.turns]
    assert shown[6] == held.first.response


def test_keys_and_readings_lead_from_dialogue_to_dialogue(browser: Any, page_of: Page, tmp_path: Path) -> None:
    items = [clear("a"), ambiguous("b", ["x"], ["y"])]
    write_page(tmp_path / "page.html", page_of(items, [said(items[0], "blue"), *said_to_all(items[1], "which?", "x")]))
    tab = Tab(browser, (tmp_path / "page.html").as_uri() + "#dialogues")
    tab.page.wait_for_selector("#rows a")
    tab.page.keyboard.press("ArrowDown")
    tab.page.wait_for_selector("#rows a[aria-current][data-id=a]")
    tab.page.keyboard.press("ArrowDown")
    tab.page.wait_for_selector("#rows a[aria-current][data-id='b/0']")
    tab.page.click("nav.beside a >> text=reading 2")
    tab.page.wait_for_selector("#rows a[aria-current][data-id='b/1']")
    assert tab.page.locator("#meant + dl").inner_text().count("reply 1") == 1
    tab.context.close()
    assert tab.complaints == []


def test_hostile_words_stay_words(browser: Any, page_of: Page, tmp_path: Path) -> None:
    hostile = [
        "</script><script>window.owned = 1</script>",
        "<img src=x onerror='window.owned = 1'>",
        "\u202eright to left\u2028 \ud800",
        "x" * 100_000,
    ]
    items = [
        clear(
            f"item{place}", text[:500], question=text, source=text[:30], story_id=f"{place}",
            turns=tuple(Said(role, text) for role in ("narrator", "user", "assistant", "user")),
        )
        for place, text in enumerate(hostile)
    ]  # fmt: skip
    held = [
        said(item, replace(response(text), recording="javascript:window.owned=1", actions={text[:30]: "clarify"}))
        for item, text in zip(items, hostile, strict=True)
    ]
    write_page(tmp_path / "page.html", page_of(items, held))
    for width in (1280, 400):
        tab = Tab(browser, (tmp_path / "page.html").as_uri())
        tab.page.set_viewport_size({"width": width, "height": 900})
        for item, text in zip(items, hostile, strict=True):
            show(tab, item.row_id)
            shown = tab.page.locator(".chat .assistant .text").last.evaluate("node => node.textContent")
            assert shown == text.replace("\ud800", "?")
            tab.page.click(".chat .story summary")
            assert tab.page.evaluate("window.owned") is None
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
        tab.context.close()
