"""Results of runs on questions of which nobody says whether they are ambiguous."""

from __future__ import annotations

import json
from typing import Any

import pytest
from made_runs import IDENTITY, ambiguous, clear, response, said, said_to_all

from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.metrics.answer_spans import Overlap
from askqa_builder.evaluation.metrics.compare import compare
from askqa_builder.evaluation.metrics.comparison_text import comparison_markdown, comparison_table
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.results import Results, score
from askqa_builder.evaluation.metrics.results_text import markdown, table
from askqa_builder.evaluation.metrics.squad_results import answer_overlaps
from askqa_builder.evaluation.trajectory import Trajectory


def unjudged(name: str, *references: str, **others: Any) -> Item:
    return clear(name, *references, gold=None, **others)


def run_of(*pairs: tuple[Item, Trajectory], overlaps: dict[str, Overlap] | None = None) -> Results:
    items, held = zip(*pairs, strict=True)
    return score(Outcomes(items, held), IDENTITY, overlaps=overlaps, resamples=200)


RIVER = unjudged("river", "the Stone Hills", "in the Stone Hills", story_id="gull")
MILL = unjudged("mill", "corn", story_id="gull")
BRIDGE = unjudged("bridge", "unknown", story_id="alder")
SALT = unjudged("salt", "Józef Malik", story_id="salt")

PAIRS = (
    (RIVER, said(RIVER, "Stone Hills, north")),  # 4/5 against the first, 2/3 against the second
    (MILL, said(MILL, "corn")),
    (BRIDGE, said(BRIDGE, "The story does not say.")),
    (SALT, said(SALT, "which one do you mean?", "Malik")),  # 2/3
)
OVERLAPS = {"river": Overlap(0.5, 2 / 3, True), "mill": Overlap(0.0, 0.0, False)}


def value(results: Results, name: str) -> tuple[float | None, float]:
    assert results.squad is not None
    figure = results.squad.figures[name]
    return figure.value, figure.of


def test_figures_are_those_by_hand() -> None:
    results = run_of(*PAIRS, overlaps=OVERLAPS)
    assert results.squad is not None
    assert results.squad.counts == {"questions": 4, "answerable": 3, "unanswerable": 1, "timed": 2, "located": 1}
    assert value(results, "squad_f1") == (pytest.approx((4 / 5 + 1 + 1 + 2 / 3) / 4), 4)
    assert value(results, "squad_exact") == (2 / 4, 4)
    assert value(results, "squad_f1_answerable") == (pytest.approx((4 / 5 + 1 + 2 / 3) / 3), 3)
    assert value(results, "squad_exact_answerable") == (pytest.approx(1 / 3), 3)
    assert value(results, "squad_unanswerable") == (1.0, 1)
    assert value(results, "aos") == (0.25, 2)
    assert value(results, "ff1") == (pytest.approx(1 / 3), 2)
    assert value(results, "located") == (0.5, 2)


def test_intervals_are_of_stories() -> None:
    results = run_of(*PAIRS, overlaps=OVERLAPS)
    assert results.squad is not None
    f1 = results.squad.figures["squad_f1"]
    assert f1.interval == "bootstrap"
    assert f1.low is not None
    assert f1.high is not None
    assert 2 / 3 <= f1.low < (4 / 5 + 1 + 1 + 2 / 3) / 4 < f1.high <= 1
    assert results.squad.figures["aos"].low is None  # both are of one story: nothing is known of others
    assert results.squad.figures["squad_exact"].interval == "wilson"  # a share of fewer than 100


def test_the_order_of_lines_does_not_count() -> None:
    there = run_of(*PAIRS, overlaps=OVERLAPS).to_json()
    back = run_of(*reversed(PAIRS), overlaps=OVERLAPS).to_json()
    assert json.dumps(there, allow_nan=False) == json.dumps(back, allow_nan=False)


def test_no_response_is_wrong_everywhere() -> None:
    results = run_of((MILL, said(MILL, response("", unfit="empty"))), (BRIDGE, said(BRIDGE, response("", unfit="cut"))))
    assert value(results, "squad_f1") == (0.0, 2)
    assert value(results, "squad_unanswerable") == (0.0, 1)
    assert value(results, "aos") == (None, 0)


