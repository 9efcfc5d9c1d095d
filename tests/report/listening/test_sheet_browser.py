"""The listening sheet in a browser, opened from the disk: heard, rated, reloaded, saved, read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from askqa_builder import stats
from askqa_builder.report.listening.ratings_file import read_ratings
from askqa_builder.report.listening.sheet import listening_sheet

QUICK = """
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { this.playbackRate = 8; return play.call(this); };
"""
"""Clips are played eight times as fast; for the page nothing else changes."""

CONTRAST = """
() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (at) => {
    for (; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const shown = [...document.querySelectorAll("main *, header *")].filter((at) =>
    at.checkVisibility() && [...at.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return shown.map((at) => {
    const pair = [light(getComputedStyle(at).color), light(behind(at))].sort((a, b) => b - a);
    return [at.textContent.trim().slice(0, 40), (pair[0] + 0.05) / (pair[1] + 0.05)];
  });
}
"""

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def sheet(voiced: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sheet of three clips."""
    return listening_sheet(voiced, tmp_path_factory.mktemp("sheet") / "sheet.html", 3).path


@pytest.fixture
def opened(browser: Any, sheet: Path) -> Iterator[Open]:
    """Open the sheet from the disk, without a network; whatever the console says is a failure."""
    contexts, said = [], []

    def open_sheet(rater: str | None = "Ann", script: str = QUICK, **options: Any) -> Any:
        context = browser.new_context(accept_downloads=True, offline=True, **options)
        contexts.append(context)
        context.add_init_script(script)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(sheet.as_uri())
        if rater is not None:
            page.get_by_label("Your name or code").fill(rater)
            page.get_by_role("button", name="Begin").click()
        return page

    yield open_sheet
    for context in contexts:
        context.close()
    assert said == []


def hear(page: Any) -> None:
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector("fieldset:enabled", timeout=20_000)


def rate_all(page: Any, answers: str = "435") -> None:
    """Hear and rate all clips by keyboard alone."""
    for place in range(1, 4):
        page.get_by_role("heading", name=f"Clip {place} of 3").wait_for()
        page.keyboard.press("Space")
        page.wait_for_selector("fieldset:enabled", timeout=20_000)
        for answer in answers:
            page.keyboard.press(answer)
            page.keyboard.press("Enter")


def saved(page: Any) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save ratings").click()
    path = Path(download.value.path())
    return path.rename(path.with_name(download.value.suggested_filename))


def lines(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))


def test_rated_by_keyboard_saved_and_read_back(opened: Open, voiced: Path) -> None:
    page = opened()
    rate_all(page)
    page.get_by_text("All clips are rated").wait_for()
    file = saved(page)
    assert file.name.endswith("-Ann.csv")
    found = lines(file)
    assert [line["position"] for line in found] == ["1", "2", "3"]
    assert {(line["naturalness"], line["intelligibility"], line["style"]) for line in found} == {("4", "3", "5")}
    assert all(line["plays"] == "1" and line["rated_at"].endswith("Z") for line in found)
    ratings = stats(voiced, ratings=[file]).ratings
    assert ratings is not None
    assert (ratings.raters, ratings.clips) == (1, 3)
    assert {s.scale: s.mean for s in ratings.scores if s.by == "overall"} == {
        "naturalness": 4,
        "intelligibility": 3,
        "style": 5,
    }


def test_nothing_is_rated_before_it_was_heard_to_its_end(opened: Open) -> None:
    page = opened(script="")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Stop").click()
    page.keyboard.press("5")
    assert page.locator("fieldset:disabled").count() == 3
    assert page.locator("input:checked").count() == 0
    assert page.get_by_role("button", name="Save ratings").is_disabled()


def test_a_reload_loses_nothing(opened: Open) -> None:
    page = opened()
    hear(page)
    page.get_by_role("group", name="Naturalness").get_by_role("radio", name="4 Good").check()
    page.get_by_label("Comment").fill("a hiss")
    page.reload()
    page.get_by_role("heading", name="Clip 1 of 3").wait_for()
    assert page.get_by_role("radio", name="4 Good").is_checked()
    assert page.get_by_label("Comment").input_value() == "a hiss"
    assert page.locator("#heard").text_content() == "Played once."
    hear(page)
    assert page.locator("#heard").text_content() == "Played 2 times."


def test_arrows_move_between_questions_answers_and_clips(opened: Open) -> None:
    page = opened()
    hear(page)
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("4")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")  # as in any group of radio buttons
    assert page.get_by_role("radio", name="3 Fair").is_checked()
    assert page.get_by_role("radio", name="4 Most words").is_checked()
    page.get_by_role("heading", name="Clip 1 of 3").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading", name="Clip 2 of 3").wait_for()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("heading", name="Clip 1 of 3").wait_for()


def test_keys_are_letters_where_one_writes(opened: Open) -> None:
    page = opened()
    hear(page)
    page.get_by_label("Comment").press_sequentially("5 of 5")
    assert page.get_by_label("Comment").input_value() == "5 of 5"
    assert page.locator("input:checked").count() == 0
    assert page.locator("#heard").text_content() == "Played once."


def test_a_part_may_be_saved(opened: Open, voiced: Path) -> None:
    page = opened()
    hear(page)
    page.keyboard.press("2")
    found = lines(saved(page))
    assert [(line["naturalness"], line["style"]) for line in found] == [("2", "")]


def test_cells_are_no_formulas_and_read_back_right(opened: Open, voiced: Path) -> None:
    rater, comment = "=cmd|' /C calc'!A0", "@SUM(1;2), \"so\"\n'quoted' – schön"
    page = opened(rater)
    hear(page)
    page.keyboard.press("3")
    page.get_by_label("Comment").fill(comment)
    file = saved(page)
    line = lines(file)[0]
    assert all(cell[:1] not in ("=", "+", "-", "@") for cell in line.values())
    assert line["rater"] == f"'{rater}"
    table, _ = read_ratings([file])
    assert table["rater"].tolist() == [rater]
    assert table["comment"].tolist() == [comment]
    assert stats(voiced, ratings=[file]).ratings is not None


def test_raters_have_ratings_and_an_order_of_their_own(opened: Open) -> None:
    page = opened("Ann")
    hear(page)
    page.keyboard.press("1")
    first_clips = set()
    for rater in ("Bob", "__proto__", "Cy", "Dee", "Eve", "Flo"):
        page.get_by_role("button", name="Somebody else").click()
        page.get_by_label("Your name or code").fill(rater)
        page.get_by_role("button", name="Begin").click()
        assert page.locator("input:checked").count() == 0
        hear(page)
        page.keyboard.press("5")
        found = lines(saved(page))
        assert [line["rater"] for line in found] == [rater]
        first_clips.add(found[0]["clip"])
    page.get_by_role("button", name="Somebody else").click()
    page.get_by_label("Your name or code").fill("Ann")
    page.get_by_role("button", name="Begin").click()
    assert page.get_by_role("radio", name="1 Bad").is_checked()
    assert len(first_clips) > 1


def test_a_browser_that_keeps_nothing_says_so(opened: Open) -> None:
    refuse = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    page = opened(script=QUICK + refuse)
    page.get_by_text("save your ratings before you close it").wait_for()
    hear(page)
    page.keyboard.press("4")
    assert lines(saved(page))[0]["naturalness"] == "4"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
def test_it_fits_and_is_legible(opened: Open, width: int, scheme: str) -> None:
    page = opened(None, viewport={"width": width, "height": 700}, color_scheme=scheme, reduced_motion="reduce")

    def check() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        faint = [(text, round(ratio, 2)) for text, ratio in page.evaluate(CONTRAST) if ratio < 4.5]
        assert faint == []

    check()
    page.get_by_label("Your name or code").fill("a" * 80)
    page.get_by_role("button", name="Begin").click()
    check()
    hear(page)
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    page.mouse.move(0, 0)
    check()
    for control in page.get_by_role("button").all():
        if control.is_visible():
            assert control.bounding_box()["height"] >= 24
