"""Channels: what lies between the voices and the listener, drawn for each conversation.

The order is that of the world: a room, the noise in it, the telephone that picks up both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

from askqa_builder.corpus.conversation import Role
from askqa_builder.seeds import Stream, derive_seed
from askqa_builder.voices.distributions import Distribution
from askqa_builder.voices.noise_sources import NoiseSource
from askqa_builder.voices.voice import Limits

KINDS = ("room", "noise", "telephone")
"""The parts of a channel, in the order in which they are applied."""

FLOOR: Limits = (1.5, 30.0)
"""Metres of a room's length and width, from a booth to a hall."""

HEIGHT: Limits = (1.5, 10.0)
"""Metres of a room's height."""

RT60: Limits = (0.1, 1.0)
"""Seconds in which a room's sound falls by 60 dB; see `reachable_rt60` for what a room of one size can have."""

SPEED_OF_SOUND = 343.0
"""m/s at 20 °C, as pyroomacoustics has it."""

_MOST_REFLECTIONS = 120
"""Of one sound within RT60: two million images, which take seconds to add up; twice as many, eight times as long."""

_MOST_ABSORBING = 0.9
"""Share of energy that walls take; beyond it too few echoes are left for a decay."""

DISTANCE: Limits = (0.1, 10.0)
"""Metres from a mouth to the microphone; one that does not fit in the room becomes what does."""

SNR: Limits = (-10.0, 60.0)
"""Speech over noise, dB."""

_WALL = 0.2
"""Metres that a mouth keeps from the walls."""


class Codec(str, Enum):
    """The two laws of ITU-T G.711."""

    MU_LAW = "mu-law"
    A_LAW = "a-law"


@dataclass(frozen=True)
class DrawnRoom:
    """A room. size: length, width and height; microphone and talkers: places in it, one of each role; all metres."""

    size: tuple[float, float, float]
    rt60: float
    microphone: tuple[float, float, float]
    talkers: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class DrawnNoise:
    """A noise. snr: dB. seed: of its samples. offset: where in a recording it begins, as a share of its length."""

    source: NoiseSource
    snr: float
    seed: int
    offset: float


@dataclass(frozen=True)
class DrawnChannel:
    """The channel of one conversation, as data; what is None is left out. `recording.channel` applies it."""

    room: DrawnRoom | None
    noise: DrawnNoise | None
    codec: Codec | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The parts there are, in the order in which they are applied."""
        return _kinds(self.room, self.noise, self.codec)


def shortest_way(size: tuple[float, float, float]) -> float:
    """Return the least distance, in metres, that a sound in a shoebox goes from wall to wall between reflections."""
    length, width, height = size
    pairs = ((length, width), (length, height), (width, height))
    return min(one * other / math.hypot(one, other) for one, other in pairs)


def reachable_rt60(size: tuple[float, float, float]) -> Limits:
    """Return the RT60, in seconds, that a shoebox can have: small ones are not long in dying, large ones not short.

    Below, by Eyring's formula, walls would have to absorb nearly all; above, there are too many echoes to compute.
    """
    length, width, height = size
    surface = 2 * (length * width + length * height + width * height)
    eyring = 24 * math.log(10) / SPEED_OF_SOUND * length * width * height / surface
    least = max(eyring / -math.log(1 - _MOST_ABSORBING), RT60[0])
    return least, max(min(_MOST_REFLECTIONS * shortest_way(size) / SPEED_OF_SOUND, RT60[1]), least)


@dataclass(frozen=True)
class RoomProfile:
    """A shoebox. length, width, height: metres. rt60: seconds, clipped to what a room of its size can have.

    distance: metres, drawn for each role.
    """

    length: Distribution
    width: Distribution
    height: Distribution
    rt60: Distribution
    distance: Distribution

    def draw(self, stream: Stream) -> DrawnRoom:
        """Draw a room, the microphone near its middle, and the three talkers around it at the same height."""
        length, width = self.length.draw(stream, FLOOR), self.width.draw(stream, FLOOR)
        height = self.height.draw(stream, HEIGHT)
        least, most = reachable_rt60((length, width, height))
        rt60 = min(max(self.rt60.draw(stream, RT60), least), most)
        # nothing in the exact middle: there whole families of echoes arrive at the same time
        x, y, z = (
            _rounded(part * (low + (high - low) * stream.uniform()))
            for part, low, high in ((length, 0.45, 0.55), (width, 0.45, 0.55), (height, 0.35, 0.45))
        )
        talkers = []
        for _ in Role:
            angle = 2 * math.pi * stream.uniform()
            distance = self.distance.draw(stream, DISTANCE)
            east, north = math.cos(angle), math.sin(angle)
            reach = min(_reach(x, length, east), _reach(y, width, north))
            distance = min(distance, reach)
            talkers.append((_rounded(x + distance * east), _rounded(y + distance * north), z))
        return DrawnRoom((length, width, height), rt60, (x, y, z), tuple(talkers))


@dataclass(frozen=True)
class NoiseProfile:
    """One of the sources, at a signal-to-noise ratio in dB."""

    sources: tuple[NoiseSource, ...]
    snr: Distribution

    def draw(self, stream: Stream, seed: int) -> DrawnNoise:
        """Draw source, ratio and place; seed: of the samples."""
        source = self.sources[int(stream.uniform() * len(self.sources))]
        return DrawnNoise(source, self.snr.draw(stream, SNR), seed, stream.uniform())


@dataclass(frozen=True)
class ChannelProfile:
    """What a `channel:` says. codecs: of the telephone, of which one is drawn; none where there is no telephone."""

    room: RoomProfile | None
    noise: NoiseProfile | None
    codecs: tuple[Codec, ...]

    def draw(self, seed: int, conversation_id: str, rendition: int) -> DrawnChannel:
        """Draw a conversation's channel; each part has its own stream, so one may be added and the others stay."""

        def stream(part: str) -> Stream:
            return Stream(seed, conversation_id, rendition, "channel", part)

        samples = derive_seed(seed, conversation_id, rendition, "channel", "noise", "samples")
        return DrawnChannel(
            room=None if self.room is None else self.room.draw(stream("room")),
            noise=None if self.noise is None else self.noise.draw(stream("noise"), samples),
            codec=self.codecs[int(stream("telephone").uniform() * len(self.codecs))] if self.codecs else None,
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The parts there are, in the order in which they are applied."""
        return _kinds(self.room, self.noise, self.codecs)

    def to_json(self) -> dict[str, Any]:
        """Return the canonical form, defaults written out, which `parse_channel` reads back."""
        parts: dict[str, Any] = {}
        if self.room is not None:
            parts["room"] = {key: distribution.to_json() for key, distribution in vars(self.room).items()}
        if self.noise is not None:
            sources = [source.to_json() for source in self.noise.sources]
            parts["noise"] = {"sources": sources, "snr": self.noise.snr.to_json()}
        if self.codecs:
            parts["telephone"] = {"codec": [codec.value for codec in self.codecs]}
        return parts


def _kinds(*parts: object) -> tuple[str, ...]:
    return tuple(kind for kind, part in zip(KINDS, parts, strict=True) if part)


def _reach(start: float, length: float, direction: float) -> float:
    """Metres from `start` to the nearest that a mouth may be to a wall, along one axis."""
    if direction == 0.0:
        return math.inf
    return ((length - _WALL if direction > 0 else _WALL) - start) / direction


def _rounded(metres: float) -> float:
    """Round to the millimetre: sines differ in the last bit between C libraries."""
    return round(metres, 3)
