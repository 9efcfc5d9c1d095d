"""What a profile set may say of a speech endpoint under `options:`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from askqa_builder.endpoint_options import EndpointOptions
from askqa_builder.options import is_number, is_text, require, require_free_fields, require_known
from askqa_builder.voices.emotion import SPEAKABLE
from askqa_builder.voices.voice import Controls, Limits, Voice

OPENAI_CHARACTERS = 4096
"""The longest `input` that OpenAI's own endpoint takes."""

NATIVE_RATE: Limits = (0.5, 2.0)

OWN_FIELDS = frozenset(
    {"input", "instructions", "model", "ref_audio", "ref_text", "response_format", "seed", "speed", "voice"}
)
"""Fields of a request that other options or the engine itself fill."""

_FORMATS = ("wav", "flac", "pcm")
_VOICE_KEYS = ("name", "gender", "accent", "language")


@dataclass(frozen=True, kw_only=True)
class Options(EndpointOptions):
    """Options of the engine `openai`; UsageError where one is not as it must be.

    How the server is reached, which changes no sample, and no dataset names it, is said by the options of the base.

    What is asked of it:

    model: as the server calls it. voices: names, or mappings with name and, where somebody vouches for them, gender,
    accent and language; None takes all that the server lists under "/audio/voices". response_format: wav, flac or
    pcm, which are lossless. sample_rate: Hz of pcm, which does not tell. speed: "native" asks the server for the
    rate, "added" leaves it to the builder, for models that ignore it. seed: send each utterance's seed; whether the
    speech is then the same each time is the server's affair. instructions: how to speak, for models that heed it.
    emotions: true, or a list of categories, says that the model speaks an emotion when it is told to in words: what
    `speech/instructions.yaml` or the style makes of it follows the option's own instructions, on a new line.
    instructions_field: what the server calls them in a request.
    most_characters: of one request; longer texts are cut between sentences. word_times: "kokoro" asks
    Kokoro-FastAPI's "/dev/captioned_speech", which times words. extra_body: further fields of each request.

    What the dataset says of it: revision of the model, licence of the model, and watermark of its speech, if any.
    """

    base_url: str = "http://localhost:8880/v1"
    model: str = "kokoro"
    voices: list[Any] | None = None
    response_format: str = "wav"
    sample_rate: int | None = None
    speed: str = "native"
    seed: bool = False
    instructions: str | None = None
    emotions: bool | list[Any] = False
    instructions_field: str = "instructions"
    most_characters: int = OPENAI_CHARACTERS
    word_times: str | None = None
    extra_body: dict[str, Any] = field(default_factory=dict)
    revision: str | None = None
    licence: str = "unknown"
    watermark: str | None = None

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Options:
        """Make them of what YAML gave. Raises UsageError."""
        require_known(options, [one.name for one in fields(cls)])
        return cls(**options)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("model", "licence", "instructions_field"):
            require(is_text(getattr(self, name)), name, getattr(self, name), "text")
        for name in ("instructions", "revision", "watermark"):
            value = getattr(self, name)
            require(value is None or is_text(value), name, value, "text")
        fits = is_number(self.most_characters, 100, 1_000_000, whole=True)
        require(fits, "most_characters", self.most_characters, "100 to 1000000")
        require(self.response_format in _FORMATS, "response_format", self.response_format, ", ".join(_FORMATS))
        require(self.speed in ("native", "added"), "speed", self.speed, "native, added")
        require(isinstance(self.seed, bool), "seed", self.seed, "true, false")
        require(self.word_times in (None, "kokoro"), "word_times", self.word_times, "kokoro")
        if self.response_format == "pcm":
            fits = is_number(self.sample_rate, 8000, 192_000, whole=True)
            require(fits, "sample_rate", self.sample_rate, "the Hz of the server's pcm, such as 24000")
        else:
            require(self.sample_rate is None, "sample_rate", self.sample_rate, "with response_format: pcm only")
        other = self.instructions_field not in OWN_FIELDS - {"instructions"}
        require(other, "instructions_field", self.instructions_field, "a field that has no other use")
        require_free_fields(self.extra_body, {*OWN_FIELDS, self.instructions_field})
        known = self.emotions if isinstance(self.emotions, list) else []
        fits = isinstance(self.emotions, bool) or (known != [] and all(one in SPEAKABLE for one in known))
        require(fits, "emotions", self.emotions, f"true, false, or a list of {', '.join(SPEAKABLE)}")

    @property
    def told_emotions(self) -> frozenset[str]:
        """The categories that the model speaks in when it is told to."""
        listed = self.emotions if isinstance(self.emotions, list) else SPEAKABLE if self.emotions else ()
        return frozenset(listed)

    @property
    def controls(self) -> Controls:
        """What the server itself does, for every voice alike."""
        rate = NATIVE_RATE if self.speed == "native" else None
        return Controls(rate, None, self.word_times is not None, self.told_emotions)

    def listed_voices(self) -> dict[str, Voice] | None:
        """Return the voices of the option by name, None where they are not given. Raises UsageError."""
        if self.voices is None:
            return None
        require(isinstance(self.voices, list) and self.voices != [], "voices", self.voices, "a list of voices")
        found: dict[str, Voice] = {}
        for entry in self.voices:
            voice = self.voice(**_entry(entry))
            require(voice.name not in found, "voices", voice.name, "each name once")
            found[voice.name] = voice
        return found

    def voice(self, name: str, gender: str | None = None, accent: str | None = None, language: str = "en") -> Voice:
        """Return a voice as the engine knows it; what is told of it is what a catalogue says."""
        source = "catalogue" if gender or accent else "unknown"
        return Voice(name, language, gender, accent, source, self.controls)


def _entry(entry: object) -> dict[str, str]:
    if is_text(entry):
        return {"name": str(entry)}
    allowed = f"a name, or a mapping of {', '.join(_VOICE_KEYS)}"
    require(isinstance(entry, dict) and "name" in entry, "voices", entry, allowed)
    assert isinstance(entry, dict)
    require(entry.keys() <= set(_VOICE_KEYS) and all(map(is_text, entry.values())), "voices", entry, allowed)
    return entry
