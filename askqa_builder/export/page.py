"""The README of an export: what it is, how it was made, how it is read."""

from __future__ import annotations

from typing import Any

import yaml

from askqa_builder import __version__
from askqa_builder.dataset.manifest import REJECTED_NAME
from askqa_builder.export.format import Export, Format
from askqa_builder.export.options import SoundChoice
from askqa_builder.export.source import Source
from askqa_builder.hearing.options import CONTEXTS, LAYOUTS

_PLACES = {"file": "each as a sound of its own", "turn": "each as the last turn of its recording"}


def readme(chosen: Format[Any], made: Export, source: Source, sound: SoundChoice) -> str:
    """Return the README as Markdown."""
    splits = ", ".join(f"{items} in {split}" for split, items in made.splits.items())
    counted = "" if made.of_rows else " (a clip counts in each example that hears it)"
    sections = [
        f"# {chosen.title}: spoken dialogues\n\n"
        f"{sum(made.splits.values())} {source.noun} ({splits}) with {made.seconds / 3600:.2f} hours to hear{counted}, "
        f"written by askqa-builder {__version__} in the format [{chosen.name}]({chosen.documentation}).",
        "## How to read it\n\n" + chosen.usage(made).strip(),
        "## How it was made\n\n" + "\n".join(f"- {line}" for line in _making(chosen, made, source, sound)),
        "The texts' licences are those of the dataset this was made from; see its README.",
    ]
    front = chosen.front_matter(made)
    head = f"---\n{yaml.safe_dump(dict(front), sort_keys=False)}---\n\n" if front else ""
    return head + "\n\n".join(sections) + "\n"


def _making(chosen: Format[Any], made: Export, source: Source, sound: SoundChoice) -> list[str]:
    rate = f"{sound.sampling_rate} Hz" if sound.sampling_rate else "at the recordings' own rate"
    lines = [f"Sound: {sound.audio.name}, {rate}."]
    hearing = sound.hearing
    if source.kind == "dataset":
        lines.append(f"Context `{hearing.context}`: {CONTEXTS[hearing.context]}.")
        lines.append(f"Layout `{hearing.layout}`: {LAYOUTS[hearing.layout]}.")
        if hearing.segments is not None:
            lines.append(f"Speech longer than {hearing.segments:g} s is cut at the ends of sentences.")
    if hearing.window is not None:
        heard = chosen.sound.window if chosen.sound.known_window else None
        unheard = f"; the model hears {heard:g} s of each" if heard is not None and heard < hearing.window else ""
        lines.append(f"No clip is longer than {hearing.window:g} s{unheard}.")
    if hearing.metadata:
        lines.append(
            "Time-stamped labels of how it is said stand in the prompts (`hearing.metadata.parse` reads them)."
        )
    if chosen.sound.response is not None and made.responses:
        lines.append(f"Responses are spoken, {_PLACES[chosen.sound.response]}, in the assistant's voice.")
    if made.rejected:
        reasons = ", ".join(f"{count} {reason}" for reason, count in made.rejected.items())
        lines.append(f"Left out, and told with their reasons in `{REJECTED_NAME}`: {reasons}.")
    return lines
