"""A corpus of two dozen stories with three splits, spoken once for all tests of tasks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "build"))
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def storybook(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stories of `storybook` as a finished dataset with train, validation and test. Read it, never change it."""
    from storybook import write_storybook

    from askqa_builder import build

    folder = tmp_path_factory.mktemp("storybook")
    build(write_storybook(folder / "texts"), folder / "spoken", profiles=str(quick_profile), seed=3, workers=1)
    return folder / "spoken"


@pytest.fixture(scope="session")
def examples_made(storybook: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All examples of the storybook. Read it, never change it."""
    from askqa_builder import tasks

    out = tmp_path_factory.mktemp("examples") / "all"
    tasks(storybook, out)
    return out


@pytest.fixture(scope="session")
def styled_book(storybook: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storybook with styles of the user's turns, measurements, and speakers of both genders."""
    from styled import changed_rows, style_and_cast

    return changed_rows(storybook, tmp_path_factory.mktemp("styled") / "spoken", style_and_cast)


@pytest.fixture(scope="session")
def questions_made(styled_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All questions about it. Read it, never change it."""
    from askqa_builder import questions

    out = tmp_path_factory.mktemp("questions") / "all"
    questions(styled_book, out)
    return out


@pytest.fixture(scope="session")
def demo_examples(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All examples of the demo dataset, which are few. Read it, never change it."""
    from askqa_builder import tasks

    out = tmp_path_factory.mktemp("examples") / "demo"
    tasks(demo_dataset, out)
    return out
