"""Styles and emotions on the page: of each turn, on the waveform, to filter by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from changing import as_format_1_0
from mutations import Row, remade
from tab import Tab
from whole_rows import whole_rows

from askqa_builder import report
from askqa_builder.report.serve import ReportServer

HOSTILE = "<img src=x onerror='window.owned = 1'>"


@pytest.fixture(scope="session")
def filled_page(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("report") / "page.html"
    report(filled, out)
    return out.as_uri()


@pytest.fixture
def styles_tab(browser: Any, filled_page: str) -> Iterator[Tab]:
    tab = Tab(browser, filled_page)
    yield tab
    tab.context.close()
    assert tab.complaints == []


@pytest.fixture(scope="session")
def filled_rows(filled: Path) -> list[Row]:
    return whole_rows(filled)


def test_each_turn_says_how_it_is_said(styles_tab: Tab, filled_rows: list[Row]) -> None:
    row = next(row for row in filled_rows if {"lively", "happy"} <= {turn["style"]["name"] for turn in row["turns"]})
    styles_tab.open(row["id"])
    told = styles_tab.page.eval_on_selector_all(".turns > li", "items => items.map((item) => item.innerText)")
    for text, turn in zip(told, row["turns"], strict=True):
        assert f"style: {turn['style']['name']}" in text
        assert ("emotion asked for: happy · valence 0.91" in text) == (turn["style"]["name"] == "happy")
        assert ("emotion recognised: happy" in text) == (turn["emotion"]["recognised"]["category"] == "happy")
        assert f"F0 {turn['measured']['f0_mean']:.0f} Hz" in text
    lively = next(text for text in told if "style: lively" in text)
    assert "pitch +1.5 st, pitch range × 1.50, rate × 1.08, +2.0 dB, pauses × 0.85" in lively
    assert "drawn independently of the words" in lively


def test_recognised_windows_are_a_band_under_the_waveform(styles_tab: Tab, filled_rows: list[Row]) -> None:
    row = filled_rows[0]
    styles_tab.open(row["id"])
    kept = {window["category"] for window in row["affect"] if window["kept"]}
    legend = styles_tab.page.locator(".legend").inner_text()
    assert {name for name in ("happy", "sad") if f"{name} (recognised)" in legend} == kept
    window = next(window for window in row["affect"] if window["kept"])
    colour = styles_tab.page.evaluate(
        """([share, category]) => {
          const wave = document.querySelector("canvas.whole");
          const canvas = wave.getContext("2d");
          const [r, g, b] = canvas.getImageData(share * wave.width, wave.height - 2, 1, 1).data;
          const swatch = document.querySelector(`.swatch.${category}`);
          return [`rgb(${r}, ${g}, ${b})`, getComputedStyle(swatch).backgroundColor];
        }""",
        [(window["start"] + 0.5) / row["duration"], window["category"]],
    )
    assert colour[0] == colour[1]


@pytest.mark.parametrize("served", [False, True])
def test_rows_are_found_by_style_and_emotion(
    served: bool, browser: Any, filled: Path, filled_page: str, filled_rows: list[Row]
) -> None:
    with ReportServer(filled) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tab = Tab(browser, server.address if served else filled_page)
        tab.page.evaluate("location.hash = 'listen'")
        tab.page.wait_for_selector("#rows a")
        for label, value in (("Style", "subdued"), ("Emotion", "happy")):
            wanted = [row["id"] for row in filled_rows if _has(row, label, value)]
            tab.page.get_by_label(label).select_option(value)
            tab.page.wait_for_function(
                "wanted => document.getElementById('found').textContent.startsWith(`${wanted} recording`)",
                arg=len(wanted),
            )
            assert tab.ids() == wanted
            tab.page.get_by_label(label).select_option("any")
        server.shutdown()
    tab.context.close()
    assert [line for line in tab.complaints if "favicon" not in line] == []


def _has(row: Row, label: str, value: str) -> bool:
    if label == "Style":
        return any(turn["style"]["name"] == value for turn in row["turns"])
    return any(
        value in (turn["emotion"]["intended"]["category"], turn["emotion"]["recognised"]["category"])
        for turn in row["turns"]
    )


def test_styles_beside_neutral_are_plotted(styles_tab: Tab) -> None:
    styles_tab.page.evaluate("location.hash = 'distributions'")
    assert styles_tab.page.get_by_role("heading", name="Styles").is_visible()
    plot = styles_tab.page.locator("svg[aria-label^='Mean F0 beside neutral']")
    assert "lively +1.50 ±0.00 st" in (plot.get_attribute("aria-label") or "")
    assert styles_tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_dataset_without_styles_shows_none(tab: Tab, rows: list[Row]) -> None:
    tab.open(rows[0]["id"])
    assert tab.page.get_by_role("heading", name="Styles").count() == 0
    assert tab.page.locator("select[name=style], select[name=emotion]").count() == 0
    assert "style:" not in tab.page.locator(".turns").inner_text()


def test_a_dataset_of_format_1_0_is_shown(browser: Any, changeable: Path, rows: list[Row]) -> None:
    as_format_1_0(changeable)
    report(changeable, changeable.parent / "page.html")
    tab = Tab(browser, (changeable.parent / "page.html").as_uri())
    tab.open(rows[0]["id"])
    assert tab.page.locator(".turns > li").count() == len(rows[0]["turns"])
    assert tab.page.locator(".delivery").count() == 0
    tab.context.close()
    assert tab.complaints == []


def test_names_of_styles_are_shown_as_text(browser: Any, filled: Path, tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows:
            for turn in row["turns"]:
                turn["style"].update(name=HOSTILE, text_label=HOSTILE, draw=HOSTILE)
                turn["emotion"]["recognised"].update(category=HOSTILE)
            for window in row["affect"]:
                window.update(category=HOSTILE, kept=True)

    hostile = remade(filled, tmp_path / "hostile", change)
    report(hostile, tmp_path / "page.html")
    tab = Tab(browser, (tmp_path / "page.html").as_uri())
    tab.open(whole_rows(hostile)[0]["id"])
    assert HOSTILE in tab.page.locator(".turns").inner_text()
    assert tab.page.evaluate("window.owned") is None
    assert tab.page.locator("main img").count() == 0
    tab.context.close()
    assert tab.complaints == []
