"""`regenerate`: new voices for a finished dataset, from nothing but the dataset itself."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from askqa_builder.build.carrying_out import carry_out
from askqa_builder.build.drawing import draw_cast
from askqa_builder.build.job import Job
from askqa_builder.build.kept_styles import with_kept_styles
from askqa_builder.build.old_dataset import read_conversations
from askqa_builder.build.options import LOCAL, BuildOptions, at_least, parse_roles
from askqa_builder.build.plan import Take, make_plan_of
from askqa_builder.build.recipe import Recipe, describe_recipe, library_versions, make_recipe
from askqa_builder.build.report import BuildReport
from askqa_builder.build.restored import RestoredConversation
from askqa_builder.build.told_profiles import check_no_files, told_profile_set
from askqa_builder.corpus.conversation import Role, Stage
from askqa_builder.dataset.manifest import canonical_digest, read_rejected, shard_records
from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.dataset.schema import FORMAT_VERSION
from askqa_builder.dataset.upgrade import check_rewritable
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.progress import Progress
from askqa_builder.seeds import SEED_BITS
from askqa_builder.voices.pool import VoiceIdentity
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.profiles import RECORDING, ProfileSet, VoiceSplit

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class RegenerateOptions:
    """The options of `regenerate`; the same names as on the command line. Checked when made: UsageError.

    profiles: a shipped profile set or a YAML file; None for the dataset's own. seed: None for the dataset's own, or
    the next one where nothing else would change a role that is to be redrawn. roles: those who get new voices; None
    for all, or for none where neither profiles, a seed nor recordings are given. recordings: folder of people's
    recordings of the roles that are redrawn, instead of synthesis. renditions: None for as many as the dataset has.
    The others are those of `BuildOptions`.
    """

    profiles: str | None = None
    seed: int | None = None
    roles: tuple[Role, ...] | None = None
    recordings: str | None = None
    renditions: int | None = None
    shard_size: int | str = "500MB"
    workers: int | None = None
    device: str | None = None
    executor: str = LOCAL
    ray_address: str | None = None
    cache: str | None = None
    cache_size: int | str = "10GB"
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.roles is not None:
            object.__setattr__(self, "roles", parse_roles(self.roles, "roles"))
        if self.renditions is not None:
            at_least("renditions", self.renditions, 1)
            if self.renditions > 1 and not self.redrawn:
                raise UsageError("renditions: all would be the same; say with --roles or --seed who gets new voices")

    @property
    def redrawn(self) -> tuple[Role, ...]:
        """The roles that get new voices."""
        if self.roles is not None:
            return self.roles
        return () if self.profiles is None and self.seed is None and self.recordings is None else tuple(Role)


def regenerate(
    dataset: str | Path, out: str | Path, *, progress: Progress | None = None, **options: Any
) -> BuildReport:
    """Speak a finished dataset anew: the same text, other voices.

    Turns of roles that are not redrawn keep their samples: they are cut from the recordings, which must be flac or wav
    and have gone through no channel. options: the fields of `RegenerateOptions`. An unfinished run of the same settings
    in `out` is resumed.

    Raises as `build` does.
    """
    old, new = Path(dataset), Path(out)
    if new.resolve().is_relative_to(old.resolve()) or old.resolve().is_relative_to(new.resolve()):
        raise UsageError(f"{out} and {dataset} lie one in the other; choose a folder elsewhere")
    return carry_out(prepare_regeneration(old, RegenerateOptions(**options)), new, progress=progress)


def prepare_regeneration(dataset: Path, options: RegenerateOptions) -> Job:
    """Settle what is spoken anew, and by whom. Raises UsageError."""
    manifest = finished_manifest(dataset)
    check_rewritable(manifest)
    _check_shards(dataset, manifest)
    redrawn = options.redrawn
    kept = [role for role in Role if role not in redrawn]
    if kept:
        _check_cuttable(dataset, manifest, kept)
    settings = _build_options(manifest, options)
    recipe = replace(
        make_recipe(settings, _profile_set(dataset, manifest, options)),
        original=dataset.resolve(),
        kept_roles=frozenset(kept),
        share_narration=manifest.get("share_narration", False) and (Role.NARRATOR in kept or not kept),
    )
    takes = _takes(dataset, manifest, options.renditions)
    _warn_of_same_voices(takes, recipe)
    splits = list(dict.fromkeys(shard["split"] for shard in manifest["shards"]))
    plan = make_plan_of(takes, splits, recipe, settings.shard_bytes)
    about = _about(dataset, manifest, recipe, redrawn)
    files = [*(source["name"] for source in manifest["sources"]), *(shard["file"] for shard in manifest["shards"])]
    digest = _digest(manifest, recipe, settings, about)
    # what the dataset left out is left out here, and told as it was told there
    return Job(settings, recipe, about, list(dict.fromkeys(files)), digest, plan, tuple(read_rejected(dataset)))


def _check_shards(dataset: Path, manifest: Mapping[str, Any]) -> None:
    """Raise AskqaError where a shard is another one than the manifest says: nobody knows then what is regenerated."""
    for record in shard_records(manifest):
        path = dataset / record.file
        try:
            same = path.stat().st_size == record.bytes and sha256_of(path) == record.sha256
        except OSError as error:
            raise AskqaError(f"{path} cannot be read ({error.strerror}); see askqa verify") from error
        if not same:
            raise AskqaError(f"{path} is not as it was written; see askqa verify")


def _check_cuttable(dataset: Path, manifest: Mapping[str, Any], kept: Collection[Role]) -> None:
    names = ", ".join(role.value for role in kept)
    remedy = "redraw all of them: --roles narrator,user,assistant"
    if manifest["audio_format"] not in ("flac", "wav"):
        raise UsageError(
            f"{dataset}: {names} cannot keep samples, since {manifest['audio_format']} has lost them; {remedy}"
        )
    if "channel" in manifest["profiles"]:
        raise UsageError(f"{dataset}: {names} cannot be cut out of recordings that went through a channel; {remedy}")


def _build_options(manifest: Mapping[str, Any], options: RegenerateOptions) -> BuildOptions:
    """Return the dataset's own settings with what is to change."""
    seed = options.seed
    if seed is None:
        seed = manifest["seed"]
        if options.redrawn and options.profiles is None:
            seed = (seed + 1) % (1 << SEED_BITS)  # the same seed would draw the same again
    shared = {field.name for field in fields(BuildOptions)} & {field.name for field in fields(RegenerateOptions)}
    given = {name: getattr(options, name) for name in shared}
    own = {
        "seed": seed,
        "stages": tuple(Stage(name) for name in manifest["stages"]),
        "renditions": options.renditions or manifest["renditions"],
        "sample_rate": manifest["sampling_rate"],
        "audio_format": manifest["audio_format"],
        "profiles": options.profiles or manifest["profiles"]["name"],
        "recorded_roles": options.redrawn if options.recordings is not None else tuple(Role),
    }
    return BuildOptions(**{**given, **own})


