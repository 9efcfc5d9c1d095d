"""What a page looks like and lets out in a real browser: on any screen, for any reader, whatever its texts are."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from mutations import Row, remade
from tab import Tab
from whole_rows import whole_rows

from askqa_builder import report
from askqa_builder.report.serve import ReportServer

HOSTILE = [
    "<script>window.owned = 1</script>",
    "</script><script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    "\"quotes\" 'and' `more` & &amp; &lt;b&gt;",
    "emoji 👩‍🚀 🎉 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 words",
    "مرحبا بالعالم, שלום עולם",
    "x" * 10_000,
    "</title></style><!-- ]]> {{ 7 * 7 }} ${window.owned = 1}",
]


def test_two_recordings_are_side_by_side_on_a_laptop(
    browser: Any, voiced: Path, recast: Path, tmp_path: Path, rows: list[Row]
) -> None:
    report(voiced, tmp_path / "two.html", against=recast)
    tab = Tab(browser, (tmp_path / "two.html").as_uri())
    tab.open(rows[0]["id"])
    boxes = [take.bounding_box() for take in tab.page.locator(".take").all()]
    assert len({round(box["y"]) for box in boxes}) == 1
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    tab.context.close()


def test_the_link_that_skips_stays_with_what_is_shown(tab: Tab, rows: list[Row]) -> None:
    tab.open(rows[0]["id"])
    tab.page.locator(".skip").focus()
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.body.dataset.view") == "listen"
    assert tab.page.locator(".turns").count() == 1


def test_a_phone_shows_the_recording_that_was_chosen(browser: Any, own_page: str) -> None:
    tab = Tab(browser, own_page)
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.page.evaluate("location.hash = '#listen'")
    tab.page.locator("#rows a").nth(7).click()
    tab.page.wait_for_selector(".turns")
    tab.page.wait_for_timeout(100)
    assert tab.page.locator("#conversation h2").bounding_box()["y"] < 200
    tab.context.close()


def test_nothing_is_asked_of_anybody_else(browser: Any, own_page: str, served_page: str, rows: list[Row]) -> None:
    for address in (own_page, served_page):
        tab = Tab(browser, address)
        tab.open(rows[0]["id"])
        tab.page.keyboard.press("Space")
        tab.page.wait_for_selector(".word.now")
        own = (served_page,) if address == served_page else (own_page, "blob:", "data:")
        assert all(url.startswith(own) for url in tab.asked), tab.asked
        assert not tab.page.evaluate("fetch('https://example.org/').then(() => true, () => false)"), (
            "the policy lets requests out"
        )
        tab.context.close()


@pytest.fixture(scope="session")
def hostile(voiced: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset each of whose texts tries something."""

    def change(rows: list[Row]) -> None:
        for place, row in enumerate(rows):
            for number, turn in enumerate(row["turns"]):
                turn["text"] = HOSTILE[(place + number) % len(HOSTILE)]
            for word in row["words"]:
                word["char_start"] = min(word["char_start"], 3)
                word["char_end"] = min(word["char_start"] + 5, len(row["turns"][word["turn"]]["text"]))
            row["source"] = HOSTILE[2]
            row["response"].update(text=HOSTILE[0], references=HOSTILE)
            row["clarifications"] = [{"question": HOSTILE[1], "branches": [{"reply": HOSTILE[2], "answers": HOSTILE}]}]
            row["evidence"]["text"] = HOSTILE[0]
            row["story"] = "\n".join(HOSTILE)
            row["speakers"][0]["voice"] = HOSTILE[7]
            row["id"] = f"{HOSTILE[2]}|{place}#initial"

    return remade(voiced, tmp_path_factory.mktemp("hostile") / "<b>dataset", change)


@pytest.mark.parametrize("served", [False, True])
def test_texts_are_shown_as_text(served: bool, browser: Any, hostile: Path, tmp_path: Path) -> None:
    rows = whole_rows(hostile)[:8]
    with ReportServer(hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        report(hostile, tmp_path / "page.html")
        tab = Tab(browser, server.address if served else (tmp_path / "page.html").as_uri())
        for row in [row for row in rows if row["stage"] == "initial"]:
            tab.open(row["id"])
            shown = tab.page.eval_on_selector_all(".turns .text", "texts => texts.map(text => text.textContent)")
            assert shown == [turn["text"] for turn in row["turns"]]
            assert tab.page.locator(".next li").first.evaluate("item => item.textContent") == HOSTILE[1]
            assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert tab.page.evaluate("window.owned") is None
        assert tab.page.locator("main img").count() == 0
        server.shutdown()
    tab.context.close()
    assert [line for line in tab.complaints if "favicon" not in line] == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (768, 1024), (1920, 1080)])
def test_nothing_is_wider_than_the_screen(
    width: int, height: int, browser: Any, own_page: str, rows: list[Row]
) -> None:
    tab = Tab(browser, own_page)
    tab.page.set_viewport_size({"width": width, "height": height})
    for view in ("overview", "distributions", "listen"):
        tab.page.evaluate("view => { location.hash = view }", view)
        tab.page.wait_for_timeout(50)
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
    tab.open(rows[0]["id"])
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = tab.page.locator(".play").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["height"] >= 36  # a finger finds it
    tab.context.close()
    assert tab.complaints == []


def test_dark_where_the_reader_s_screen_is(browser: Any, own_page: str) -> None:
    colours = []
    for scheme in ("light", "dark"):
        tab = Tab(browser, own_page, color_scheme=scheme)
        colours.append(tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        tab.context.close()
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


def test_everything_has_a_name_for_a_screen_reader(tab: Tab, rows: list[Row]) -> None:
    tab.open(rows[0]["id"])
    tab.page.wait_for_selector("#rows a")
    nameless = tab.page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, [role=slider], svg[role=img]")]
          .filter((node) => node.checkVisibility())
          .filter((node) => !(node.textContent.trim() || node.getAttribute("aria-label") || node.labels?.length))
          .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    assert tab.page.evaluate("document.documentElement.lang") == "en"
    assert tab.page.locator("h1").count() == 1
    slider = tab.page.locator("[role=slider]")
    assert "0:00" in slider.get_attribute("aria-valuetext")
