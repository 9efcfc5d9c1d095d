"""The page in a real browser: it shows, plays, jumps, highlights, finds, and lets nothing out of its data."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutations import Row
from tab import Tab
from whole_rows import whole_rows

from askqa_builder import report
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.query import Query

JUMP = 0.05
"""Seconds by which the start of a turn may be missed."""


def test_a_click_on_a_turn_plays_from_its_start(tab: Tab, rows: list[Row]) -> None:
    row = rows[-1]
    tab.open(row["id"])
    for turn in (len(row["turns"]) - 1, 1, 2):
        tab.page.evaluate(
            """() => {
              const audio = document.querySelector("audio");
              audio.addEventListener("seeked", () => { window.jumped = audio.currentTime; }, { once: true });
            }"""
        )
        tab.page.locator(".turns a[data-start]").nth(turn).click()
        tab.page.wait_for_function("() => window.jumped !== undefined && !document.querySelector('audio').paused")
        assert abs(tab.page.evaluate("window.jumped") - row["turns"][turn]["start"]) <= JUMP
        tab.page.wait_for_function(
            "start => document.querySelector('audio').currentTime > start + 0.1", arg=row["turns"][turn]["start"]
        )  # it goes on from there
        tab.page.evaluate("document.querySelector('audio').pause(); delete window.jumped")


def test_what_is_heard_after_a_jump_is_the_turn(tab: Tab, rows: list[Row]) -> None:
    """The sound that the browser gives out is that of the recording from where the turn begins."""
    row = rows[-1]
    rate = row["sampling_rate"]
    recording, _ = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32")
    tab.open(row["id"])
    tab.page.evaluate(
        """async (rate) => {
          const audio = document.querySelector("audio");
          const context = new AudioContext({ sampleRate: rate });
          const ear = context.createScriptProcessor(1024, 1, 1);
          ear.onaudioprocess = (event) => {
            if (!audio.paused) window.heard.push(...event.inputBuffer.getChannelData(0));
          };
          context.createMediaElementSource(audio).connect(ear).connect(context.destination);
          window.heard = [];
          await context.resume();
        }""",
        rate,
    )
    for turn in (3, 1):
        likeness, place = max(heard_after_jump(tab, turn, recording, rate) for _ in range(3))
        assert likeness >= 0.98  # at best: a busy machine leaves gaps in what plays
        assert abs(place / rate - row["turns"][turn]["start"]) <= JUMP
    tab.complaints = [line for line in tab.complaints if "ScriptProcessor" not in line]  # which is old, and ours here


def heard_after_jump(tab: Tab, turn: int, recording: np.ndarray, rate: int) -> tuple[float, int]:
    """Click on a turn; return how like the recording is what is heard first, and which sample that is."""
    tab.page.evaluate("() => { document.querySelector('audio').pause(); window.heard = []; }")
    tab.page.locator(".turns a[data-start]").nth(turn).click()
    tab.page.wait_for_function("enough => window.heard.length > enough", arg=rate)
    heard = np.array(tab.page.evaluate("() => window.heard"), np.float32)
    begun = int(np.flatnonzero(np.abs(heard) > 1e-3)[0])
    likeness = alike(recording, heard[begun : begun + rate // 4])
    place = int(np.argmax(likeness))
    return float(likeness[place]), place


def alike(recording: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the normalised correlation of a part with the recording, by the place it is laid at."""
    energy = np.concatenate([[0.0], np.cumsum(recording.astype(np.float64) ** 2)])
    there = np.sqrt(np.maximum(energy[len(part) :] - energy[: -len(part)], 1e-9))
    return np.correlate(recording, part, "valid") / (there * np.linalg.norm(part))


def test_a_click_on_a_word_plays_it(tab: Tab, rows: list[Row]) -> None:
    row = rows[0]
    tab.open(row["id"])
    word = row["words"][12]
    tab.page.locator(".word[data-word='12']").click()
    tab.page.wait_for_function("() => !document.querySelector('audio').paused")
    assert word["start"] - JUMP <= tab.time <= word["start"] + 3


