"""Moshi's fine-tuning: two channels, the assistant's words with their times, and a manifest.

As in `README.md` and `annotate.py` of github.com/kyutai-labs/moshi-finetune: the left channel is what Moshi says, the
right one what it hears. Beside each `x.wav` stands `x.json` with `alignments`, a list of `[word, [start, end],
"SPEAKER_MAIN"]` in seconds. `annotate.py` transcribes the left channel alone, so the words of the others are not
listed; the training drops them anyway (`Interleaver`, `keep_main_only`). Words are written as in the text, with their
punctuation, as Whisper's are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askqa_builder.corpus.conversation import Role
from askqa_builder.export.format import Export, Format, RowItem, SoundRules
from askqa_builder.export.json_lines import json_line
from askqa_builder.export.spoken_turns import has_words, spoken_turns
from askqa_builder.hearing.row_times import Row

MAIN_SPEAKER = "SPEAKER_MAIN"
"""The label that `Interleaver` keeps."""

_ENDINGS = {
    True: "Recordings end with the\nassistant's response.",
    False: "Recordings end with what\nthe assistant must respond to; the response itself is not in them.",
}


class Moshi(Format[RowItem]):
    """`<split>.jsonl`, a stereo recording a line, and each recording's words beside it."""

    name = "moshi"
    title = "Moshi's fine-tuning, moshi-finetune"
    documentation = "https://github.com/kyutai-labs/moshi-finetune"
    prompted = False
    sound = SoundRules(
        audio_formats=("wav",),
        sampling_rate=24000,
        fixed_rate=True,
        contexts=("audio", "none"),
        layouts=("stereo",),
        whole=True,
        response="turn",
    )

    def lack(self, row: Row) -> str | None:
        """Return what the row lacks."""
        assistants = [i for i, turn in enumerate(row["turns"]) if turn["role"] == Role.ASSISTANT.value]
        return None if all(has_words(row, turn) for turn in assistants) else "word times of what the assistant says"

    def lines(self, item: RowItem) -> Iterator[tuple[str, str]]:
        """Yield the recording's line of the manifest."""
        file = item.audio[0]
        yield f"{item.split}.jsonl", json_line({"path": file.path, "duration": file.seconds})

    def files(self, item: RowItem) -> Iterator[tuple[str, bytes]]:
        """Yield the words that the assistant says."""
        stem = item.audio[0].path.rpartition(".")[0]
        yield f"{stem}.json", json_line({"alignments": alignments(item)}).encode("utf-8")

    def usage(self, made: Export) -> str:
        """Tell where the manifests go."""
        manifests = ", ".join(f"`{split}.jsonl`" for split in made.splits)
        return f"""\
Give the manifests ({manifests}) to moshi-finetune as `data.train_data` and `data.eval_data`. The left channel is the
assistant, whose words stand in the JSON file beside each recording; the right one is everybody else.

Training cuts recordings into pieces of `duration_sec` (100 s in its example), and a narrated story is about as long:
raise it, or export with `--context none`, which leaves the story out. {_ENDINGS[made.responses]}"""


def alignments(item: RowItem) -> list[list[Any]]:
    """Return the words that the assistant says as moshi-finetune wants them, in order."""
    return [
        [word.text, [word.start, word.end], MAIN_SPEAKER]
        for turn in spoken_turns(item.row, item.heard, item.audio[0])
        if turn.role == Role.ASSISTANT.value
        for word in turn.words
    ]
