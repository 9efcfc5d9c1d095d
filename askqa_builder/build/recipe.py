"""Everything a worker needs to know beside its block, and everything that can change a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from askqa_builder.build.options import NATIVE_RATE, BuildOptions
from askqa_builder.build.recorded import with_recordings
from askqa_builder.build.word_check import Listening, WordCheck, open_word_check
from askqa_builder.corpus.conversation import Role, Stage
from askqa_builder.corpus.reading import Reading
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.dataset.manifest import HISTORY_USE, canonical_digest
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.disk_cache import CacheSettings
from askqa_builder.errors import UsageError
from askqa_builder.pools import STARTING_SECONDS
from askqa_builder.recognition.error_rate import describe_recogniser
from askqa_builder.recognition.recogniser import RECOGNISERS, check_options
from askqa_builder.recording.channel.room import require_rooms
from askqa_builder.recording.encode import AudioFormat, audio_format
from askqa_builder.speech.alignment import load_aligner
from askqa_builder.speech.engine import Engine, EngineInfo, load_engine, prepares, takes_device
from askqa_builder.voices.channel_files import read_channel
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.profiles import ProfileSet
from askqa_builder.voices.resolution import ResolvedProfileSet, resolve
from askqa_builder.voices.text_labels import load_labeller

_LIBRARIES = ("anyascii", "num2words", "numpy", "pyarrow", "scipy", "sentencex", "soxr")
"""Libraries whose version can change a sample or a file."""

_READING_SECONDS = 60.0
_READING_SECONDS_A_SECOND = 0.5
"""What a block may take whose turns are all kept."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """How conversations become rows. It can be pickled.

    engines: identity of each engine by `EngineChoice.key`. listening: who checks words, None where nobody does.
    devices: where to speak, for engines that compute on a device; the first is the kind of all. sample_rate: of the
    recordings, Hz. share_narration: conversations of one story and split have one narrator, who speaks it once. cache:
    where utterances are kept for other builds, None for nowhere. original: the dataset from whose recordings the turns
    of `kept_roles` are cut.
    """

    profiles: ResolvedProfileSet
    engines: Mapping[str, EngineInfo]
    listening: Listening | None
    devices: tuple[str | None, ...]
    seed: int
    stages: tuple[Stage, ...]
    renditions: int
    share_narration: bool
    sample_rate: int
    audio_format: AudioFormat
    cache: CacheSettings | None
    original: Path | None = None
    kept_roles: frozenset[Role] = frozenset()

    @property
    def start_seconds(self) -> float:
        """What a block may take beside its speech, as for something loaded when it first speaks."""
        listening = 0.0 if self.listening is None else self.listening.appetite.start_seconds
        loading = (info.pace.start_seconds for info in self.engines.values())
        return max(loading, default=_READING_SECONDS) + listening

    @property
    def opening_seconds(self) -> float:
        """What a new process may take to start and to load what it speaks with, on a machine that is busy."""
        return STARTING_SECONDS + self.start_seconds

    @property
    def seconds_per_second(self) -> float:
        """Wall seconds that a second of speech may take before it counts as hung; what fails is spoken twice."""
        listening = 0.0 if self.listening is None else 2 / self.listening.appetite.minimum_speed
        speaking = (1 / info.pace.minimum_speed for info in self.engines.values())
        return max(speaking, default=_READING_SECONDS_A_SECOND) + listening

    def engine_of(self, role: Role) -> EngineInfo:
        """Return the identity of the engine that speaks a role."""
        return self.engines[self.profiles.profiles.roles[role].engine.key]

    @property
    def numeric_mode(self) -> str:
        """Devices and precisions with which the engines compute: samples differ in the last bits between them."""
        return ", ".join(sorted({info.numeric_mode for info in self.engines.values()}))


def make_recipe(options: BuildOptions, profile_set: ProfileSet | None = None) -> Recipe:
    """Read the profile set, load its engines once to see their voices, and settle rate and format.

    profile_set: instead of the one that the options name. Raises UsageError before any corpus is read: an unknown set,
    a missing library, an impossible rate.
    """
    profile_set = profile_set or read_profile_set(options.profiles)
    if options.recordings is not None:
        profile_set = with_recordings(profile_set, Path(options.recordings), options.recorded_roles)
    resolved, infos = resolve_profiles(profile_set, options.devices, options.channel)
    try:
        with open_word_check(resolved.profiles.gate, options.devices[0]) as check:
            listening = None if check is None else check.listening
    except UsageError as error:
        raise UsageError(f"{resolved.profiles.source}: gate: {error}") from error
    rate = _sample_rate(options, infos)
    return Recipe(
        resolved,
        infos,
        listening,
        options.devices,
        options.seed,
        options.stages,
        options.renditions,
        options.share_narration,
        rate,
        audio_format(options.audio_format, rate),
        options.open_cache(),
    )


def resolve_profiles(
    chosen: str | ProfileSet, devices: Sequence[str | None] = (None,), channel: str | None = None
) -> tuple[ResolvedProfileSet, dict[str, EngineInfo]]:
    """Read a profile set, by name or path, and check it against its engines, which are loaded and closed again.

    channel: instead of the set's own, as `read_channel` takes it. Raises UsageError where set, engines, voices, devices
    or channel are not as they must be.
    """
    profile_set = chosen if isinstance(chosen, ProfileSet) else read_profile_set(chosen)
    if channel is not None:
        profile_set = replace(profile_set, channel=read_channel(channel))
    if profile_set.channel is not None and profile_set.channel.room is not None:
        require_rooms()
    if profile_set.gate is not None:
        try:
            check_options(RECOGNISERS, profile_set.gate.recogniser.name, profile_set.gate.recogniser.options)
        except UsageError as error:
            raise UsageError(f"{profile_set.source}: gate: {error}") from error
    with ExitStack() as stack:
        try:
            if profile_set.align is not None:
                load_aligner(profile_set.align)  # is it there?
            if profile_set.labeller is not None:
                load_labeller(profile_set.labeller)  # likewise
            _check_devices(profile_set, devices)
            for device in devices[1:]:
                with open_engines(profile_set, device):  # is it there?
                    pass
            engines = stack.enter_context(open_engines(profile_set, devices[0]))
        except UsageError as error:
            raise UsageError(f"{profile_set.source}: {error}") from error
        infos = {key: engine.info for key, engine in engines.items()}
        return resolve(profile_set, {key: engine.voices for key, engine in engines.items()}, infos), infos


@contextmanager
def open_engines(
    profile_set: ProfileSet, device: str | None, only_preparing: bool = False
) -> Iterator[dict[str, Engine]]:
    """Load the engines of a set by their keys, and close them at the end of the `with` block. Raises UsageError.

    device: for the engines that compute on one; None leaves it to them. only_preparing: leave out those that do
    nothing but speak.
    """
    with ExitStack() as stack:
        engines = {}
        for key, choice in profile_set.engines.items():
            if only_preparing and not prepares(choice.name):
                continue
            engines[key] = load_engine(
                choice.name, choice.options, device=device, references=profile_set.references(key)
            )
            stack.callback(engines[key].close)
        yield engines


def check_unchanged(engines: Mapping[str, Engine], check: WordCheck | None, recipe: Recipe) -> None:
    """Raise UsageError where who speaks or listens is not who it was when the build began: a model has changed."""
    for key, engine in engines.items():
        if engine.info != recipe.engines[key]:
            raise UsageError(f"engine {engine.info.name} has changed since the build began; start another one")
    if (None if check is None else check.listening) != recipe.listening:
        raise UsageError("the gate's recogniser has changed since the build began; start another one")


def _check_devices(profile_set: ProfileSet, devices: Sequence[str | None]) -> None:
    names = sorted({choice.name for choice in profile_set.engines.values()})
    if devices != (None,) and devices != ("cpu",) and not any(takes_device(name) for name in names):
        raise UsageError(f"device: {', '.join(names)} computes on the CPU only; leave --device out")


def config_digest(recipe: Recipe, options: BuildOptions, sources: Sequence[SourceFile], reading: Reading) -> str:
    """Digest everything that can change a sample or a file; workers and the like are left out."""
    described = describe_recipe(recipe)
    described["profiles"].pop("name")  # the same set under another name speaks alike
    return canonical_digest(
        {
            "format_version": FORMAT_VERSION,
            "libraries": library_versions(recipe),
            "recipe": described,
            "words_per_minute": [info.pace.words_per_minute for info in recipe.engines.values()],
            "selection": selection(options, reading),
            "shard_size": options.shard_bytes,
            "sources": describe_sources(sources, reading),
        }
    )


def describe_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as the manifest shows it."""
    aligner, labeller = recipe.profiles.profiles.align, recipe.profiles.profiles.labeller
    return {
        "profiles": {"name": recipe.profiles.profiles.name, **recipe.profiles.to_json()},
        **({} if aligner is None else {"aligner": load_aligner(aligner).version}),
        **({} if labeller is None else {"text_labeller": load_labeller(labeller).version}),
        **({} if recipe.listening is None else {"gate": describe_recogniser(recipe.listening.info)}),
        "engines": [
            {key: value for key, value in asdict(info).items() if key not in ("pace", "sample_rate", "numeric_mode")}
            for info in recipe.engines.values()
        ],
        "seed": recipe.seed,
        "stages": [stage.value for stage in recipe.stages],
        "renditions": recipe.renditions,
        **({"share_narration": True} if recipe.share_narration else {}),
        "sampling_rate": recipe.sample_rate,
        "audio_format": recipe.audio_format.name,
        "numeric_mode": recipe.numeric_mode,
    }


