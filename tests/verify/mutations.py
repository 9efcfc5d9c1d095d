"""Datasets with one thing wrong: rows are changed, and hashes, figures, manifest and card made anew around them."""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from askqa_builder.dataset.card import write_card
from askqa_builder.dataset.manifest import read_manifest, write_manifest
from askqa_builder.dataset.schema import WORD_AFFECT, row_schema
from askqa_builder.dataset.shard import write_shard
from askqa_builder.dataset.statistics import summarise
from askqa_builder.recording.encode import FORMATS, encode
from askqa_builder.speech.engine import Pcm
from askqa_builder.speech.psola import modify

Row = dict[str, Any]
Change = Callable[[list[Row]], None]


def remade(dataset: Path, out: Path, change: Change, config: str = "initial", *, card: bool = True) -> Path:
    """Copy a dataset with the rows of one configuration changed in place, written by the package's own writers.

    card: write it anew, for which no row may lack what its figures come from.
    """
    shutil.copytree(dataset, out)
    manifest = read_manifest(out)
    assert manifest is not None
    for shard in manifest["shards"]:
        if shard["config"] != config:
            continue
        rows = pq.read_table(out / shard["file"]).to_pylist()
        change(rows)
        rate = manifest["sampling_rate"]
        batch = pa.RecordBatch.from_pylist(rows, row_schema(rate))
        record = write_shard(out, shard["file"], [batch], config=config, split=shard["split"], sampling_rate=rate)
        shard.update(record.to_json())
    if card:
        figures = summarise(out, [(shard["config"], shard["split"], shard["file"]) for shard in manifest["shards"]])
        write_card(out, manifest, figures)
    write_manifest(out, manifest)
    return out


_LATER = {
    "1.0": ("rate", "pitch", "asr_text", "wer", "mos", "style", "emotion", "measured"),
    "1.1": ("style", "emotion", "measured"),
}
"""Fields of `turns` that came after a format."""


def in_format_1_0(dataset: Path, out: Path) -> Path:
    """Copy a dataset as the first format had it: nothing asked of single turns, nothing scored, no watermarks."""
    return in_format(dataset, out, "1.0")


def in_format(dataset: Path, out: Path, version: str) -> Path:
    """Copy a dataset as an earlier format had it."""
    shutil.copytree(dataset, out)
    manifest = read_manifest(out)
    assert manifest is not None
    for shard in manifest["shards"]:
        table = pq.read_table(out / shard["file"]).drop_columns(["affect"])
        for name, later in (("turns", _LATER[version]), ("words", WORD_AFFECT)):
            column = table.column_names.index(name)
            kind = table.schema.field(name).type.value_type
            kept = [field for field in kind if field.name not in later]
            values = [
                [{field.name: one[field.name] for field in kept} for one in row] for row in table[name].to_pylist()
            ]
            older = pa.field(name, pa.list_(pa.struct(kept)))
            table = table.set_column(column, older, pa.array(values, older.type))
        pq.write_table(table, out / shard["file"])
        data = (out / shard["file"]).read_bytes()
        shard.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    for engine in manifest["engines"] if version == "1.0" else ():
        del engine["watermark"]
    manifest["format_version"] = version
    write_manifest(out, manifest)
    return out


def samples_of(row: Row) -> Pcm:
    pcm: Pcm = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")[0]
    return pcm


def record_anew(row: Row, pcm: Pcm) -> None:
    """Give a row other samples; what follows from them alone is made anew."""
    name = row["audio"]["path"].rpartition(".")[2]
    row["audio"]["bytes"] = encode(pcm, row["sampling_rate"], FORMATS[name])
    row["num_samples"], row["duration"] = len(pcm), len(pcm) / row["sampling_rate"]
    row["pcm_sha256"] = hashlib.sha256(pcm.tobytes()).hexdigest()


def swap_recordings(rows: list[Row], one: int, other: int) -> None:
    """Give two rows each other's samples and nothing else."""
    first, second = samples_of(rows[one]), samples_of(rows[other])
    record_anew(rows[one], second)
    record_anew(rows[other], first)


