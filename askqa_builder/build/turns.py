"""From what an engine spoke of a turn to the turn as it will be heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askqa_builder.build.planned import PlannedParagraph, PlannedTurn
from askqa_builder.build.recipe import Recipe
from askqa_builder.errors import SpeechError
from askqa_builder.recording.paragraphs import SpokenParagraph, join_paragraphs
from askqa_builder.recording.turn_audio import TurnAudio, prepare_turn
from askqa_builder.speech.alignment import Aligner, load_aligner
from askqa_builder.speech.engine import Speech
from askqa_builder.speech.prosody import add_prosody
from askqa_builder.voices.voice import Controls

Spoken = Speech | SpeechError


def finish_turn(
    spoken: Sequence[Spoken], turn: PlannedTurn, controls: Controls, recipe: Recipe
) -> TurnAudio | SpeechError:
    """Find the words where the engine does not tell, add prosody, join the paragraphs, trim and level.

    spoken: one item for each of the turn's paragraphs. controls: of its voice. What cannot be spoken is returned as
    the SpeechError that says why.
    """
    if not turn.paragraphs:
        return SpeechError("nothing in the text can be pronounced")
    name = recipe.profiles.profiles.align
    aligner = load_aligner(name) if name else None
    try:
        parts = [
            _finished(speech, paragraph, controls, aligner)
            for speech, paragraph in zip(spoken, turn.paragraphs, strict=True)
        ]
        return prepare_turn(join_paragraphs(parts), recipe.sample_rate, turn.loudness)
    except SpeechError as error:
        return error


def _finished(
    speech: Spoken, paragraph: PlannedParagraph, controls: Controls, aligner: Aligner | None
) -> SpokenParagraph:
    if isinstance(speech, SpeechError):
        raise speech
    if aligner is not None and not speech.words:
        # before prosody is added: an acoustic model knows natural speech best, and times follow the samples anyway
        speech = replace(speech, words=aligner.align(speech, paragraph.utterance.text))
    return SpokenParagraph(add_prosody(speech, paragraph.utterance, controls), paragraph.start, paragraph.pause)
