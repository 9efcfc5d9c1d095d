"""One model on several datasets: the paper's three kinds of test set at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askqa_builder import build
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.several import evaluate_several

CORPORA = Path(__file__).parents[2] / "data" / "corpora"


@pytest.fixture(scope="module")
def test_sets(demo_dataset: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A dataset each in the forms of ASK-QA, Spoken-SQuAD and SD-QA."""
    folder = tmp_path_factory.mktemp("sets")
    for source, name in (("spoken_demo_test-v1.1.json", "spoken-squad"), ("tydiqa_demo_dev.jsonl", "sd-qa")):
        build(CORPORA / source, folder / name, profiles=str(quick_profile), workers=1)
    return [demo_dataset, folder / "spoken-squad", folder / "sd-qa"]


def test_three_test_sets_have_their_own_figures_side_by_side(test_sets: list[Path], tmp_path: Path) -> None:
    found = evaluate_several(test_sets, tmp_path / "runs", control="oracle")
    assert [run.out for run in found.runs] == [tmp_path / "runs" / one.name for one in test_sets]
    assert found.exit_code == 0
    head, ask, spoken, sd = (line.split() for line in found.lines()[-4:])
    assert head == [
        *("dataset", "items", "balanced", "accuracy", "macro", "F1", "trajectory", "level,", "F1"),
        *("SQuAD", "F1", "SQuAD", "exact", "match", "AOS"),
    ]
    assert ask[0] == f'"{test_sets[0].name}"'
    assert ask[-3:] == ["–", "–", "–"]  # neither SQuAD's nor times
    assert spoken[:6] == ['"spoken-squad"', "1", "–", "–", "–", "100.0"]
    assert sd[:6] == ['"sd-qa"', "2", "–", "–", "–", "100.0"]
    assert found.markdown().splitlines()[0].startswith("| dataset | items | balanced accuracy | macro F1 |")
    assert found.markdown().count("- Dataset:") == 3
    told = found.to_json()["runs"]
    for run, one in zip(found.runs, told, strict=True):
        assert json.loads((run.out / "results.json").read_text("utf-8")) == json.loads(json.dumps(one))


def test_a_second_call_takes_the_runs_as_they_are(test_sets: list[Path], tmp_path: Path) -> None:
    once = evaluate_several(test_sets[1:], tmp_path / "runs", control="always-answer")
    again = evaluate_several(test_sets[1:], tmp_path / "runs", control="always-answer")
    assert [run.already_complete for run in once.runs] == [False, False]
    assert [run.already_complete for run in again.runs] == [True, True]
    assert again.to_json() == once.to_json()


def test_datasets_of_one_name_are_refused_before_anything_is_asked(test_sets: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two datasets are named"):
        evaluate_several([test_sets[1], test_sets[1]], tmp_path / "runs", control="oracle")
    with pytest.raises(UsageError, match="at least one"):
        evaluate_several([], tmp_path / "runs", control="oracle")
    assert not (tmp_path / "runs").exists()
