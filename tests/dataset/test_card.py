from __future__ import annotations

import copy
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml

from askqa_builder.dataset.card import render_card, write_card
from askqa_builder.dataset.card_page import escape
from askqa_builder.dataset.manifest import MANIFEST_NAME
from askqa_builder.dataset.shard import write_shard
from askqa_builder.dataset.statistics import Part, Statistics, summarise

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b | c",
    "x\n---\nlicense: mit\n---",
    "`rm -rf /` {{ 7 * 7 }} {% raw %}",
    "[click](http://example.org) ![](x)",
    "*bold* _it_ ~~no~~ # title",
    "\u202eevil\x00\x1b[31m",
]


@pytest.fixture
def manifest(demo_dataset: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((demo_dataset / MANIFEST_NAME).read_text("utf-8"))
    return content


def figures(source: str = "cnn", licence: str = "Apache-2.0") -> Statistics:
    statistics = Statistics(parts={("initial", "test"): Part(rows=3, seconds=3600, ambiguous=1)})
    statistics.sources = Counter({(source, licence): 3})
    statistics.voices = Counter({("user", "kal16"): 3})
    return statistics


def front_matter(card: str) -> dict[str, Any]:
    _, front, _ = card.split("---\n", 2)
    content: dict[str, Any] = yaml.safe_load(front)
    return content


def test_the_front_matter_is_what_the_hub_reads(demo_dataset: Path) -> None:
    front = front_matter((demo_dataset / "README.md").read_text("utf-8"))
    assert front["license"] == "apache-2.0"
    assert front["language"] == ["en"]
    assert front["size_categories"] == ["n<1K"]
    assert front["configs"] == [
        {
            "config_name": "initial",
            "default": True,
            "data_files": [{"split": "test", "path": "data/initial/test-*.parquet"}],
        },
        {"config_name": "clarified", "data_files": [{"split": "test", "path": "data/clarified/test-*.parquet"}]},
    ]


def test_no_counts_are_promised(demo_dataset: Path) -> None:
    assert "dataset_info" not in front_matter((demo_dataset / "README.md").read_text("utf-8"))


def test_same_dataset_same_card(demo_dataset: Path, manifest: dict[str, Any], tmp_path: Path) -> None:
    shards = [(shard["config"], shard["split"], shard["file"]) for shard in manifest["shards"]]
    statistics = summarise(demo_dataset, shards)
    assert render_card(manifest, statistics) == (demo_dataset / "README.md").read_text("utf-8")
    write_card(tmp_path, manifest, statistics)
    assert (tmp_path / "README.md").read_bytes() == (demo_dataset / "README.md").read_bytes()


def test_figures_are_those_of_the_rows(demo_dataset: Path, manifest: dict[str, Any]) -> None:
    shards = [(shard["config"], shard["split"], shard["file"]) for shard in manifest["shards"]]
    statistics = summarise(demo_dataset, shards)
    assert statistics.rows == 26
    assert statistics.parts["initial", "test"].ambiguous == 6
    assert statistics.parts["clarified", "test"].ambiguous == 13
    assert statistics.licences == ["Apache-2.0"]
    assert statistics.voices == {("narrator", "kal16"): 26, ("user", "kal16"): 26, ("assistant", "kal16"): 26}
    card = render_card(manifest, statistics)
    assert f"| initial | test | 13 | {statistics.parts['initial', 'test'].seconds / 3600:.2f} | 6 |" in card


def test_it_says_what_it_must(manifest: dict[str, Any]) -> None:
    card = render_card(manifest, figures())
    for said in ("AI-generated", "Demo voices", "flite (flite 2.2", "Apache-2.0", "MIT", "arXiv 2412.15995", "seed 7"):
        assert said in card
    manifest["profiles"]["demo"] = False
    assert "demo voices" not in render_card(manifest, figures()).lower()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_a_dataset_stays_text(manifest: dict[str, Any], text: str) -> None:
    plain = render_card(manifest, figures())
    hostile = copy.deepcopy(manifest)
    hostile["sources"][0]["name"] = text
    hostile["profiles"]["name"] = text
    statistics = figures(source=text, licence=text)
    statistics.voices = Counter({("user", text): 3})
    card = render_card(hostile, statistics)
    expected = front_matter(plain) | {"license": "other"}
    assert front_matter(card) == expected
    assert card.count("\n") == plain.count("\n")
    for line, reference in zip(card.splitlines(), plain.splitlines(), strict=True):
        assert line.count("|") == reference.count("|")
    body, reference = (re.sub(r"&#\d+;", "", text) for text in (card, plain))
    assert all(body.count(mark) <= reference.count(mark) for mark in "<>`*[]\\~")
    assert body.count("49") == reference.count("49")  # nothing was evaluated
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", card)


def test_escaped_text_reads_as_it_was() -> None:
    import html

    assert html.unescape(escape("a|b <c> & `d` *e* _f_ [g] #h ~i\\")) == "a|b <c> & `d` *e* _f_ [g] #h ~i\\"
    assert escape("plain ü") == "plain ü"
    assert escape("two\nlines\u2028\ud800") == "twolines"


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**6, "n>1M")],
)
def test_size_categories(manifest: dict[str, Any], rows: int, category: str) -> None:
    statistics = figures()
    statistics.parts["initial", "test"].rows = rows
    assert front_matter(render_card(manifest, statistics))["size_categories"] == [category]


