"""How checkpoints name emotions, and which of ours that is."""

from __future__ import annotations

from collections.abc import Mapping

from askqa_builder.errors import UsageError
from askqa_builder.voices.emotion import CATEGORIES, DIMENSIONS

_NAMES = {
    "angry": ("ang", "anger"),
    "disgusted": ("dis", "disgust"),
    "fearful": ("fea", "fear"),
    "happy": ("hap", "happiness", "joy"),
    "neutral": ("neu", "neutrality"),
    "other": ("oth", "others"),
    "sad": ("sadness",),
    "surprised": ("sur", "surprise"),
    "unknown": ("unk", "<unk>"),
}
"""As IEMOCAP, RAVDESS, MSP-Podcast and emotion2vec+ name their classes. What is near an emotion but not it, as calm or
excited, is left to the user."""

_CATEGORY_OF = {name: category for category, names in _NAMES.items() for name in (category, *names)}


def category_of(name: str) -> str | None:
    """Return the category that a checkpoint's label names, also in two languages ("生气/angry"); None for none."""
    found = {_CATEGORY_OF.get(part.strip()) for part in name.casefold().split("/")} - {None}
    return found.pop() if len(found) == 1 else None


def dimension_of(name: str) -> str | None:
    """Return the dimension that a checkpoint's label names; None for none."""
    return name.casefold() if name.casefold() in DIMENSIONS else None


def read_labels(where: str, names: Mapping[int, str], given: object, *, dimensions: bool = False) -> list[str]:
    """Return what each output of a model means, in order: a category, or a dimension.

    names: the checkpoint's id2label. given: what the user says they mean, by name; it goes before what we know.
    Raises UsageError where one means nothing known, or `given` is no such mapping.
    """
    allowed = DIMENSIONS if dimensions else CATEGORIES
    known = _checked(where, names, given, allowed)
    find = dimension_of if dimensions else category_of
    meanings = []
    for place in sorted(names):
        meaning = known.get(names[place]) or find(names[place])
        if meaning is None:
            what = "dimension" if dimensions else "emotion"
            raise UsageError(
                f"{where}: its label {names[place]!r} is no {what} known here; say what it means with "
                f"labels: {{{names[place]}: {allowed[0]}}}, of {', '.join(allowed)}"
            )
        meanings.append(meaning)
    if dimensions and len(set(meanings)) < len(meanings):
        raise UsageError(f"{where}: two outputs are {', '.join(meanings)}; give each a dimension of its own in labels")
    return meanings


def _checked(where: str, names: Mapping[int, str], given: object, allowed: tuple[str, ...]) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise UsageError(f"labels: {given!r} is not allowed; give a mapping from the model's labels to ours")
    for name, meaning in given.items():
        if name not in names.values():
            raise UsageError(f"labels: {where} has no label {name!r}; it has {', '.join(names.values())}")
        if meaning not in allowed:
            raise UsageError(f"labels: {name}: {meaning!r} is not allowed; give one of {', '.join(allowed)}")
    return {str(name): str(meaning) for name, meaning in given.items()}