def _profile_set(dataset: Path, manifest: Mapping[str, Any], options: RegenerateOptions) -> ProfileSet:
    """Return the set that redrawn roles are drawn from, with what else of it decides who they can be."""
    if options.profiles is not None:
        chosen = read_profile_set(options.profiles, options.redrawn)
    else:
        try:
            chosen = told_profile_set(dataset, manifest)
        except UsageError as error:
            raise UsageError(f"{error}; give a profile set with --profiles") from error
        if options.recordings is None:
            check_no_files(dataset, chosen, options.redrawn)
    if len(options.redrawn) < len(Role) and chosen.channel is not None:
        raise UsageError(f"{chosen.source}: channel: kept turns went through none; redraw all roles, or leave it out")
    # voices are divided among splits for all roles together, so there those of the same engine are needed as well
    needed = {chosen.roles[role].engine.key for role in options.redrawn}
    alone = chosen.voice_split is VoiceSplit.SHARED or options.recordings is not None
    roles = {
        role: own
        for role, own in chosen.roles.items()
        if role in options.redrawn or (own.engine.key in needed and not alone)
    }
    return replace(chosen, roles=roles)


def _takes(dataset: Path, manifest: Mapping[str, Any], renditions: int | None) -> list[Take]:
    """Return what is to be spoken; of further renditions than the dataset has, each speaks one that it has again."""
    found: dict[tuple[str, str], dict[int, RestoredConversation]] = {}
    for split, rendition, conversation in read_conversations(dataset, manifest):
        found.setdefault((split, conversation.id), {})[rendition] = conversation
    takes = []
    for (split, _), by_rendition in found.items():
        if renditions is None:
            takes += [Take(conversation, split, rendition) for rendition, conversation in sorted(by_rendition.items())]
            continue
        spoken = [conversation for _, conversation in sorted(by_rendition.items())]
        takes += [Take(spoken[number % len(spoken)], split, number) for number in range(renditions)]
    return takes


