"""Two items of the demo file, to be changed, and what reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.reader import Item, Reader


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def clear(demo_items: list[Item]) -> Item:
    return next(item for item in demo_items if item["id"] == "demo-cafe|4|2")


@pytest.fixture
def ambiguous(demo_items: list[Item]) -> Item:
    return next(item for item in demo_items if item["id"] == "demo-bicycles|5|2")
