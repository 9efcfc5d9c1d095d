"""Small datasets with short stories in voices that PocketSphinx understands, and the same scored.

Where it is not the point what is understood, a recogniser listens that costs nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "build"))

from harness import install_recogniser, write_corpus

from askqa_builder import build, score

STORIES = [
    ("The old man sold his boat and bought a house near the river.", "What did the old man buy?", "a house"),
    ("My sister has a small garden and grows apples and potatoes there.", "What does my sister grow?", "apples"),
    ("The teacher lost her keys in the park on a cold morning.", "Where did the teacher lose her keys?", "the park"),
    ("A black dog followed the children home from school today.", "Who did the black dog follow home?", "the children"),
]

PROFILE = """
engine: flite
demo: true
distinct_voices: false
roles: {narrator: {voices: [rms]}, user: {voices: [slt]}, assistant: {voices: [rms]}}
"""


def item(number: int) -> dict[str, Any]:
    """A conversation of Abg-CoQA's format; each second one is ambiguous, with two branches."""
    story, question, answer = STORIES[number % len(STORIES)]
    _, other, _ = STORIES[(number + 1) % len(STORIES)]
    ambiguous = {
        "ambiguity": "ambiguous",
        "clarification_turn": {
            "question": "Do you mean this morning or last summer?",
            "answers": [{"clr_ans": f"I mean {when}.", "org_ans": answer} for when in ("this morning", "last summer")],
        },
    }
    return {
        "id": f"short-{number}",
        "story": story,
        "target_turn": {"turn_id": 2, "question": question, "answer": answer, "rationale": ""},
        "history_turns": [{"turn_id": 1, "question": other, "answer": "nobody told me about that"}],
        "source": "askqa-demo",
        **(ambiguous if number % 2 else {"ambiguity": "non_ambiguous"}),
    }


@pytest.fixture(scope="session")
def short_corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A corpus and a profile set."""
    folder = tmp_path_factory.mktemp("short")
    (folder / "profile.yaml").write_text(PROFILE, "utf-8")
    items = [{**item(number), "history_turns": []} for number in range(4)]
    return write_corpus(folder / "short_test.json", items), folder / "profile.yaml"


@pytest.fixture(scope="session")
def built(short_corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of two shards and eight rows, not scored. Read it, never change it."""
    corpus, profile = short_corpus
    out = tmp_path_factory.mktemp("datasets") / "short"
    build(corpus, out, profiles=str(profile), workers=1)
    return out


@pytest.fixture(scope="session")
def brief(short_corpus: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of two shards and three rows. Read it, never change it."""
    _, profile = short_corpus
    folder = tmp_path_factory.mktemp("brief")
    corpus = write_corpus(folder / "brief_test.json", [{**item(number), "history_turns": []} for number in range(2)])
    build(corpus, folder / "dataset", profiles=str(profile), workers=1)
    return folder / "dataset"


@pytest.fixture
def unscored_brief(brief: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(brief, tmp_path / "brief"))


@pytest.fixture(scope="session")
def counting_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on whose path the recogniser `counting` is installed."""
    site = tmp_path_factory.mktemp("counting-site")
    install_recogniser(site, Path(__file__).parent / "counting_recogniser.py", "CountingRecogniser")
    return site


@pytest.fixture
def counting(counting_site: Path) -> Iterator[str]:
    """The name of a recogniser that is installed for this process and those it starts."""
    with pytest.MonkeyPatch.context() as patch:
        yield _installed(counting_site, patch)


@pytest.fixture(scope="session")
def scored_brief(brief: Path, counting_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The brief dataset scored by `counting` without interruption. Read it, never change it."""
    out = Path(shutil.copytree(brief, tmp_path_factory.mktemp("datasets") / "scored-brief"))
    with pytest.MonkeyPatch.context() as patch:
        score(out, asr=_installed(counting_site, patch), workers=1)
    return out


def _installed(site: Path, patch: pytest.MonkeyPatch) -> str:
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")])))
    patch.syspath_prepend(site)
    return "counting"


@pytest.fixture
def unscored(built: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(built, tmp_path / "unscored"))


@pytest.fixture(scope="session")
def scored(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The larger dataset scored by PocketSphinx. Read it, never change it."""
    pytest.importorskip("pocketsphinx", reason="the asr extra is not installed")
    out = Path(shutil.copytree(built, tmp_path_factory.mktemp("datasets") / "scored"))
    score(out, asr="pocketsphinx", workers=1)
    return out


@pytest.fixture
def scored_copy(scored: Path, tmp_path: Path) -> Callable[[], Path]:
    """Make a copy of the scored dataset to change."""
    return lambda: Path(shutil.copytree(scored, tmp_path / "scored"))