def _warn_of_same_voices(takes: Collection[Take], recipe: Recipe) -> None:
    """Say where a redrawn role could get no other voice than it had, or than in another rendition."""
    unchanged: Counter[Role] = Counter()
    heard: Counter[tuple[Role, str, str, VoiceIdentity]] = Counter()
    for take in takes:
        assert isinstance(take.conversation, RestoredConversation)
        for role, speaker in draw_cast(take, recipe).items():
            if role not in recipe.kept_roles and speaker.engine.name != RECORDING:
                unchanged[role] += speaker.identity == take.conversation.speakers[role].identity
                heard[role, take.split, take.conversation.id, speaker.identity] += 1
    _warn(unchanged, f"of {len(takes)} recordings some keep a voice, since no other is free")
    again = Counter(dict.fromkeys(unchanged, 0))
    for (role, *_), times in heard.items():
        again[role] += times - 1
    _warn(again, f"of {len(takes)} recordings some have the same voice as another rendition, since no other is free")


def _warn(counts: Mapping[Role, int], what: str) -> None:
    told = ", ".join(f"{role.value} in {counts[role]}" for role in Role if counts.get(role))
    if told:
        _LOG.warning("askqa: %s: %s", what, told)


def _about(dataset: Path, manifest: Mapping[str, Any], recipe: Recipe, redrawn: Collection[Role]) -> dict[str, Any]:
    """Return what the manifest says of text and voices: of kept roles, what the old one says. Raises UsageError."""
    described = describe_recipe(recipe)
    kept = [role.value for role in Role if role in recipe.kept_roles]
    old = manifest["profiles"]
    profiles = described["profiles"]
    sets = manifest.get("regenerated", {}).get("profile_sets", {})
    for part in ("roles", "loudness"):
        profiles[part] = {role.value: (old if role.value in kept else profiles)[part][role.value] for role in Role}
    if any("styles" in old["roles"][role] for role in kept):
        described |= with_kept_styles(dataset, manifest, described, kept)
    if kept:
        spoken_by = {old["roles"][role]["engine"] for role in kept}
        engines = [{"watermark": None, **engine} for engine in manifest["engines"] if engine["name"] in spoken_by]
        profiles["demo"] = old["demo"] if not redrawn else old["demo"] or profiles["demo"]
        described["engines"] = [*engines, *(engine for engine in described["engines"] if engine not in engines)]
        modes = {*manifest["numeric_mode"].split(", "), *filter(None, recipe.numeric_mode.split(", "))}
        described["numeric_mode"] = ", ".join(sorted(modes))
    return {
        "sources": manifest["sources"],
        "selection": manifest["selection"],
        **described,
        **{key: manifest[key] for key in ("filters",) if key in manifest},
        "libraries": library_versions(recipe),
        "regenerated": {
            "from": {key: manifest[key] for key in ("config_digest", "plan_digest")},
            "redrawn": [role.value for role in redrawn],
            "kept": kept,
            "profile_sets": {
                role.value: sets.get(role.value, old["name"]) if role.value in kept else profiles["name"]
                for role in Role
            },
        },
    }


def _digest(manifest: Mapping[str, Any], recipe: Recipe, settings: BuildOptions, about: Mapping[str, Any]) -> str:
    """Digest everything that can change a sample: the dataset's shards, and how its text is spoken anew."""
    told = {**about, "profiles": {**about["profiles"], "name": None}}
    return canonical_digest(
        {
            "format_version": FORMAT_VERSION,
            "about": told,
            "words_per_minute": [info.pace.words_per_minute for info in recipe.engines.values()],
            "shard_size": settings.shard_bytes,
            "shards": [[shard["file"], shard["sha256"]] for shard in manifest["shards"]],
        }
    )