def silence_turn(row: Row, turn: int) -> None:
    pcm = samples_of(row)
    start, end = _span(row, turn)
    pcm[start:end] = 0
    record_anew(row, pcm)


def respeak(row: Row, turn: int, *, rate: float = 1.0, pitch: float = 0.0) -> None:
    """Speak a turn again at another rate or pitch; all times and what the row measures of itself follow."""
    pcm, hertz = samples_of(row), row["sampling_rate"]
    start, end = _span(row, turn)
    old = pcm[start:end].astype(np.float32) / 32767
    new = modify(old, hertz, pitch=pitch, rate=rate)
    new *= np.sqrt(np.mean(old**2) / np.mean(new**2))
    spoken = np.clip(np.rint(new * 32767), -29204, 29204).astype(np.int16)
    record_anew(row, np.concatenate((pcm[:start], spoken, pcm[end:])))

    def moved(seconds: float) -> float:
        sample = round(seconds * hertz)
        if sample >= end:
            return (sample - (end - start) + len(spoken)) / hertz
        if sample <= start:
            return seconds
        return min(start + round((sample - start) * len(spoken) / (end - start)), start + len(spoken)) / hertz

    for timed in (*row["turns"], *row["words"], row["evidence"]):
        if timed["start"] is not None:
            timed["start"], timed["end"] = moved(timed["start"]), moved(timed["end"])
    measure_anew(row)


def measure_anew(row: Row) -> None:
    """Make paces, F0 and loudness follow the row's times and samples, as whoever wrote it would have."""
    from askqa_builder.recording.speaker import speaker_f0
    from askqa_builder.recording.turn_measures import measure_turn
    from askqa_builder.speech.loudness import integrated_loudness

    pcm = samples_of(row)
    for i, turn in enumerate(row["turns"]):
        turn["words_per_minute"] = _words(turn) * 60 / (turn["end"] - turn["start"])
        turn["measured"] = measure_turn(pcm[slice(*_span(row, i))], row["sampling_rate"], _words(turn)).to_json()
    for speaker in row["speakers"]:
        heard = [i for i, turn in enumerate(row["turns"]) if turn["role"] == speaker["role"]]
        if not heard:
            continue
        parts = [pcm[slice(*_span(row, i))] for i in heard]
        loud = [integrated_loudness(part.astype(np.float32) / 32767, row["sampling_rate"]) for part in parts]
        power = sum(len(part) * 10 ** (level / 10) for part, level in zip(parts, loud, strict=True) if level)
        seconds = sum(row["turns"][i]["end"] - row["turns"][i]["start"] for i in heard)
        speaker["measured"] = {
            "f0": speaker_f0(parts, row["sampling_rate"]),
            "words_per_minute": sum(_words(row["turns"][i]) for i in heard) * 60 / seconds,
            "loudness": 10 * math.log10(power / sum(map(len, parts))),
        }
    row["quality"]["peak_dbfs"] = 20 * math.log10(int(np.abs(pcm.astype(int)).max()) / 32767)


def shift_audio(row: Row, seconds: float) -> None:
    """Move the samples against the times; the length stays."""
    record_anew(row, np.roll(samples_of(row), round(seconds * row["sampling_rate"])))


def long_turn(row: Row, words: int = 15) -> int:
    """Index of the last turn of so many words."""
    return max(i for i, turn in enumerate(row["turns"]) if _words(turn) >= words)


def edit_manifest(dataset: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as an editor would: nothing else follows."""
    path = dataset / "askqa.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest, indent=1), "utf-8")


def shard_files(dataset: Path) -> Sequence[Path]:
    return sorted(dataset.glob("data/*/*.parquet"))


def _span(row: Row, turn: int) -> tuple[int, int]:
    times = row["turns"][turn]
    return round(times["start"] * row["sampling_rate"]), round(times["end"] * row["sampling_rate"])


def _words(turn: Row) -> int:
    return len(turn["spoken_text"].split())
