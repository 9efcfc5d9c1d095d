"""The items of a dataset: its initial rows, with what their users mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from askqa_builder.corpus.conversation import Action, Stage
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.dataset.label_changes import LabelGroups, labelled, turns_of_history
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Intent, Item, Said, Speaker

Row = Mapping[str, Any]


def initial_shards(source: Source, split: str | None) -> list[ShardRecord]:
    """Return the shards whose rows are items.

    split: None for "test" where the dataset has it, else for the only one. Raises UsageError where there is none such.
    """
    records = [record for record in source.records if record.config == Stage.INITIAL.value and record.rows]
    if not records:
        raise UsageError(
            f"{source.folder} has no rows of the stage {Stage.INITIAL.value}, at which a model is asked; build it with "
            "both stages"
        )
    return of_split(source.folder, records, split)


def of_split(folder: Path, records: Sequence[ShardRecord], split: str | None) -> list[ShardRecord]:
    """Return the shards of a split. split: None for "test" where there is one, else for the only one.

    Raises UsageError where there is none such.
    """
    splits = list(dict.fromkeys(record.split for record in records))
    wanted = split or (SPLITS[-1] if SPLITS[-1] in splits else splits[0] if len(splits) == 1 else None)
    if wanted is None or wanted not in splits:
        what = f"no {wanted!r}" if wanted else f"no {SPLITS[-1]!r}"
        raise UsageError(f"split: {folder} has {what}; name one of {', '.join(splits)}")
    return [record for record in records if record.split == wanted]


def read_items(source: Source, split: str | None = None) -> list[Item]:
    """Return the items of a split, in the dataset's order; no audio is read. Raises UsageError as above."""
    shards = initial_shards(source, split)
    labels = LabelGroups.of(one for row in _initial_rows(source) if (one := labelled(row)) is not None)
    return [item_of(row, shard.split, labels) for shard in shards for row in source.texts(shard)]


def item_of(row: Row, split: str, labels: LabelGroups) -> Item:
    """Return the item that an initial row is."""
    gold = None if row["ambiguous"] is None else Action(row["response"]["action"])
    conversation = row["conversation_id"]
    return Item(
        row_id=row["id"],
        split=split,
        conversation_id=conversation,
        story_id=row["story_id"],
        source=row["source"],
        rendition=row["rendition"],
        history=turns_of_history(row),
        question=row["turns"][-1]["text"],
        gold=gold,
        clarifying_questions=tuple(row["response"]["references"]) if gold is Action.CLARIFY else (),
        intents=tuple(_intents(row)),
        contrast_id=labels.contrasts.get(conversation),
        conflict=conversation in labels.conflicts,
        speakers={one["role"]: _speaker(one) for one in row["speakers"]},
        pcm_sha256=row["pcm_sha256"],
        turns=tuple(Said(turn["role"], turn["text"]) for turn in row["turns"]),
    )


def _intents(row: Row) -> Iterator[Intent]:
    """Yield what the user may mean: a branch each of the first annotator's, which is the one that is spoken.

    A request that is ambiguous, without a branch that says how, has one intent without references.
    """
    clear = row["response"]["action"] != Action.CLARIFY.value
    asked = None if clear or not row["clarifications"] else row["clarifications"][0]
    if asked is None or not asked["branches"]:
        yield Intent(None, 1.0, None, None, tuple(row["response"]["references"]) if clear else ())
        return
    for branch, told in enumerate(asked["branches"]):
        weight = 1 / len(asked["branches"])
        yield Intent(branch, weight, asked["question"], told["reply"], tuple(told["answers"]))


def _speaker(told: Mapping[str, Any]) -> Speaker:
    asked = told["requested"]
    return Speaker(told["voice"], told["gender"], told["accent"], asked["rate"], asked["pitch"])


def _initial_rows(source: Source) -> Iterator[Row]:
    for record in source.records:
        if record.config == Stage.INITIAL.value:
            yield from source.texts(record)
