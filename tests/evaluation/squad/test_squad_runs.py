"""Sets of single questions, from their files to their figures, by commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from askqa_builder import build
from askqa_builder.cli.app import run

Json = dict[str, Any]

MILL = (
    "The Gull River rises in the Stone Hills, and turns the mill at Alder Bridge. Otters live below the mill. "
    "The mill grinds corn, and has done so since 1820."
)
FAIR = "A fair is held in Elm Street every May. Ana sells honey there, and her son Luis plays the fiddle."

ANSWERS = {
    "Where does the river rise?": "in the Stone Hills",
    "What grinds corn?": "the mill",
    "Who built the bridge?": "The story does not say.",
    "When is the fair?": "It is every May.",
    "What does Ana sell?": "unknown",
}
"""What the model under test says."""

MODEL = f"""
ANSWERS = {ANSWERS!r}

def respond(request):
    return ANSWERS[request.item.question]
"""


def question(name: str, asked: str, story: str, *answers: str) -> Json:
    """A question of SQuAD 2.0; an answer may say after a bar which occurrence it is, from 0."""
    found = []
    for answer in answers:
        text, _, number = answer.partition("|")
        places = [match.start() for match in re.finditer(re.escape(text), story)]
        found.append({"text": text, "answer_start": places[int(number or 0)]})
    return {"id": name, "question": asked, "answers": found, "is_impossible": not answers}


@pytest.fixture(scope="module")
def squad_dataset(quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("squad")
    mill = [
        question("rise", "Where does the river rise?", MILL, "the Stone Hills", "in the Stone Hills", "Hills"),
        question("grinds", "What grinds corn?", MILL, "The mill|0"),
        question("built", "Who built the bridge?", MILL),
    ]
    fair = [
        question("when", "When is the fair?", FAIR, "every May"),
        question("sells", "What does Ana sell?", FAIR, "honey"),
    ]
    articles = [
        {"title": t, "paragraphs": [{"context": c, "qas": q}]} for t, c, q in (("M", MILL, mill), ("F", FAIR, fair))
    ]
    source = folder / "own_test.json"
    source.write_text(json.dumps({"version": "v2.0", "data": articles}), "utf-8")
    build(source, folder / "dataset", profiles=str(quick_profile), workers=1)
    return folder / "dataset"


@pytest.fixture
def evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[Json, str]]:
    """The command; returns results.json and what is printed."""

    def evaluate(dataset: Path, *options: str) -> tuple[Json, str]:
        out = tmp_path / f"{dataset.parent.name}{'-'.join(options).replace('/', '-')[-40:]}"
        capsys.readouterr()
        assert run(["evaluate", str(dataset), "--out", str(out), *options]) == 0
        results: Json = json.loads((out / "results.json").read_text("utf-8"))
        return results, capsys.readouterr().out

    return evaluate


def values(results: Json) -> dict[str, tuple[float | None, int]]:
    return {name: (one["value"], one["of"]) for name, one in results["squad"]["figures"].items()}


def row_of(dataset: Path, name: str) -> Json:
    rows = pq.read_table(next((dataset / "data" / "initial").glob("*.parquet"))).drop_columns(["audio"]).to_pylist()
    found: Json = next(row for row in rows if row["conversation_id"] == name)
    return found


def heard(row: Json, first: int, last: int) -> tuple[float, float]:
    """When words of the story are heard, by their numbers."""
    words = [word for word in row["words"] if word["turn"] == 0]
    return words[first]["start"], words[last]["end"]


def test_a_model_has_the_figures_by_hand(
    squad_dataset: Path, evaluated: Callable[..., tuple[Json, str]], tmp_path: Path
) -> None:
    (tmp_path / "answers.py").write_text(MODEL, "utf-8")
    results, said = evaluated(squad_dataset, "--model", f"python:{tmp_path}/answers.py:respond", "--context", "text")
    found = values(results)
    # rise 1, grinds 1, built 1 (unanswerable), when 2 · (2/4 · 2/2) / (2/4 + 2/2) = 2/3, sells 0
    assert found["squad_f1"] == (pytest.approx((1 + 1 + 1 + 2 / 3) / 5), 5)
    assert found["squad_exact"] == (3 / 5, 5)
    assert found["squad_f1_answerable"] == (pytest.approx((1 + 1 + 2 / 3) / 4), 4)
    assert found["squad_exact_answerable"] == (2 / 4, 4)
    assert found["squad_unanswerable"] == (1.0, 1)
    # "in the Stone Hills" is a reference as well, and "the mill" is heard in its evidence; the others quote nothing
    assert found["aos"] == (2 / 4, 4)
    assert found["ff1"] == (2 / 4, 4)
    assert found["located"] == (2 / 4, 4)
    assert results["figures"]["accuracy"]["value"] is None
    assert "SQuAD F1" in said


def test_overlap_is_that_of_the_words_of_the_row(
    squad_dataset: Path, evaluated: Callable[..., tuple[Json, str]], tmp_path: Path
) -> None:
    others = {**ANSWERS, "Where does the river rise?": "rises in the Stone", "When is the fair?": "in Elm Street every"}
    (tmp_path / "others.py").write_text(MODEL.replace(repr(ANSWERS), repr(others)), "utf-8")
    results, _ = evaluated(squad_dataset, "--model", f"python:{tmp_path}/others.py:respond", "--context", "text")
    # The Gull River rises(3) in(4) the(5) Stone(6) Hills(7); rises … Stone against in … Hills, the best of three
    rise = row_of(squad_dataset, "rise")
    (a, b), (c, d) = heard(rise, 3, 6), heard(rise, 4, 7)
    river = ((b - c) / (d - a), 2 * (b - c) / (b - a + d - c))
    # A fair is held in(4) Elm Street every(7) May(8); in … every against every May
    when = row_of(squad_dataset, "when")
    (a, b), (c, d) = heard(when, 4, 7), heard(when, 7, 8)
    fair = ((b - c) / (d - a), 2 * (b - c) / (b - a + d - c))
    found = values(results)
    assert found["aos"] == (pytest.approx((river[0] + 1 + fair[0] + 0) / 4), 4)
    assert found["ff1"] == (pytest.approx((river[1] + 1 + fair[1] + 0) / 4), 4)
    assert 0 < fair[0] < river[0] < 1


def test_controls_of_squad(squad_dataset: Path, evaluated: Callable[..., tuple[Json, str]]) -> None:
    results, said = evaluated(squad_dataset, "--control", "oracle")
    assert {name: value for name, (value, _) in values(results).items()} == dict.fromkeys(values(results), 1.0)
    assert results["squad"]["counts"] == {"questions": 5, "answerable": 4, "unanswerable": 1, "timed": 4, "located": 4}
    assert said.splitlines()[1].split() == ["SQuAD", "F1", "100.0", "of", "5"]

    results, _ = evaluated(squad_dataset, "--control", "always-answer")
    assert {name: value for name, (value, _) in values(results).items()} == dict.fromkeys(values(results), 0.0)

    results, _ = evaluated(squad_dataset, "--control", "always-clarify", "--max-rounds", "2")
    assert values(results)["squad_f1"] == (0.0, 5)
    assert results["counts"]["trajectories_at_most_rounds"] == 5

    results, _ = evaluated(squad_dataset, "--control", "human")  # only one question has several people's answers
    assert results["counts"]["trajectories_not_applicable"] == 4
    assert values(results)["squad_f1"][1] == 1


def test_a_run_that_is_complete_has_the_same_figures_again(
    squad_dataset: Path, evaluated: Callable[..., tuple[Json, str]]
) -> None:
    once, _ = evaluated(squad_dataset, "--control", "oracle")
    again, said = evaluated(squad_dataset, "--control", "oracle")
    assert again == once
    assert "already complete" in said


def test_sd_qa(quick_profile: Path, tmp_path: Path, evaluated: Callable[..., tuple[Json, str]]) -> None:
    article = "Salt\n\nIn Wieliczka miners dug salt for years, and Józef Malik led the last shift.\n\nToday."
    start, end = (len(article[:at].encode()) for at in (6, article.index("\n\nToday")))

    def annotation(answer: str | None, yes_no: str = "NONE") -> Json:
        at = -1 if answer is None else len(article[: article.index(answer)].encode())
        span = {"plaintext_start_byte": at, "plaintext_end_byte": at if answer is None else at + len(answer.encode())}
        return {"minimal_answer": span, "passage_answer": {"candidate_index": 0}, "yes_no_answer": yes_no}

    def line(name: int, asked: str, *annotations: Json) -> str:
        return json.dumps(
            {
                "example_id": name,
                "language": "english",
                "question_text": asked,
                "document_plaintext": article,
                "passage_answer_candidates": [{"plaintext_start_byte": start, "plaintext_end_byte": end}],
                "annotations": list(annotations),
            }
        )

    source = tmp_path / "sdqa_test.jsonl"
    led = line(1, "who led the last shift", annotation("Józef Malik"), annotation("Malik"), annotation("Józef Malik"))
    source.write_text(f"{led}\n{line(2, 'is there salt', annotation(None, 'YES'))}\n", "utf-8")
    build(source, tmp_path / "sdqa", profiles=str(quick_profile), workers=1)

    oracle, _ = evaluated(tmp_path / "sdqa", "--control", "oracle")
    assert values(oracle)["squad_f1"] == (1.0, 2)
    assert values(oracle)["squad_unanswerable"] == (None, 0)
    assert values(oracle)["aos"] == (1.0, 1)  # "yes" is heard nowhere

    yes, _ = evaluated(tmp_path / "sdqa", "--control", "always-answer")
    assert values(yes)["squad_exact"] == (0.5, 2)
    assert values(yes)["aos"] == (0.0, 1)


def test_a_mix_of_both_kinds_has_both(
    quick_profile: Path, tmp_path: Path, evaluated: Callable[..., tuple[Json, str]]
) -> None:
    asked = {"question": "The honey or the pears?", "branches": [{"reply": "The honey.", "answers": ["six euros"]}]}
    told = [
        {"id": "1", "story": FAIR, "question": "How much is it?", "ambiguous": True, "clarifications": [asked]},
        {"id": "2", "story": FAIR, "question": "Who plays?", "answer": "Luis", "ambiguous": False},
        {"id": "3", "story": FAIR, "question": "What does Luis play?", "answer": "the fiddle", "evidence": "fiddle"},
        {"id": "4", "story": FAIR, "question": "Where does Ana live?", "answer": "unknown"},
    ]
    source = tmp_path / "mix_test.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in told), "utf-8")
    build(source, tmp_path / "mix", profiles=str(quick_profile), workers=1)
    results, said = evaluated(tmp_path / "mix", "--control", "oracle")
    assert values(results)["squad_f1"] == (1.0, 2)
    assert values(results)["aos"] == (1.0, 1)
    assert (results["figures"]["balanced_accuracy"]["value"], results["figures"]["balanced_accuracy"]["of"]) == (1.0, 2)
    assert [line.split("  ")[0] for line in said.splitlines()[1:3]] == ["balanced accuracy", "macro F1"]
    assert "\nSQuAD F1 " in said


def page_of(dataset: Path, out: Path) -> str:
    assert run(["evaluate", str(dataset), "--out", str(out), "--control", "oracle"]) == 0
    return (out / "report.html").read_text("utf-8")


def test_the_page_tells_a_run_by_the_figures_that_it_has(
    squad_dataset: Path, demo_dataset: Path, tmp_path: Path
) -> None:
    page = page_of(squad_dataset, tmp_path / "squad")
    assert "<dt>SQuAD F1</dt>" in page
    assert "<dt>Balanced accuracy</dt>" not in page
    assert "The corpus does not say of any request that was scored whether it is ambiguous." in page
    assert "balanced accuracy of 50" not in page
    assert ">AOS<" in page
    page = page_of(demo_dataset, tmp_path / "demo")
    assert "<dt>Balanced accuracy</dt>" in page
    assert "SQuAD" not in page
