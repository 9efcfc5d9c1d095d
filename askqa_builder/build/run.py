"""`build`: from a corpus to a finished dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from askqa_builder.build.carrying_out import carry_out
from askqa_builder.build.job import Job
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.plan import make_plan
from askqa_builder.build.recipe import (
    config_digest,
    describe_recipe,
    describe_sources,
    library_versions,
    make_recipe,
    selection,
)
from askqa_builder.build.report import BuildReport
from askqa_builder.corpus.published import local_source
from askqa_builder.corpus.reading_choice import make_reading
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError
from askqa_builder.progress import Progress


def build(source: str | Path, out: str | Path, *, progress: Progress | None = None, **options: Any) -> BuildReport:
    """Build a spoken dataset from text.

    source: a file of a corpus such as Abg-CoQA, or a folder of them (`docs/sources.md` lists the formats), or the name
    of a corpus to download ("abg-coqa"). out: folder for the dataset; an unfinished build of the same settings there is
    resumed. options: the fields of `BuildOptions`.

    Raises UsageError (wrong usage, unreadable input, another dataset in the way) and StorageError (full disk);
    after the latter, or after a kill, the same call goes on where it stopped.
    """
    return carry_out(prepare_build(source, out, **options), Path(out), progress=progress)


def prepare_build(source: str | Path, out: str | Path, **options: Any) -> Job:
    """Settle what `build` would do, for `carry_out`. Raises UsageError."""
    _keep_apart(Path(source), Path(out))
    return prepare(Path(source), BuildOptions(**options))


def prepare(source: Path, options: BuildOptions) -> Job:
    """Settle engines and voices, read the corpus, make the plan. Raises UsageError."""
    grouping = options.grouping
    split_of_files = options.split if grouping is None else None
    source = local_source(source, split_of_files)  # before engines are loaded, or a model downloaded
    recipe = make_recipe(options)
    sources = find_sources(source, split_of_files)
    reading = make_reading(sources, options.turns, None if options.coqa is None else Path(options.coqa))
    corpus = read_corpus(
        sources,
        limit=options.limit,
        domains=options.domains,
        redistributable=options.redistributable,
        grouping=grouping,
        reading=reading,
    )
    splits = list(dict.fromkeys(file.split for file in sources)) if grouping is None else grouping.splits
    plan = make_plan(corpus.conversations, splits, recipe, options.shard_bytes)
    if corpus.conversations and not plan.blocks:
        raise UsageError("no conversation of the sources has clarifications, so clarified has no rows; build initial")
    about = {
        "sources": describe_sources(sources, reading),
        "selection": selection(options, reading),
        **describe_recipe(recipe),
        "libraries": library_versions(recipe),
    }
    files = [file.name for file in sources]
    digest = config_digest(recipe, options, sources, reading)
    return Job(options, recipe, about, files, digest, plan, corpus.rejects)


def _keep_apart(source: Path, out: Path) -> None:
    """Refuse to write a dataset into the folder that the corpus is read from."""
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"{out} lies in the source folder {source}; choose a folder elsewhere")
