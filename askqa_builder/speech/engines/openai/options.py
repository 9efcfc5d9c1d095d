"""What a profile set may say of a speech endpoint under `options:`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.voices.section import close_matches
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
class Options:
    """Options of the engine `openai`; UsageError where one is not as it must be.

    How the server is reached (it changes no sample, and no dataset names it):

    base_url: what "/audio/speech" is appended to. api_key_variable: the environment variable that holds the key.
    concurrency: requests under way at once, of each process. timeout: seconds for one answer. patience: seconds for
    which a request is repeated while the server is away, overloaded or talks nonsense.

    What is asked of it:

    model: as the server calls it. voices: names, or mappings with name and, where somebody vouches for them, gender,
    accent and language; None takes all that the server lists under "/audio/voices". response_format: wav, flac or
    pcm, which are lossless. sample_rate: Hz of pcm, which does not tell. speed: "native" asks the server for the
    rate, "added" leaves it to the builder, for models that ignore it. seed: send each utterance's seed; whether the
    speech is then the same each time is the server's affair. instructions: how to speak, for models that heed it.
    most_characters: of one request; longer texts are cut between sentences. word_times: "kokoro" asks
    Kokoro-FastAPI's "/dev/captioned_speech", which times words. extra_body: further fields of each request.

    What the dataset says of it: revision of the model, licence of the model, and watermark of its speech, if any.
    """

    base_url: str = "http://localhost:8880/v1"
    api_key_variable: str = "OPENAI_API_KEY"
    concurrency: int = 4
    timeout: float = 120.0
    patience: float = 180.0
    model: str = "kokoro"
    voices: list[Any] | None = None
    response_format: str = "wav"
    sample_rate: int | None = None
    speed: str = "native"
    seed: bool = False
    instructions: str | None = None
    most_characters: int = OPENAI_CHARACTERS
    word_times: str | None = None
    extra_body: dict[str, Any] = field(default_factory=dict)
    revision: str | None = None
    licence: str = "unknown"
    watermark: str | None = None

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Options:
        """Make them of what YAML gave. Raises UsageError."""
        allowed = [one.name for one in fields(cls)]
        for name in options:
            if name not in allowed:
                hint = close_matches(name, allowed) if name != "api_key" else ""
                key = "; the key itself goes into the environment" if "key" in name else ""
                raise UsageError(f"unknown option {name!r}{hint}{key}; allowed: {', '.join(allowed)}")
        return cls(**options)

    def __post_init__(self) -> None:
        for name in ("base_url", "api_key_variable", "model", "licence"):
            _require(_is_text(getattr(self, name)), name, getattr(self, name), "text")
        for name in ("instructions", "revision", "watermark"):
            value = getattr(self, name)
            _require(value is None or _is_text(value), name, value, "text")
        _require(_is_number(self.concurrency, 1, 256, whole=True), "concurrency", self.concurrency, "1 to 256")
        _require(_is_number(self.timeout, 0.1, 3600), "timeout", self.timeout, "0.1 to 3600 seconds")
        _require(_is_number(self.patience, 0, 86400), "patience", self.patience, "0 to 86400 seconds")
        fits = _is_number(self.most_characters, 100, 1_000_000, whole=True)
        _require(fits, "most_characters", self.most_characters, "100 to 1000000")
        _require(self.response_format in _FORMATS, "response_format", self.response_format, ", ".join(_FORMATS))
        _require(self.speed in ("native", "added"), "speed", self.speed, "native, added")
        _require(isinstance(self.seed, bool), "seed", self.seed, "true, false")
        _require(self.word_times in (None, "kokoro"), "word_times", self.word_times, "kokoro")
        if self.response_format == "pcm":
            fits = _is_number(self.sample_rate, 8000, 192_000, whole=True)
            _require(fits, "sample_rate", self.sample_rate, "the Hz of the server's pcm, such as 24000")
        else:
            _require(self.sample_rate is None, "sample_rate", self.sample_rate, "with response_format: pcm only")
        _require(isinstance(self.extra_body, dict), "extra_body", self.extra_body, "a mapping of fields of the request")
        for name in sorted(OWN_FIELDS & self.extra_body.keys()):
            raise UsageError(f"extra_body: {name!r} is filled by the engine or by another option")

    @property
    def controls(self) -> Controls:
        """What the server itself does, for every voice alike."""
        return Controls(NATIVE_RATE if self.speed == "native" else None, None, self.word_times is not None)

    def listed_voices(self) -> dict[str, Voice] | None:
        """Return the voices of the option by name, None where they are not given. Raises UsageError."""
        if self.voices is None:
            return None
        _require(isinstance(self.voices, list) and self.voices != [], "voices", self.voices, "a list of voices")
        found: dict[str, Voice] = {}
        for entry in self.voices:
            voice = self.voice(**_entry(entry))
            _require(voice.name not in found, "voices", voice.name, "each name once")
            found[voice.name] = voice
        return found

    def voice(self, name: str, gender: str | None = None, accent: str | None = None, language: str = "en") -> Voice:
        """Return a voice as the engine knows it; what is told of it is what a catalogue says."""
        source = "catalogue" if gender or accent else "unknown"
        return Voice(name, language, gender, accent, source, self.controls)


def _entry(entry: object) -> dict[str, str]:
    if _is_text(entry):
        return {"name": str(entry)}
    allowed = f"a name, or a mapping of {', '.join(_VOICE_KEYS)}"
    _require(isinstance(entry, dict) and "name" in entry, "voices", entry, allowed)
    assert isinstance(entry, dict)
    _require(entry.keys() <= set(_VOICE_KEYS) and all(map(_is_text, entry.values())), "voices", entry, allowed)
    return entry


def _require(fits: bool, name: str, value: object, allowed: str) -> None:
    if not fits:
        raise UsageError(f"{name}: {value!r} is not allowed; give {allowed}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object, low: float, high: float, whole: bool = False) -> bool:
    kinds = int if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high
