"""All that is drawn of one turn, whoever speaks it and wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from askqa_builder.build.planned import PlannedParagraph, PlannedTurn
from askqa_builder.corpus.conversation import Act, Turn
from askqa_builder.seeds import Stream, derive_seed
from askqa_builder.speech.engine import Utterance
from askqa_builder.speech.paragraphs import Span, paragraph_spans
from askqa_builder.speech.reading import read_aloud
from askqa_builder.voices.casting import SpeakerProfile
from askqa_builder.voices.limits import clipped
from askqa_builder.voices.profiles import Pause, ProfileSet
from askqa_builder.voices.style import DrawnStyle
from askqa_builder.voices.turn_prosody import Prosody, combined, draw_offset, level

_QUESTIONS = frozenset({Act.QUESTION, Act.CLARIFYING_QUESTION})
"""Acts whose last word rises where the source has no mark."""

TurnKey = tuple[int, str, int, int, str]
"""What a turn's delivery depends on: seed, conversation or story, rendition, index and text of the turn."""


@dataclass(frozen=True)
class Delivery:
    """How a turn is spoken. seed: of its speech. prosody: what is asked of the voice, its style included."""

    seed: int
    prosody: Prosody
    style: DrawnStyle | None = None


def draw_delivery(turn: Turn, speaker: SpeakerProfile, profiles: ProfileSet, key: TurnKey) -> Delivery:
    """Draw how a speaker speaks one turn."""
    style = profiles.draw_style(turn, *key)
    offsets = [draw_offset(profiles.roles[speaker.role], *key)]
    if style is not None:
        offsets.append(Prosody.of_style(style.style))
    return Delivery(derive_seed(*key), combined(speaker, *offsets), style)


def draw_pause_before(profiles: ProfileSet, pause: Pause, stream: Stream, delivery: Delivery) -> float:
    """Draw the seconds of silence before a turn, which its style makes longer or shorter within their limits."""
    return clipped(profiles.draw_pause(pause, stream) * delivery.prosody.pauses, pause.limits)


def plan_turn(
    turn: Turn,
    speaker: SpeakerProfile,
    delivery: Delivery,
    pause: float,
    profiles: ProfileSet,
    recordings: tuple[str, ...] = (),
) -> PlannedTurn:
    """Plan the paragraphs of a turn. pause: before it, seconds. recordings: what that of a person may be called."""
    spoken = read_aloud(turn.text, final="?" if turn.act in _QUESTIONS else ".")
    prosody = delivery.prosody
    style = None if delivery.style is None else delivery.style.style
    whole = Utterance(
        spoken.text,
        speaker.voice.name,
        prosody.rate,
        prosody.pitch,
        delivery.seed,
        recordings,
        pitch_range=prosody.pitch_range,
        pauses=prosody.pauses,
        emotion=None if style is None else style.emotion,
        instructions=None if style is None else style.instructions,
    )
    spans = paragraph_spans(spoken, turn.text)
    if spans and recordings:
        spans = [(0, len(spoken.text))]  # a turn is recorded as a whole
    return PlannedTurn(
        turn=turn,
        spoken=spoken,
        engine=speaker.engine.key,
        paragraphs=tuple(_paragraphs(whole, spans, profiles)),
        prosody=prosody,
        pause=pause,
        loudness=level(speaker.loudness, prosody.loudness),
        seed=delivery.seed,
        style=delivery.style,
    )


def _paragraphs(whole: Utterance, spans: Sequence[Span], profiles: ProfileSet) -> Iterator[PlannedParagraph]:
    """Yield the paragraphs of a turn; who speaks faster also pauses for a shorter time between them."""
    between = Pause.BETWEEN_PARAGRAPHS
    for start, end in spans:
        seed = derive_seed(whole.seed, "paragraph", start) if start else whole.seed
        drawn = profiles.draw_pause(between, Stream(seed, "pause")) if start else 0.0
        pause = clipped(drawn * whole.pauses, between.limits) / whole.rate if start else 0.0
        yield PlannedParagraph(replace(whole, text=whole.text[start:end], seed=seed), start, pause)
