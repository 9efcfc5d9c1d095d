"""The columns of a row, once: as an Arrow schema and as the features that `datasets` restores from it."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

FORMAT_VERSION = "1.2"

AUDIO = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

_AFFECT = [  # as in `voices.emotion.Affect`
    ("category", pa.string()),
    ("valence", pa.float64()),
    ("arousal", pa.float64()),
    ("dominance", pa.float64()),
]

STYLE = pa.struct(
    [
        ("name", pa.string()),
        ("draw", pa.string()),  # independent of the words, congruent or incongruent with them
        ("text_label", pa.string()),  # what the words alone suggest; a label of the text, never of the speech
        ("pitch", pa.float64()),  # what was added after synthesis, as in `voices.style.Style`
        ("pitch_range", pa.float64()),
        ("rate", pa.float64()),
        ("loudness", pa.float64()),
        ("pauses", pa.float64()),
        ("native", pa.bool_()),  # the engine itself was asked for `emotion.intended`
    ]
)

EMOTION = pa.struct(
    [
        ("intended", pa.struct(_AFFECT)),  # what an engine that can speak it was asked for; null where none was
        ("recognised", pa.struct([*_AFFECT, ("agreement", pa.float64())])),  # `askqa styles annotate`
        ("congruent", pa.bool_()),  # whether the style suits the text label
    ]
)

MEASURED = pa.struct(
    [
        ("f0_mean", pa.float64()),  # Hz
        ("f0_range", pa.float64()),  # semitones from the 5th to the 95th percentile
        ("articulation_rate", pa.float64()),  # syllables per second without pauses
        ("energy", pa.float64()),  # dBFS, root mean square
    ]
)

TURN = pa.struct(
    [
        ("role", pa.string()),
        ("act", pa.string()),
        ("text", pa.string()),
        ("spoken_text", pa.string()),
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("words_per_minute", pa.float64()),
        ("seed", pa.int64()),
        ("rate", pa.float64()),  # as asked of the voice in this turn: a factor, and semitones
        ("pitch", pa.float64()),
        # what `askqa score` fills in; null until then, and absent in format 1.0
        ("asr_text", pa.string()),
        ("wer", pa.float64()),
        ("mos", pa.float64()),
        # absent before format 1.2
        ("style", STYLE),
        ("emotion", EMOTION),
        ("measured", MEASURED),
    ]
)

TURN_SCORES = ("asr_text", "wer", "mos")

WORD = pa.struct(
    [
        ("turn", pa.int32()),
        ("word", pa.string()),
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("char_start", pa.int32()),
        ("char_end", pa.int32()),
        # what recognisers found around the word; absent before format 1.2
        ("emotion", pa.string()),
        ("valence", pa.float64()),
        ("arousal", pa.float64()),
        ("dominance", pa.float64()),
    ]
)

WORD_AFFECT = ("emotion", "valence", "arousal", "dominance")

AFFECT_WINDOW = pa.struct(
    [
        ("start", pa.float64()),
        ("end", pa.float64()),
        ("turn", pa.int32()),  # None on speech without turns
        *_AFFECT,  # in which the recognisers agree; null where they do not
        ("kept", pa.bool_()),  # after the filters
        (
            "votes",
            pa.list_(pa.struct([("recogniser", pa.string()), *_AFFECT, ("probability", pa.float64())])),
        ),
    ]
)

SPEAKER = pa.struct(
    [
        ("role", pa.string()),
        ("engine", pa.string()),
        ("engine_version", pa.string()),
        ("model", pa.string()),
        ("voice", pa.string()),
        ("gender", pa.string()),
        ("accent", pa.string()),
        ("metadata_source", pa.string()),  # who says gender and accent: as in `Voice.metadata_source`
        (
            "requested",
            pa.struct([("rate", pa.float64()), ("pitch", pa.float64()), ("loudness", pa.float64())]),
        ),
        (
            "measured",
            pa.struct([("f0", pa.float64()), ("words_per_minute", pa.float64()), ("loudness", pa.float64())]),
        ),
    ]
)

RESPONSE = pa.struct(
    [
        ("action", pa.string()),
        ("text", pa.string()),
        ("references", pa.list_(pa.string())),
        ("answerable", pa.bool_()),
    ]
)

EVIDENCE = pa.struct(
    [
        ("text", pa.string()),
        ("char_start", pa.int32()),
        ("char_end", pa.int32()),
        ("start", pa.float64()),
        ("end", pa.float64()),
    ]
)

CLARIFICATION = pa.struct(
    [
        ("question", pa.string()),
        ("branches", pa.list_(pa.struct([("reply", pa.string()), ("answers", pa.list_(pa.string()))]))),
    ]
)

QUALITY = pa.struct(
    [
        ("peak_dbfs", pa.float64()),
        ("clipped_samples", pa.int64()),
        ("longest_silence", pa.float64()),
        ("speech_share", pa.float64()),
        ("snr_db", pa.float64()),
    ]
)

CHANNEL = pa.struct(
    [
        ("kinds", pa.list_(pa.string())),  # of `voices.channels.KINDS`, in the order of application; empty for none
        ("codec", pa.string()),
        ("room", pa.string()),  # length, width and height
        ("rt60", pa.float64()),  # seconds
        ("distances", pa.struct([(role, pa.float64()) for role in ("narrator", "user", "assistant")])),  # metres
        ("noise", pa.string()),
        ("noise_snr_db", pa.float64()),  # at the microphone, over the turns that all rows share
        ("noise_licence", pa.string()),
        ("gain_db", pa.float64()),  # of the whole recording, for its peak; at most 0
    ]
)

COLUMNS = pa.schema(
    [
        ("id", pa.string()),
        ("conversation_id", pa.string()),
        ("story_id", pa.string()),
        ("source", pa.string()),
        ("target_turn_id", pa.int64()),
        ("stage", pa.string()),
        ("branch", pa.int32()),
        ("rendition", pa.int32()),
        ("ambiguous", pa.bool_()),
        ("language", pa.string()),
        ("license", pa.string()),
        ("audio", AUDIO),
        ("duration", pa.float64()),
        ("num_samples", pa.int64()),
        ("sampling_rate", pa.int32()),
        ("pcm_sha256", pa.string()),
        ("story", pa.string()),
        ("turns", pa.list_(TURN)),
        ("words", pa.list_(WORD)),
        ("speakers", pa.list_(SPEAKER)),
        ("response", RESPONSE),
        ("evidence", EVIDENCE),
        ("clarifications", pa.list_(CLARIFICATION)),
        ("quality", QUALITY),
        ("channel", CHANNEL),
        ("seed", pa.int64()),
        ("affect", pa.list_(AFFECT_WINDOW)),  # empty until `askqa styles annotate`; absent before format 1.2
    ]
)


def row_schema(sampling_rate: int) -> pa.Schema:
    """Return the Arrow schema of a dataset at `sampling_rate` Hz, with the metadata `datasets` reads.

    The key `huggingface` is what `datasets` itself writes into Parquet files; with it, `load_dataset`
    restores `Audio` and `List` without importing torch here.
    """
    features = {
        field.name: {"sampling_rate": sampling_rate, "_type": "Audio"}
        if field.name == "audio"
        else _feature(field.type)
        for field in COLUMNS
    }
    return COLUMNS.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


_DTYPES = {
    pa.string(): "string",
    pa.binary(): "binary",
    pa.float64(): "float64",
    pa.int64(): "int64",
    pa.int32(): "int32",
    pa.bool_(): "bool",
}


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    return {"dtype": _DTYPES[kind], "_type": "Value"}


def leaf_paths(schema: pa.Schema) -> list[str]:
    """Return the Parquet column paths of a schema's leaves, such as `turns.list.element.role`."""
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{path}.{field.name}", field.type)]
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    return [path]
