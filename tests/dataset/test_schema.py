from __future__ import annotations

import json
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Audio, Features, List, Value

from askqa_builder.dataset.schema import COLUMNS, leaf_paths, row_schema

AFFECT = {
    "category": Value("string"),
    **dict.fromkeys(("valence", "arousal", "dominance"), Value("float64")),
}


def features_of(schema: pa.Schema) -> Features:
    """Read the features from a schema's metadata as `datasets` does."""
    return Features.from_arrow_schema(schema)


def test_features_are_what_datasets_infers_with_audio_beside() -> None:
    inferred = Features.from_arrow_schema(COLUMNS)
    inferred["audio"] = Audio(sampling_rate=16000)
    assert features_of(row_schema(16000)) == inferred
    assert list(features_of(row_schema(16000))) == COLUMNS.names


def test_features_agree_with_the_storage() -> None:
    restored = features_of(row_schema(24000))
    assert restored["audio"] == Audio(sampling_rate=24000)
    assert restored["turns"] == List(
        {
            "role": Value("string"),
            "act": Value("string"),
            "text": Value("string"),
            "spoken_text": Value("string"),
            "start": Value("float64"),
            "end": Value("float64"),
            "words_per_minute": Value("float64"),
            "seed": Value("int64"),
            "rate": Value("float64"),
            "pitch": Value("float64"),
            "asr_text": Value("string"),
            "wer": Value("float64"),
            "mos": Value("float64"),
            "style": {
                "name": Value("string"),
                "draw": Value("string"),
                "text_label": Value("string"),
                **dict.fromkeys(("pitch", "pitch_range", "rate", "loudness", "pauses"), Value("float64")),
                "native": Value("bool"),
            },
            "emotion": {
                "intended": AFFECT,
                "recognised": {**AFFECT, "agreement": Value("float64")},
                "congruent": Value("bool"),
            },
            "measured": dict.fromkeys(("f0_mean", "f0_range", "articulation_rate", "energy"), Value("float64")),
        }
    )
    assert restored["affect"] == List(
        {
            "start": Value("float64"),
            "end": Value("float64"),
            "turn": Value("int32"),
            **AFFECT,
            "kept": Value("bool"),
            "votes": List({"recogniser": Value("string"), **AFFECT, "probability": Value("float64")}),
        }
    )
    assert restored["clarifications"] == List(
        {"question": Value("string"), "branches": List({"reply": Value("string"), "answers": List(Value("string"))})}
    )
    assert restored["response"]["references"] == List(Value("string"))
    assert restored["ambiguous"] == Value("bool")
    assert restored.arrow_schema.remove_metadata().equals(COLUMNS)


def test_metadata_is_what_datasets_writes() -> None:
    ours = json.loads(row_schema(16000).metadata[b"huggingface"])
    theirs = json.loads(features_of(row_schema(16000)).arrow_schema.metadata[b"huggingface"])
    assert Features.from_dict(ours["info"]["features"]) == Features.from_dict(theirs["info"]["features"])
    assert ours["info"].keys() == theirs["info"].keys()


def test_leaves_are_the_columns_parquet_has(tmp_path: Path) -> None:
    pq.write_table(COLUMNS.empty_table(), tmp_path / "empty.parquet")
    columns = pq.ParquetFile(tmp_path / "empty.parquet").schema
    assert leaf_paths(COLUMNS) == [columns.column(i).path for i in range(len(columns))]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("config", ["initial", "clarified"])
def test_a_dataset_loads_as_a_folder(demo_dataset: Path, tmp_path: Path, config: str, streaming: bool) -> None:
    loaded = datasets.load_dataset(
        str(demo_dataset), config, split="test", streaming=streaming, cache_dir=str(tmp_path)
    )
    assert loaded.features == features_of(row_schema(16000))
    rows = list(loaded.cast_column("audio", Audio(decode=False)))
    assert len(rows) == 13
    assert {row["stage"] for row in rows} == {config}
    assert all(row["audio"]["bytes"][:4] == b"fLaC" for row in rows)


def test_initial_is_the_default(demo_dataset: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(demo_dataset), cache_dir=str(tmp_path))
    assert list(loaded) == ["test"]
    assert set(loaded["test"]["stage"]) == {"initial"}
    assert datasets.get_dataset_config_names(str(demo_dataset)) == ["initial", "clarified"]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_shard_loads_by_itself(demo_dataset: Path, tmp_path: Path, streaming: bool) -> None:
    files = str(demo_dataset / "data" / "clarified" / "*.parquet")
    loaded = datasets.load_dataset(
        "parquet", data_files={"test": files}, split="test", streaming=streaming, cache_dir=str(tmp_path)
    )
    assert loaded.features == features_of(row_schema(16000))
    assert len(list(loaded.cast_column("audio", Audio(decode=False)))) == 13
