"""From what an engine spoke of a turn to the turn as it will be heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from askqa_builder.build.planned import PlannedParagraph, PlannedTurn
from askqa_builder.corpus.conversation import Turn
from askqa_builder.errors import SpeechError
from askqa_builder.recording.paragraphs import SpokenParagraph, join_paragraphs
from askqa_builder.recording.turn_audio import prepare_turn
from askqa_builder.recording.turn_measures import TurnMeasures, measure_turn
from askqa_builder.speech.alignment import Aligner, load_aligner
from askqa_builder.speech.engine import Pcm, Speech, WordTime
from askqa_builder.speech.prosody import add_prosody
from askqa_builder.speech.spoken_text import SpokenText
from askqa_builder.speech.syllables import count_syllables
from askqa_builder.voices.style import DrawnStyle
from askqa_builder.voices.voice import Controls

Spoken = Speech | SpeechError


@dataclass(frozen=True)
class HeardWord:
    """A word of a turn: samples from the turn's start, characters of the turn's source text."""

    word: str
    start: int
    end: int
    char_start: int
    char_end: int


@dataclass(frozen=True, eq=False)
class HeardTurn:
    """A turn as it is heard, wherever it comes from, and what rows say of it.

    pcm: at the recording's rate, speech at both ends. loudness: LUFS reached, None where it was not measured here.
    seed, rate, pitch, style: None where nothing was drawn or asked for. measured: before any channel.
    """

    turn: Turn
    spoken_text: str
    pcm: Pcm
    words: tuple[HeardWord, ...]
    loudness: float | None
    seed: int | None
    rate: float | None
    pitch: float | None
    style: DrawnStyle | None
    measured: TurnMeasures

    @property
    def word_count(self) -> int:
        """Words as rates count them: what white space divides."""
        return len(self.spoken_text.split())


def finish_turn(
    spoken: Sequence[Spoken], turn: PlannedTurn, controls: Controls, align: str | None, sample_rate: int
) -> HeardTurn | SpeechError:
    """Find the words where the engine does not tell, add prosody, join the paragraphs, trim and level.

    spoken: one item for each of the turn's paragraphs. controls: of its voice. align: the aligner of its profile set.
    sample_rate: wanted, Hz. What cannot be spoken is returned as the SpeechError that says why.
    """
    if not turn.paragraphs:
        return SpeechError("nothing in the text can be pronounced")
    aligner = load_aligner(align) if align else None
    try:
        parts = [
            _finished(speech, paragraph, controls, aligner)
            for speech, paragraph in zip(spoken, turn.paragraphs, strict=True)
        ]
        audio = prepare_turn(join_paragraphs(parts), sample_rate, turn.loudness)
    except SpeechError as error:
        return error
    return HeardTurn(
        turn=turn.turn,
        spoken_text=turn.spoken.text,
        pcm=audio.pcm,
        words=tuple(_heard_word(word, turn.spoken) for word in audio.words),
        loudness=audio.loudness,
        seed=turn.seed,
        rate=turn.prosody.rate,
        pitch=turn.prosody.pitch,
        style=turn.style,
        measured=measure_turn(audio.pcm, sample_rate, count_syllables(turn.spoken.text)),
    )


def _heard_word(word: WordTime, spoken: SpokenText) -> HeardWord:
    text = spoken.text[word.char_start : word.char_end]
    return HeardWord(text, word.start, word.end, *spoken.source_span(word.char_start, word.char_end))


def _finished(
    speech: Spoken, paragraph: PlannedParagraph, controls: Controls, aligner: Aligner | None
) -> SpokenParagraph:
    if isinstance(speech, SpeechError):
        raise speech
    if aligner is not None and not speech.words:
        # before prosody is added: an acoustic model knows natural speech best, and times follow the samples anyway
        speech = replace(speech, words=aligner.align(speech, paragraph.utterance.text))
    return SpokenParagraph(add_prosody(speech, paragraph.utterance, controls), paragraph.start, paragraph.pause)