def test_a_reference_that_a_control_says_is_left_out() -> None:
    results = run_of((RIVER, said(RIVER, response("in the Stone Hills", left_out=1))))
    assert value(results, "squad_f1") == (pytest.approx(0.8), 1)
    assert value(results, "squad_exact") == (0.0, 1)


def test_failed_trajectories_have_no_scores() -> None:
    results = run_of((MILL, said(MILL, ending="failed")), (SALT, said(SALT, "Józef Malik")))
    assert value(results, "squad_f1") == (1.0, 1)


def test_runs_whose_actions_are_known_are_as_they_were() -> None:
    one = clear("one", "blue")
    results = run_of((one, said(one, "blue")))
    assert results.squad is None
    assert results.to_json()["squad"] is None
    assert "SQuAD" not in "\n".join(table(results)) + markdown(results)
    assert "| Action |" in markdown(results)
    assert "1 of 1 items, 0 of them ambiguous, 1 stories" in table(results)[0]


def test_text_has_no_empty_part_on_actions() -> None:
    results = run_of(*PAIRS, overlaps=OVERLAPS)
    lines = table(results)
    assert lines[0] == '"a model" on "a dataset": 4 of 4 items, 3 stories, 4 trajectories'
    assert lines[1].startswith("SQuAD F1 ")
    assert lines[1].endswith("of 4")
    assert ["AOS", "25.0", "of", "2"] in [line.split() for line in lines]
    assert any(line.startswith("said to have no answer, of those without") for line in lines)
    page = markdown(results)
    assert "| Reading comprehension | % [95 % interval] | of | detectable difference |" in page
    assert "| FF1 | 33.3 | 2 | – |" in page
    assert "| Action |" not in page


def test_answerable_ones_are_not_shown_twice() -> None:
    lines = table(run_of((MILL, said(MILL, "corn")), (SALT, said(SALT, "salt"))))
    assert not [line for line in lines if "with an answer" in line or "no answer" in line]
    assert not [line for line in lines if line.startswith(("AOS", "FF1"))]  # no times are known


def test_a_mix_has_both() -> None:
    which = ambiguous("which", ["red"], ["green"])
    items = [which, MILL]
    held = [*said_to_all(which, "which one do you mean?", "red"), said(MILL, "corn corn")]
    results = score(Outcomes(items, held), IDENTITY, resamples=200)
    assert value(results, "squad_f1") == (pytest.approx(2 / 3), 1)
    assert (results.figures["accuracy"].value, results.figures["accuracy"].of) == (1.0, 1)
    assert "1 of them ambiguous, 1 not labelled" in table(results)[0]
    assert "| Action |" in markdown(results)
    assert "| Reading comprehension |" in markdown(results)


def test_rows_are_not_read_where_there_is_nothing_to_time() -> None:
    one = clear("one", "blue")

    def rows() -> Any:
        raise AssertionError("a row was read")
        yield

    assert answer_overlaps(Outcomes([one], [said(one, "blue")]), rows()) == {}


def test_two_runs_are_compared_by_what_they_have() -> None:
    items = [RIVER, MILL, BRIDGE, SALT]
    worse = [said(RIVER, "Hills"), said(MILL, "wheat"), said(BRIDGE, "Alder"), said(SALT, "Malik")]
    found = compare(Outcomes(items, worse), Outcomes(items, [held for _, held in PAIRS]), resamples=200, flips=200)
    f1 = found.differences["squad_f1"]
    # the Stone Hills: 2/3 against 4/5; wheat against corn; Alder against nothing; both Malik
    assert (f1.first, f1.second) == (pytest.approx((2 / 3 + 2 / 3) / 4), pytest.approx((4 / 5 + 1 + 1 + 2 / 3) / 4))
    assert found.differences["squad_exact"].difference == 0.5
    assert found.differences["squad_unanswerable"].difference == 1.0
    for text in ("\n".join(comparison_table(found)), comparison_markdown(found, IDENTITY, IDENTITY)):
        assert "SQuAD F1" in text
        assert "right action" not in text


def test_runs_whose_actions_are_known_are_compared_as_they_were() -> None:
    one = clear("one", "blue")
    run = Outcomes([one], [said(one, "blue")])
    found = compare(run, run, resamples=20, flips=20)
    assert not [name for name in found.differences if "squad" in name]
    assert "right action in both 1" in "\n".join(comparison_table(found))
