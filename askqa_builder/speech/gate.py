"""What an engine returned, held against what it was asked: a failure is spoken once more, then given up.

Engines fail without saying so: they are silent, go on and on, leave words out, or clip. The bounds are far from what
healthy engines do, so a fault is a failure and no matter of taste.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from askqa_builder.errors import SpeechError
from askqa_builder.seeds import derive_seed
from askqa_builder.speech.engine import Engine, Samples, Speech, Utterance
from askqa_builder.speech.plausible import letters_in, plausible_seconds
from askqa_builder.speech.prosody import native_part, speak_native

MOST_CLIPPED = 0.001
"""Share of samples at full scale that a voice may have; a clipping one has several per cent."""

_FULL_SCALE = 0.9999
_INAUDIBLE_PEAK = 1e-4
"""As in `f0`: −80 dBFS, below the last bit of what is written after levelling by any sensible gain."""


Check = Callable[[Sequence[Speech], Sequence[Utterance]], list[str | None]]
"""Says of each speech, spoken for the utterance of the same place, what is wrong with it; None for nothing."""


def speak_gated(engine: Engine, batch: Sequence[Utterance], check: Check | None = None) -> list[Speech | SpeechError]:
    """Speak a batch; what has a fault is spoken once more from a derived seed, all such in one batch.

    Item i answers utterance i; where the second try has a fault too, a SpeechError says what was measured both times.
    check: what else to ask of speech that sounds plausible.
    """
    answers = speak_native(engine, batch)
    faults = _faults(engine, batch, answers, check)
    for place in [place for place in faults if batch[place].recordings]:  # played again it is the same
        answers[place] = SpeechError(f"{reprlib.repr(batch[place].text)}: {faults.pop(place)}")
    if not faults:
        return answers
    again = [replace(batch[place], seed=derive_seed(batch[place].seed, "again")) for place in faults]
    second = speak_native(engine, again)
    # some engines draw no random numbers: what is the same is not asked for its words again
    new = [number for number, place in enumerate(faults) if not _is_same(second[number], answers[place])]
    new_faults = _faults(engine, [again[number] for number in new], [second[number] for number in new], check)
    second_faults: dict[int, str | None] = dict(enumerate(faults.values()))
    second_faults |= {number: new_faults.get(i) for i, number in enumerate(new)}
    for number, (place, first) in enumerate(faults.items()):
        answer = second[number]
        found = str(answer) if isinstance(answer, SpeechError) else second_faults[number]
        if found is not None:
            answer = SpeechError(f"{reprlib.repr(batch[place].text)}: {first}, and once more {found}")
        answers[place] = answer
    return answers


def _is_same(one: Speech | SpeechError, other: Speech | SpeechError) -> bool:
    return isinstance(one, Speech) and isinstance(other, Speech) and np.array_equal(one.samples, other.samples)


def _faults(
    engine: Engine, batch: Sequence[Utterance], answers: Sequence[Speech | SpeechError], check: Check | None
) -> dict[int, str]:
    """Say what is wrong with each answer, by its place; answers that are errors have no fault."""
    faults: dict[int, str] = {}
    sound: dict[int, Speech] = {}
    for place, (one, answer) in enumerate(zip(batch, answers, strict=True)):
        if isinstance(answer, SpeechError):
            continue
        found = fault(answer, one.text, native_part(one, engine.voices[one.voice].controls).rate)
        if found is None:
            sound[place] = answer
        else:
            faults[place] = found
    if check is not None and sound:
        checked = check(list(sound.values()), [batch[place] for place in sound])
        faults |= {place: found for place, found in zip(sound, checked, strict=True) if found is not None}
    return dict(sorted(faults.items()))


def clipped_share(samples: Samples) -> float:
    """Return the share of samples at full scale."""
    return float(np.count_nonzero(np.abs(samples) >= _FULL_SCALE) / len(samples))


def fault(speech: Speech, text: str, rate: float) -> str | None:
    """Say what is wrong with the speech of a text, None if nothing is. rate: at which it was asked of the engine."""
    loudness = np.abs(speech.samples)
    if loudness.max() < _INAUDIBLE_PEAK:
        return "silence"
    clipped = clipped_share(speech.samples)
    if clipped > MOST_CLIPPED:
        return f"{clipped:.1%} of the samples are clipped"
    shortest, longest = (seconds / rate for seconds in plausible_seconds(letters_in(text)))
    seconds = len(speech.samples) / speech.sample_rate
    if not shortest <= seconds <= longest:
        return f"it lasts {seconds:.1f} s, where {shortest:.1f} to {longest:.1f} s are plausible"
    return None
