"""Which format a file is of, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from askqa_builder.corpus.citations import citation_of
from askqa_builder.corpus.formats import FORMATS
from askqa_builder.corpus.reading import ALL_TURNS, AS_IT_IS, Reading
from askqa_builder.corpus.reading_choice import make_reading, parse_turns
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError

from corpus.corpora import CORPORA

FORMAT_OF_DEMO = {
    "coqa-demo-dev.json": "coqa",
    "own_demo_test.jsonl": "conversations",
    "pacific_demo_validation.json": "pacific",
    "quac_demo_val.json": "quac",
    "spoken_demo_test-v1.1.json": "squad",
    "squad_demo_dev-v2.0.json": "squad",
    "tydiqa_demo_dev.jsonl": "tydiqa",
}


@pytest.mark.parametrize("name", FORMAT_OF_DEMO)
def test_format_is_told_by_content(tmp_path: Path, name: str) -> None:
    renamed = shutil.copy(CORPORA / name, tmp_path / f"renamed_dev{Path(name).suffix}")
    for source in (renamed, tmp_path):
        [file] = find_sources(source, None)
        assert (file.format, file.split) == (FORMAT_OF_DEMO[name], "validation")


def test_every_demo_is_tried_and_every_format_cited(demo_file: Path) -> None:
    assert FORMAT_OF_DEMO.keys() == {path.name for path in CORPORA.iterdir()}
    assert find_sources(demo_file, None)[0].format == "abg-coqa"
    assert {"abg-coqa", *FORMAT_OF_DEMO.values()} == FORMATS.keys()
    assert all(citation_of(name) is not None for name in FORMATS)


@pytest.mark.parametrize(
    ("name", "format"), [("coqa_abg_val.json", "abg-coqa"), ("coqa-dev-v1.0.json", "coqa"), ("quac_val.json", "quac")]
)
def test_a_damaged_file_is_known_by_its_name(tmp_path: Path, name: str, format: str) -> None:
    (tmp_path / name).write_text('{"data": []}')
    [file] = find_sources(tmp_path, None)
    assert file.format == format
    with pytest.raises(UsageError, match="give another file"):
        list(FORMATS[format].read(file, set(), AS_IT_IS))


def test_a_folder_of_several_formats_is_no_guess(demo_file: Path, tmp_path: Path) -> None:
    shutil.copy(demo_file, tmp_path)
    shutil.copy(CORPORA / "squad_demo_dev-v2.0.json", tmp_path)
    wanted = r"holds several corpora: Abg-CoQA \(demo_test\.json\), SQuAD \(squad_demo_dev-v2\.0\.json\); give one file"
    with pytest.raises(UsageError, match=wanted):
        find_sources(tmp_path, None)
    (tmp_path / "squad_demo_dev-v2.0.json").unlink()
    shutil.copy(CORPORA / "coqa-demo-dev.json", tmp_path)
    with pytest.raises(UsageError, match="named with --coqa"):
        find_sources(tmp_path, "test")


def test_what_reads_like_a_corpus_but_is_none(tmp_path: Path) -> None:
    tat_qa = json.loads((CORPORA / "pacific_demo_validation.json").read_text("utf-8"))
    for context in tat_qa:
        for question in context["questions"]:
            del question["req_clari"], question["original_question"]
    triple = {"example_id": 1, "question": "q", "answer": "-1", "answers": [], "has_answer": False}
    (tmp_path / "tatqa_dev.json").write_text(json.dumps(tat_qa))
    (tmp_path / "english.dev.triples.jsonl").write_text(json.dumps(triple))
    for path in tmp_path.iterdir():
        with pytest.raises(UsageError, match="of no known format; supported are"):
            find_sources(path, None)


def test_turns_are_chosen_where_the_corpus_names_none(demo_file: Path) -> None:
    coqa = find_sources(CORPORA / "coqa-demo-dev.json", None)
    assert make_reading(coqa, None, None) == make_reading(coqa, parse_turns("last"), None) == Reading(1)
    assert make_reading(coqa, parse_turns("all"), None) == Reading(ALL_TURNS)
    assert make_reading(coqa, parse_turns("12"), None) == Reading(12)
    for turns in ("0", "-1", "first", "1.5", "", "٣", "9" * 9):
        with pytest.raises(UsageError, match="give last, all or a whole number from 1"):
            parse_turns(turns)
    with pytest.raises(UsageError, match=r"Abg-CoQA names its target turns itself; .*for CoQA, QuAC, PACIFIC"):
        make_reading(find_sources(demo_file, None), 1, None)


def test_coqa_is_for_abg_coqa(demo_file: Path) -> None:
    coqa, quac = CORPORA / "coqa-demo-dev.json", CORPORA / "quac_demo_val.json"
    assert [file.name for file in make_reading(find_sources(demo_file, None), None, coqa).history] == [coqa.name]
    with pytest.raises(UsageError, match="QuAC has its whole history"):
        make_reading(find_sources(quac, None), None, coqa)
    with pytest.raises(UsageError, match=r"coqa: .*quac_demo_val\.json is QuAC"):
        make_reading(find_sources(demo_file, None), None, quac)
