"""A mix as `askqa export --to qwen2-audio` writes one, out of real recordings, and a tiny Qwen2-Audio on disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import soundfile

if find_spec("peft") is None:
    pytest.skip("the train extra is not installed", allow_module_level=True)

from exported_mix import read_lines, texts_of, write_lines, write_manifest

from askqa_builder.seeds import short_hash

from qwen2_audio.model import require_libraries

SPLITS = {"train": 6, "validation": 2, "test": 3}


@pytest.fixture(scope="session")
def mix(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported mix of three tasks; the recordings of questions and of what comes after them. Never change it."""
    out = tmp_path_factory.mktemp("mix")
    rows = [row for file in sorted(demo_dataset.glob("data/*/*.parquet")) for row in pq.read_table(file).to_pylist()]
    stories = sorted({row["story_id"] for row in rows})
    names = [name for name, share in SPLITS.items() for _ in range(share)]
    split_of = {story: names[i % len(names)] for i, story in enumerate(stories)}
    lines: dict[str, list[dict[str, Any]]] = {name: [] for name in SPLITS}
    for row in rows:
        lines[split_of[row["story_id"]]].extend(_examples(row, out))
    for name, examples in lines.items():
        write_lines(out / f"{name}.jsonl", examples)
    write_manifest(out)
    return out


@pytest.fixture(scope="session")
def tiny_model(mix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny Qwen2-Audio of random weights."""
    require_libraries()
    from qwen2_audio.random_model import write_random_model

    texts = [text for line in read_lines(mix / "train.jsonl") for text in texts_of(line)]
    return write_random_model(tmp_path_factory.mktemp("model") / "tiny", texts)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Small matrices gain nothing from threads, and with more of them sums are rounded otherwise."""
    require_libraries()
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _examples(row: dict[str, Any], out: Path) -> Iterator[dict[str, Any]]:
    """Yield three examples of a row; a clip for each of its last two turns, as each costs the encoder 30 s."""
    samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")
    turns = row["turns"][-2:]
    clips = []
    for turn in turns:
        name = short_hash(row["conversation_id"], turn["text"])
        path = f"audio/all/{name[:2]}/{name}.wav"
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(out / path, samples[round(turn["start"] * rate) : round(turn["end"] * rate)], rate)
        clips.append(path)
    response = row["response"]
    reply = "Yes." if row["stage"] == "clarified" else "No."
    asked = [
        ("listening", clips[-1:], "Write down what is said.", turns[-1]["text"], None, []),
        ("reasoning", clips, "Did the assistant ask back?", reply, None, []),
        ("response", clips, "What do you say?", response["text"], response["action"], response["references"]),
    ]
    for task, heard, prompt, answer, action, references in asked:
        contents = [*({"type": "audio", "audio_url": path} for path in heard), {"type": "text", "text": prompt}]
        yield {
            "id": f"{row['id']}/{task}",
            "task": task,
            "kind": task,
            "row_id": row["id"],
            "conversation_id": row["conversation_id"],
            "story_id": row["story_id"],
            "action": action,
            "references": references or [answer],
            "conversation": [
                {"role": "user", "content": contents},
                {"role": "assistant", "content": [{"type": "text", "text": answer}]},
            ],
        }
