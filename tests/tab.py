"""A page that is open in a browser."""

from __future__ import annotations

from typing import Any


class Tab:
    """A page that is open, and what it complained about."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)

    def open(self, row_id: str) -> None:
        self.page.evaluate("id => { location.hash = new URLSearchParams({ row: id }) }", row_id)
        self.page.wait_for_function(
            "id => document.querySelector('.facts.small')?.textContent.includes(id)", arg=row_id
        )

    def ids(self) -> list[str]:
        found: list[str] = self.page.eval_on_selector_all("#rows a", "links => links.map(link => link.dataset.id)")
        return found

    @property
    def time(self) -> float:
        found: float = self.page.evaluate("document.querySelector('audio').currentTime")
        return found
