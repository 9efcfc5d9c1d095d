"""The listening test of styles in a browser: heard, told apart, saved, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_sheet_browser import CONTRAST, QUICK, hear, lines, saved

from askqa_builder import stats
from askqa_builder.report.listening.sheet import listening_sheet

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def style_sheet(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sheet of four clips of as many ways of speaking."""
    return listening_sheet(filled, tmp_path_factory.mktemp("sheet") / "sheet.html", 4, styles=True).path


@pytest.fixture
def opened(browser: Any, style_sheet: Path) -> Iterator[Open]:
    """Open the sheet from the disk, without a network; whatever the console says is a failure."""
    contexts, said = [], []

    def open_sheet(rater: str = "Ann", script: str = QUICK, **options: Any) -> Any:
        context = browser.new_context(accept_downloads=True, offline=True, **options)
        contexts.append(context)
        context.add_init_script(script)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(style_sheet.as_uri())
        page.get_by_label("Your name or code").fill(rater)
        page.get_by_role("button", name="Begin").click()
        return page

    yield open_sheet
    for context in contexts:
        context.close()
    assert said == []


def answers(page: Any) -> list[str]:
    found: list[str] = page.eval_on_selector_all(".choices input", "inputs => inputs.map((input) => input.value)")
    return found


def test_told_apart_by_keyboard_saved_and_read_back(opened: Open, filled: Path) -> None:
    page = opened()
    order = answers(page)
    for place in range(1, 5):
        page.get_by_role("heading", name=f"Clip {place} of 4").wait_for()
        page.keyboard.press("Space")
        page.wait_for_selector("fieldset:enabled", timeout=20_000)
        page.keyboard.press(str(order.index("lively") + 1))
        page.keyboard.press("Enter")
        page.keyboard.press("4")
        page.keyboard.press("Enter")
    page.get_by_text("All clips are rated").wait_for()
    file = saved(page)
    assert {(line["heard_as"], line["naturalness"]) for line in lines(file)} == {("lively", "4")}
    found = stats(filled, ratings=[file]).style_ratings
    assert found is not None
    assert {of.style: of.recognised.mean for of in found.styles if of.recognised} == {
        "neutral": 0, "happy": 0, "lively": 1, "subdued": 0,
    }  # fmt: skip


def test_both_passages_are_heard_before_anything_is_answered(opened: Open) -> None:
    page = opened(script="")
    page.keyboard.press("1")
    assert page.locator("input:checked").count() == 0
    page.get_by_role("button", name="Play").click()
    page.get_by_text("First: as this speaker usually talks").wait_for()
    assert page.locator("fieldset:disabled").count() == 2
    page.get_by_text("Now: the passage to judge").wait_for(timeout=20_000)
    page.wait_for_selector("fieldset:enabled", timeout=20_000)
    for key in "90":  # there are no such answers
        page.keyboard.press(key)
    assert page.locator("input:checked").count() == 0


def test_a_reload_keeps_the_answer(opened: Open) -> None:
    page = opened()
    hear(page)
    page.get_by_role("radio", name="Subdued").check()
    page.reload()
    page.get_by_role("heading", name="Clip 1 of 4").wait_for()
    assert page.get_by_role("radio", name="Subdued").is_checked()


def test_raters_read_the_answers_in_orders_of_their_own(opened: Open) -> None:
    page = opened("Ann")
    orders = {tuple(answers(page))}
    for rater in ("Bob", "Cy", "Dee", "Eve"):
        page.get_by_role("button", name="Somebody else").click()
        page.get_by_label("Your name or code").fill(rater)
        page.get_by_role("button", name="Begin").click()
        orders.add(tuple(answers(page)))
    assert len(orders) > 1
    assert {order[-1] for order in orders} == {"cannot tell"}
    assert len({frozenset(order) for order in orders}) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
def test_it_fits_and_is_legible(opened: Open, width: int, scheme: str) -> None:
    page = opened(viewport={"width": width, "height": 700}, color_scheme=scheme, reduced_motion="reduce")
    hear(page)
    page.get_by_role("radio", name="Lively").check()
    page.mouse.move(0, 0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    faint = [(text, round(ratio, 2)) for text, ratio in page.evaluate(CONTRAST) if ratio < 4.5]
    assert faint == []
