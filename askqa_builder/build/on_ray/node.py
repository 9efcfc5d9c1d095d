"""What a machine of a cluster must have in common with the one that runs the build."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from askqa_builder.build.recipe import Recipe, library_versions
from askqa_builder.dataset.manifest import MANIFEST_NAME
from askqa_builder.errors import UsageError
from askqa_builder.speech.alignment import load_aligner
from askqa_builder.speech.engine import takes_device
from askqa_builder.voices.text_labels import load_labeller


def versions(recipe: Recipe) -> dict[str, str]:
    """Return the versions, on this machine, of whatever can change a sample beside engines. Raises UsageError."""
    aligner, labeller = recipe.profiles.profiles.align, recipe.profiles.profiles.labeller
    try:
        libraries = library_versions(recipe)
    except PackageNotFoundError as error:
        raise UsageError(f"{error.name} is not installed there; install the same on all machines") from error
    return {
        **libraries,
        **({} if aligner is None else {aligner: load_aligner(aligner).version}),
        **({} if labeller is None else {labeller: load_labeller(labeller).version}),
    }


def check_node(recipe: Recipe, wanted: Mapping[str, str]) -> None:
    """Raise UsageError where this machine would make other samples. wanted: `versions` where the build runs."""
    here = versions(recipe)
    others = [f"{name} {here[name]} instead of {version}" for name, version in wanted.items() if here[name] != version]
    if others:
        raise UsageError(f"it has {', '.join(others)}; install the same on all machines")
    for path, sha256 in _recordings(recipe):
        try:
            same = hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        except OSError as error:
            raise UsageError(
                f"the recording {path} cannot be read there: {error.strerror}; put it on all machines at this path"
            ) from error
        if not same:
            raise UsageError(f"the recording {path} is another one there; put the same on all machines")
    if recipe.kept_roles and recipe.original is not None and not (recipe.original / MANIFEST_NAME).is_file():
        raise UsageError(f"the dataset {recipe.original} is not there; put it on a file system that all machines share")


def check_gpus(recipe: Recipe, gpus: int) -> None:
    """Raise UsageError where the cluster's GPUs do not fit the device that the build was planned for here."""
    if speaks_on_gpus(recipe):
        if not gpus:
            raise UsageError("device: the cluster has no GPU; give --device cpu, or add a machine with one")
        return
    idle = [info.name for info in recipe.engines.values() if takes_device(info.name)]
    if idle and gpus and recipe.devices == (None,):
        raise UsageError(
            f"device: the cluster has {gpus} GPUs, and {', '.join(idle)} finds none here, where the build is "
            "planned; start it on a machine with one, or give --device cpu"
        )


def speaks_on_gpus(recipe: Recipe) -> bool:
    """Tell whether an engine speaks apart from the workers on a GPU."""
    return any(info.pace.apart and info.numeric_mode.startswith("cuda") for info in recipe.engines.values())


def _recordings(recipe: Recipe) -> Iterator[tuple[Path, str]]:
    """Yield the files that a profile set names, with their SHA-256: clips to clone, and noises."""
    profiles = recipe.profiles.profiles
    for key in profiles.engines:
        for reference in profiles.references(key).values():
            for clip in reference.clips:
                yield clip.path.resolve(), clip.sha256
    noise = None if profiles.channel is None else profiles.channel.noise
    for source in () if noise is None else noise.sources:
        if source.path is not None and source.sha256 is not None:
            yield source.path, source.sha256
