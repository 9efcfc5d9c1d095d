"""Do the shipped styles sound as they are documented, and do words stay intelligible? Prints Markdown tables.

Run: ASKQA_ABG_COQA=FOLDER python benchmarks/styles.py

The same turns by the same speakers, neutral and in each prosodic style, by the functions of a build from the plan of a
turn to its levelled samples. Differences are paired; recognition is by PocketSphinx, on flite.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
from numpy.typing import NDArray
from paired import RESAMPLES, difference

from askqa_builder.build.steps import speech_of, utterances_of
from askqa_builder.build.turn_drawing import Delivery, plan_turn
from askqa_builder.build.turns import HeardTurn, finish_turn
from askqa_builder.corpus.conversation import Act, Turn
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.recognition.error_rate import normalise
from askqa_builder.recognition.pocketsphinx import PocketSphinxRecogniser
from askqa_builder.recognition.recogniser import Clip
from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.seeds import derive_seed, short_hash
from askqa_builder.speech.engine import Engine, Samples
from askqa_builder.speech.gate import speak_gated
from askqa_builder.speech.silences import inner_silences
from askqa_builder.voices.casting import CastingKey, SpeakerProfile, cast
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.resolution import ResolvedProfileSet, resolve
from askqa_builder.voices.style import NEUTRAL, DrawnStyle, Style, StyleDraw
from askqa_builder.voices.style_files import shipped_styles
from askqa_builder.voices.turn_prosody import Prosody, combined

from common import ROOT, corpus_name, table

ENGINES = ("flite", "espeak")
SAMPLE_RATE = 16000
PLAIN_TURNS, PHRASED_TURNS, STORIES = 30, 17, 3
LEAST_WORDS = 8
MOST_STORY_WORDS = 100
LEAST_PAUSE_SECONDS = 0.1
MEASURES = ("F0 mean, st", "F0 range, st", "rate, %", "energy, dB", "pauses, % of the turn")

_MARK_WITHIN = re.compile(r"\w[,.;:?!]+ \w")
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Said:
    """A turn and the conversation that it is of, by whose id its speaker is cast."""

    turn: Turn
    conversation: str


@dataclass(frozen=True)
class Outcome:
    """What turns spoken in one style come to. measures: MEASURES of each, shape [turns, 5]. heard: words misheard and
    words of each, shape [turns, 2], None where nobody listened. seconds: of speech."""

    measures: _Floats
    heard: NDArray[np.int_] | None
    seconds: float


def chosen_turns() -> list[Said]:
    """Turns of LEAST_WORDS words at least: PLAIN_TURNS, PHRASED_TURNS with a mark within, at which voices pause, and
    the whole of STORIES short stories; each text once.

    Shorter turns have a word or two with an accent, too little for a range; the choice among the others is by a hash of
    their text, whatever they say.
    """
    real = os.environ.get("ASKQA_ABG_COQA")
    path = Path(real) / "coqa_abg_test.json" if real else ROOT / "tests/data/demo_test.json"
    plain: dict[str, Said] = {}
    phrased: dict[str, Said] = {}
    stories: dict[str, Said] = {}
    for _, conversation in read_corpus(find_sources(path, None)).conversations:
        for turn in conversation.turns:
            words = len(turn.text.split())
            if turn.act is Act.STORY and words <= MOST_STORY_WORDS:
                stories.setdefault(turn.text, Said(turn, conversation.id))
            elif turn.act is not Act.STORY and words >= LEAST_WORDS:
                kind = phrased if _MARK_WITHIN.search(turn.text) else plain
                kind.setdefault(turn.text, Said(turn, conversation.id))
    return _some(plain, PLAIN_TURNS) + _some(phrased, PHRASED_TURNS) + _some(stories, STORIES)


def _some(found: Mapping[str, Said], count: int) -> list[Said]:
    return [found[text] for text in sorted(found, key=lambda text: short_hash("styles", text))[:count]]


def speak(said: Sequence[Said], style: Style, profiles: ResolvedProfileSet, engine: Engine) -> list[HeardTurn]:
    """Speak turns in a style, as a build does that has drawn it. Raises what cannot be spoken."""
    speakers = [_speaker(one, profiles) for one in said]
    planned = []
    for one, speaker in zip(said, speakers, strict=True):
        prosody = combined(speaker, Prosody.of_style(style))
        delivery = Delivery(derive_seed("styles", one.turn.text), prosody, DrawnStyle(style, StyleDraw.INDEPENDENT))
        planned.append(plan_turn(one.turn, speaker, delivery, 0.5, profiles.profiles))
    batch = [utterance for utterances in utterances_of(planned).values() for utterance in utterances]
    spoken = dict(zip(batch, speak_gated(engine, batch), strict=True))
    heard = []
    for plan, speaker in zip(planned, speakers, strict=True):
        parts = speech_of(plan, {plan.engine: spoken})
        turn = finish_turn(parts, plan, speaker.voice.controls, None, SAMPLE_RATE)
        if not isinstance(turn, HeardTurn):
            raise turn
        heard.append(turn)
    return heard


def _speaker(one: Said, profiles: ResolvedProfileSet) -> SpeakerProfile:
    return cast(profiles, CastingKey(1, one.conversation, 0, "test"))[one.turn.role]


def measures_of(turn: HeardTurn) -> _Floats:
    """The five measures as MEASURES compares them, shape [5]: semitones, semitones, log rate, dB, share of pauses."""
    found = turn.measured
    pauses = inner_silences(_samples(turn), SAMPLE_RATE, LEAST_PAUSE_SECONDS)
    share = 100 * float(np.sum(pauses[:, 1] - pauses[:, 0])) / len(turn.pcm)
    if found.f0_mean is None or found.f0_range is None or found.articulation_rate is None or found.energy is None:
        raise ValueError(f"not measured: {turn.spoken_text!r}")
    log_rate = 100 * math.log(found.articulation_rate)
    return np.array([12 * math.log2(found.f0_mean), found.f0_range, log_rate, found.energy, share])


def _samples(turn: HeardTurn) -> Samples:
    samples = turn.pcm.astype(np.float32)
    samples /= FULL_SCALE
    return samples


def documented(style: Style) -> tuple[float, ...]:
    """What is documented of each of MEASURES: up where positive, down where negative, nothing where 0."""
    return style.pitch, style.pitch_range - 1, style.rate - 1, style.loudness, style.pauses - 1


def compared(neutral: _Floats, styled: _Floats, style: Style) -> Iterator[tuple[str, bool | None]]:
    """Yield a cell for each measure, and whether the direction is as documented; None where none is."""
    for i, wanted in enumerate(documented(style)):
        before, after = neutral[:, i], styled[:, i]
        if i == len(MEASURES) - 1:
            paused = (before > 0) | (after > 0)
            before, after = before[paused], after[paused]
        if not len(before):
            yield "no pauses", None
            continue
        found = difference(before, after)
        right = None if wanted == 0 else (found.low > 0 if wanted > 0 else found.high < 0)
        mark = {None: "", True: " ↑" if wanted > 0 else " ↓", False: " **not as documented**"}[right]
        sizes = f"{found.mean:+.2f} ({found.low:+.2f} to {found.high:+.2f}){mark}"
        effect = f"d {_short(found.d)} ({_short(found.d_low)} to {_short(found.d_high)})"
        yield f"{sizes}; {effect}", right


def _short(d: float) -> str:
    return f"{d:+.1f}" if abs(d) < 10 else ("> 10" if d > 0 else "< −10")


def print_measures(engine: str, outcomes: Mapping[str, Outcome]) -> None:
    """Print what is different in each style."""
    neutral = outcomes[NEUTRAL]
    paused = int(np.sum(neutral.measures[:, -1] > 0))
    count = len(neutral.measures)
    print(f"### {engine}: {count} turns, {neutral.seconds:.0f} s when neutral, {paused} of them with pauses\n")
    rows = []
    for name, outcome in outcomes.items():
        if name != NEUTRAL:
            cells = list(compared(neutral.measures, outcome.measures, shipped_styles()[name]))
            judged = [right for _, right in cells if right is not None]
            rows.append([name, *(cell for cell, _ in cells), f"{sum(judged)} of {len(judged)}"])
    table(["style", *MEASURES, "as documented"], rows)


def print_intelligibility(heard: Mapping[str, NDArray[np.int_]]) -> None:
    """Print word error rates of each style beside neutral."""
    neutral = heard[NEUTRAL]
    drawn = np.random.default_rng(2).integers(0, len(neutral), (RESAMPLES, len(neutral)))
    rows = [[NEUTRAL, f"{100 * rate_of(neutral):.1f}", "", ""]]
    for name, found in heard.items():
        if name != NEUTRAL:
            low, high = np.percentile([rate_of(found[i]) - rate_of(neutral[i]) for i in drawn], (2.5, 97.5))
            change = 100 * (rate_of(found) - rate_of(neutral))
            within = "yes" if change <= 5 else "**no**"
            interval = f"{change:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
            rows.append([name, f"{100 * rate_of(found):.1f}", interval, within])
    print("What PocketSphinx hears of them:\n")
    table(["style", "word error rate, %", "points beside neutral (95 %)", "within 5"], rows)


def errors(recogniser: PocketSphinxRecogniser, turn: HeardTurn) -> tuple[int, int]:
    """Words misheard in a turn, and words in it."""
    (heard,) = recogniser.transcribe([Clip(_samples(turn), SAMPLE_RATE)])
    found = jiwer.process_words(normalise(turn.spoken_text), normalise(heard))
    return found.substitutions + found.deletions + found.insertions, found.hits + found.substitutions + found.deletions


def rate_of(counts: NDArray[np.int_]) -> float:
    """Errors over words, shape of counts [turns, 2]."""
    return float(counts[:, 0].sum() / counts[:, 1].sum())


def outcome(engine_name: str, style_name: str) -> Outcome:
    """Speak the chosen turns in a style and look at them; what flite says is listened to as well."""
    from askqa_builder.speech.engines.espeak.engine import EspeakEngine
    from askqa_builder.speech.engines.flite import FliteEngine

    engine: Engine = FliteEngine() if engine_name == "flite" else EspeakEngine()
    profile_set = read_profile_set(engine_name)
    profiles = resolve(profile_set, dict.fromkeys(profile_set.engines, engine.voices))
    turns = speak(chosen_turns(), shipped_styles()[style_name], profiles, engine)
    engine.close()
    heard = None
    if engine_name == "flite":
        recogniser = PocketSphinxRecogniser()
        heard = np.array([errors(recogniser, turn) for turn in turns])
    seconds = sum(len(turn.pcm) for turn in turns) / SAMPLE_RATE
    return Outcome(np.array([measures_of(turn) for turn in turns]), heard, seconds)


def main() -> None:
    """Print a table for each engine, and one of intelligibility."""
    print(f"Turns of {corpus_name()}: {PLAIN_TURNS} questions and answers of {LEAST_WORDS} words or more,")
    print(f"{PHRASED_TURNS} with a mark within, at which voices pause, and {STORIES} stories of up to")
    print(f"{MOST_STORY_WORDS} words, as far as there are so many, chosen by a hash of their text; speakers as the")
    print("shipped sets `flite` and `espeak` cast and draw them. Each style beside neutral, same text, same speaker:")
    print("mean difference with its 95 % interval, ↑ or ↓ where that is wholly as documented; Cohen's d of the")
    print("paired differences. F0, rate and energy as in `turns.measured`; pauses: silences of")
    print(f"{LEAST_PAUSE_SECONDS:g} s or more, over turns that have one.\n")
    names = [name for name, style in shipped_styles().items() if not style.native]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = {engine: {name: pool.submit(outcome, engine, name) for name in names} for engine in ENGINES}
        for engine, answers in asked.items():
            outcomes = {name: answer.result() for name, answer in answers.items()}
            print_measures(engine, outcomes)
            heard = {name: one.heard for name, one in outcomes.items() if one.heard is not None}
            if heard:
                print_intelligibility(heard)


if __name__ == "__main__":
    main()