def test_the_word_that_is_spoken_is_highlighted(tab: Tab, rows: list[Row]) -> None:
    row = rows[0]
    tab.open(row["id"])
    words = row["words"]
    for place in range(5):
        word = words[len(words) * (2 * place + 1) // 10]
        middle = (word["start"] + word["end"]) / 2
        tab.page.evaluate("time => { location.hash += `&t=${time}` }", middle)
        tab.page.wait_for_function(
            "time => Math.abs(document.querySelector('audio').currentTime - time) < 0.001", arg=middle
        )
        tab.page.wait_for_function(
            "word => document.querySelector('.word.now')?.textContent === word",
            arg=row["turns"][word["turn"]]["text"][word["char_start"] : word["char_end"]],
        )
        assert tab.page.locator(".word.now").count() == 1
        assert tab.page.locator(".turns > li.now").count() == 1
        tab.open(row["id"])


def test_playing_moves_the_highlight_on(tab: Tab, rows: list[Row]) -> None:
    tab.open(rows[0]["id"])
    tab.page.keyboard.press("Space")
    tab.page.wait_for_selector(".word.now")
    first = tab.page.locator(".word.now").get_attribute("data-word")
    tab.page.wait_for_function(
        "word => ![null, word].includes(document.querySelector('.word.now')?.dataset.word ?? null)", arg=first
    )
    tab.page.keyboard.press("Space")
    tab.page.wait_for_function("() => document.querySelector('audio').paused")


def test_a_word_is_shown_from_its_first_sample(tab: Tab, rows: list[Row]) -> None:
    tab.open(rows[0]["id"])
    tab.page.locator(".word").first.click()
    tab.page.wait_for_selector(".word.now")
    tab.page.keyboard.press("Space")
    tab.page.wait_for_function("() => document.querySelector('audio').paused")
    figures = [word for word in rows[0]["words"] if word["word"] == "twelve"]
    for word in rows[0]["words"][::7] + figures:
        tab.page.evaluate("start => { document.querySelector('audio').currentTime = start; }", word["start"])
        written = rows[0]["turns"][word["turn"]]["text"][word["char_start"] : word["char_end"]]
        tab.page.wait_for_function(
            "written => document.querySelector('.word.now')?.textContent === written", arg=written
        )


def test_keys_move_in_time_and_between_rows(tab: Tab, rows: list[Row]) -> None:
    tab.page.evaluate("location.hash = '#listen'")
    tab.page.wait_for_selector("#rows a")
    tab.open(rows[0]["id"])
    tab.page.wait_for_selector("#rows a[aria-current]")
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_function("() => Math.abs(document.querySelector('audio').currentTime - 2) < 0.01")
    tab.page.keyboard.press("Shift+ArrowRight")
    start = rows[0]["turns"][1]["start"]
    tab.page.wait_for_function(
        "start => Math.abs(document.querySelector('audio').currentTime - start) < 0.05", arg=start
    )
    tab.page.keyboard.press("ArrowDown")
    tab.page.wait_for_function(
        "id => document.querySelector('#rows a[aria-current]')?.dataset.id === id", arg=rows[1]["id"]
    )
    tab.page.keyboard.press("ArrowUp")
    tab.page.wait_for_function(
        "id => document.querySelector('#rows a[aria-current]')?.dataset.id === id", arg=rows[0]["id"]
    )


def test_keys_are_left_to_fields(tab: Tab, rows: list[Row]) -> None:
    tab.open(rows[0]["id"])
    tab.page.locator("input[name=text]").press_sequentially("a b")
    assert tab.page.locator("input[name=text]").input_value() == "a b"
    assert tab.page.evaluate("document.querySelector('audio').paused")


def test_filters_leave_what_the_dataset_says(tab: Tab, voiced: Path) -> None:
    """In the document's own scripts and in the server."""
    catalogue = Catalogue(voiced)
    voice = catalogue.voices[0][0]
    cases = [
        {"config": "clarified"},
        {"ambiguous": "yes"},
        {"ambiguous": "no", "config": "initial"},
        {"voice": voice},
        {"order": "duration"},
        {"order": "snr_db", "ambiguous": "yes"},
        {"text": "LIGHTHOUSE"},
        {"text": "#clarified-1"},
        {"text": "nobody says this"},
    ]
    tab.page.evaluate("location.hash = '#listen'")
    tab.page.wait_for_selector("#rows a")
    for case in cases:
        tab.page.evaluate("document.getElementById('filters').reset()")
        for name, value in case.items():
            field = tab.page.locator(f"#filters [name={name}]")
            field.fill(value) if name == "text" else field.select_option(value)
        tab.page.evaluate("document.getElementById('filters').dispatchEvent(new Event('input'))")
        numbers = Query(**case).numbers(catalogue)
        ids = [catalogue.line(number)["id"] for number in numbers]
        tab.page.wait_for_function(
            "ids => JSON.stringify([...document.querySelectorAll('#rows a')].map(link => link.dataset.id)) === ids",
            arg="[" + ",".join(f'"{row_id}"' for row_id in ids) + "]",
        )
        said = tab.page.locator("#found").inner_text()
        assert said == ("1 recording" if len(ids) == 1 else f"{len(ids)} recordings")


def test_the_gold_response_is_apart_and_the_evidence_is_marked(tab: Tab, rows: list[Row]) -> None:
    row = next(row for row in rows if row["evidence"]["char_start"] is not None)
    tab.open(row["id"])
    assert row["response"]["references"][0] in tab.page.locator(".next").inner_text()
    assert row["response"]["references"][0] == tab.page.locator(".next .gold").inner_text()
    marked = tab.page.locator(".turns mark").all_inner_texts()
    evidence = row["story"][row["evidence"]["char_start"] : row["evidence"]["char_end"]]
    assert [" ".join(text.split()).strip(".,") for text in marked] == [" ".join(evidence.split()).strip(".,")]
    ambiguous = next(row for row in rows if row["ambiguous"] and row["stage"] == "initial")
    tab.open(ambiguous["id"])
    shown = tab.page.locator(".next").inner_text()
    assert "ask back" in shown
    for branch in ambiguous["clarifications"][0]["branches"]:
        assert branch["reply"] in shown


def test_a_link_leads_to_a_row_and_a_time(browser: Any, address: str, rows: list[Row]) -> None:
    tab = Tab(browser, address + "#row=" + rows[1]["id"].replace("#", "%23").replace("|", "%7C") + "&t=3.5")
    tab.page.wait_for_selector(".turns")
    tab.page.wait_for_function("() => Math.abs(document.querySelector('audio').currentTime - 3.5) < 0.001")
    assert rows[1]["id"] in tab.page.locator(".facts.small").first.inner_text()
    tab.page.evaluate("location.hash = '#row=none'")
    tab.page.wait_for_selector(".problem.hint")
    tab.context.close()
    assert tab.complaints == []


def test_two_datasets_are_heard_at_the_same_words(browser: Any, voiced: Path, recast: Path, tmp_path: Path) -> None:
    report(voiced, tmp_path / "two.html", against=recast)
    tab = Tab(browser, (tmp_path / "two.html").as_uri())
    first, second = (
        next(row for row in whole_rows(dataset) if row["turns"][2]["role"] == "assistant")
        for dataset in (voiced, recast)
    )
    tab.open(first["id"])
    word = next(word for word in first["words"] if word["turn"] == 1)
    partner = next(word for word in second["words"] if word["turn"] == 1)
    tab.page.locator(".take").first.locator(f".word[data-word='{first['words'].index(word)}']").click()
    tab.page.wait_for_function("() => !document.querySelectorAll('audio')[0].paused")
    tab.page.evaluate("document.querySelectorAll('audio')[0].playbackRate = 0.1")
    tab.page.keyboard.press("Space")
    tab.page.evaluate("start => { document.querySelectorAll('audio')[0].currentTime = start; }", word["start"])
    tab.page.keyboard.press("x")
    tab.page.wait_for_function("() => !document.querySelectorAll('audio')[1].paused")
    assert tab.page.evaluate("document.querySelectorAll('audio')[0].paused")
    assert tab.page.evaluate("document.querySelectorAll('audio')[1].currentTime") >= partner["start"] - JUMP
    assert tab.page.locator(".side").all_inner_texts().count("B") >= 2
    tab.context.close()
    assert tab.complaints == []


def test_sound_is_loaded_when_it_is_played(browser: Any, served_page: str, rows: list[Row]) -> None:
    tab = Tab(browser, served_page)
    tab.open(rows[0]["id"])
    tab.page.wait_for_selector("#rows a")
    assert not [url for url in tab.asked if "/sound/" in url]
    tab.page.keyboard.press("Space")
    tab.page.wait_for_function("() => !document.querySelector('audio').paused")
    assert [url for url in tab.asked if "/sound/" in url]
    tab.context.close()