def selection(options: BuildOptions, reading: Reading) -> dict[str, Any]:
    """Return what of the sources is kept."""
    return {
        "limit": options.limit,
        "domains": sorted(options.domains) if options.domains is not None else None,
        "redistributable": options.redistributable,
        **({} if options.grouping is None else {"group_split": options.grouping.to_json()}),
        "turns": reading.turns,
    }


def describe_sources(sources: Sequence[SourceFile], reading: Reading) -> list[dict[str, str]]:
    """Return the sources as the manifest lists them, and behind them those that give earlier turns alone."""
    return [
        *map(_describe_source, sources),
        *({**_describe_source(file), "use": HISTORY_USE} for file in reading.history),
    ]


def _describe_source(source: SourceFile) -> dict[str, str]:
    return {"name": source.name, "sha256": source.sha256, "split": source.split, "format": source.format}


def library_versions(recipe: Recipe) -> dict[str, str]:
    """Return the versions of what reads text, makes samples and writes files."""
    import soundfile

    from askqa_builder import __version__

    channel = recipe.profiles.profiles.channel
    rooms = () if channel is None or channel.room is None else ("pyroomacoustics",)
    libraries = {name: version(name) for name in (*_LIBRARIES, *rooms)}
    return {"askqa-builder": __version__, "libsndfile": soundfile.__libsndfile_version__, **libraries}


def _sample_rate(options: BuildOptions, engines: Mapping[str, EngineInfo]) -> int:
    if options.sample_rate != NATIVE_RATE:
        return int(options.sample_rate)
    rates = {info.sample_rate for info in engines.values()}
    if len(rates) > 1:
        listed = ", ".join(f"{info.name} {info.sample_rate} Hz" for info in engines.values())
        raise UsageError(f"sample rate: the engines' own differ ({listed}); give one in Hz")
    return rates.pop()