def test_several_licences_are_other(manifest: dict[str, Any]) -> None:
    statistics = figures()
    statistics.sources["wikipedia", "CC-BY-SA-4.0"] = 2
    assert front_matter(render_card(manifest, statistics))["license"] == "other"
    assert front_matter(render_card(manifest, figures(licence="unknown")))["license"] == "other"
    assert front_matter(render_card(manifest, figures(licence="CC-BY-SA-4.0")))["license"] == "cc-by-sa-4.0"


def test_the_example_names_what_is_there(manifest: dict[str, Any]) -> None:
    manifest["shards"] = [shard for shard in manifest["shards"] if shard["config"] == "clarified"]
    card = render_card(manifest, figures())
    assert 'load_dataset("PATH_OR_REPO", "clarified", split="test")' in card
    assert "- `clarified`: " in card
    assert "- `initial`: " not in card
    (config,) = front_matter(card)["configs"]
    assert (config["config_name"], config["default"]) == ("clarified", True)


def test_a_split_without_rows_does_not_spoil_the_others(
    demo_dataset: Path, manifest: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(demo_dataset, folder)
    name = "data/initial/train-00000-of-00001.parquet"
    empty = write_shard(folder, name, [], config="initial", split="train", sampling_rate=16000)
    manifest["shards"].insert(0, empty.to_json())
    write_card(folder, manifest, figures())
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"test": 13}


def test_a_dataset_without_rows_has_a_card(manifest: dict[str, Any]) -> None:
    for shard in manifest["shards"]:
        shard["rows"] = 0
    front = front_matter(render_card(manifest, Statistics()))
    assert [config["config_name"] for config in front["configs"]] == ["initial", "clarified"]
    assert front["license"] == "other"


def test_nothing_names_the_machine(demo_dataset: Path, demo_file: Path) -> None:
    texts = [path for path in demo_dataset.rglob("*") if path.is_file() and path.suffix in (".md", ".json", ".jsonl")]
    assert len(texts) == 2
    assert not list(demo_dataset.rglob(".*"))
    marks = [str(demo_file.parent), str(demo_dataset.parent), str(Path.home()), str(Path.cwd()), "/tmp", "quick.yaml"]
    for path in texts:
        text = path.read_text("utf-8")
        assert not [mark for mark in marks if len(mark) > 3 and mark in text]
    for path in demo_dataset.rglob("*.parquet"):
        data = path.read_bytes()
        assert not [mark for mark in marks if len(mark) > 4 and mark.encode() in data]


@pytest.mark.parametrize(
    ("engine", "model", "voice", "said"),
    [
        ("flite", None, "slt", ("CMU ARCTIC", "John Kominek")),
        ("coqui", "tts_models/en/vctk/vits", "p225", ("VCTK", "CC BY 4.0", "Junichi Yamagishi")),
        ("openai", "kokoro", "af_heart", ("not published", "unknown", "hexgrad")),
        ("xtts", "my-own.pth", "anna", ("| anna | unknown | unknown | unknown |",)),
    ],
)
def test_who_is_to_be_named_for_a_voice(
    manifest: dict[str, Any], engine: str, model: str | None, voice: str, said: tuple[str, ...]
) -> None:
    manifest["engines"][0].update(name=engine, model=model)
    for role in manifest["profiles"]["roles"].values():
        role["engine"] = engine
    statistics = figures()
    statistics.voices = Counter({("user", voice): 3})
    card = render_card(manifest, statistics)
    told = card.partition("The voices were made from these recordings")[2].partition("## Citation")[0]
    assert all(text in told for text in said)


def test_cloned_voices_are_told_of_once(manifest: dict[str, Any]) -> None:
    for role in manifest["profiles"]["roles"].values():
        role["voices"] = [{"speaker": "anna", "sha256": "0" * 64, "licence": "CC0-1.0"}]
    statistics = figures()
    statistics.voices = Counter({("user", "anna"): 3})
    licences = render_card(manifest, statistics).partition("## Licences")[2]
    assert licences.count("anna") == 1
    assert "made from these recordings" not in licences


def test_each_source_is_named(manifest: dict[str, Any]) -> None:
    card = render_card(manifest, figures("wikipedia", "CC-BY-SA-4.0"), "org/name")
    assert "- wikipedia: Wikipedia passages, shared by CoQA under CC BY-SA 4.0" in card
    assert 'load_dataset("org/name", "initial"' in card


def test_gender_by_f0_is_told(manifest: dict[str, Any]) -> None:
    line = "gender inferred from fundamental frequency"
    assert line not in render_card(manifest, figures())
    for entry, told in (
        ({"gender": "male", "accent": None, "source": "f0"}, True),
        ({"gender": "male", "accent": None, "source": "embedding"}, False),
    ):
        manifest["profiles"]["voice_table"] = {"engine": "flite", "voices": {"kal16": entry}}
        card = render_card(manifest, figures())
        assert (line in card) == told
        assert "\n\n\n" not in card.partition("## How it was made")[2].partition("## Licences")[0]
