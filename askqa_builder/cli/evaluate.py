"""`askqa evaluate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from askqa_builder.cli import evaluating_tasks, hearing
from askqa_builder.cli.evaluation_output import check_style, print_figures, tell_endings
from askqa_builder.cli.running import Cache, Device, Workers
from askqa_builder.errors import UsageError
from askqa_builder.machine import usable_cores

if TYPE_CHECKING:
    from askqa_builder.build.voicing.settling import VoicingOptions


def evaluate_command(
    invocation: typer.Context,
    datasets: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DATASET|SET",
            help="Folders of built datasets, or of sets of task examples; each has a run.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|KIND:NAME",
            help="A YAML file, or endpoint:NAME, transformers:NAME, python:MODULE:NAME.",
        ),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Instead of a model: always-answer, always-clarify, oracle, human. Of a model: question-only, "
            "closed-book, other-story, transcript, cascade. Of sets: most-frequent-label, oracle, closed-book, "
            "other-story, cascade.",
        ),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="A B", help="Compare two finished runs instead, item by item.", show_default=False),
    ] = None,
    judge_validity: Annotated[
        bool,
        typer.Option("--judge-validity", help="Of finished runs over sets, how far the judge goes with what is right."),
    ] = False,
    style: Annotated[str, typer.Option("--as", help="How figures are printed: table, markdown or json.")] = "table",
    split: Annotated[str | None, typer.Option(help="Which split.", show_default="test, or the only one")] = None,
    limit: Annotated[int | None, typer.Option(help="So many requests, the first.", show_default="all")] = None,
    max_rounds: Annotated[int, typer.Option(help="Responses to one request, at most.")] = 3,
    context: hearing.Context = "audio",
    layout: hearing.Layout = "joined",
    segments: hearing.Segments = None,
    window: hearing.Window = None,
    prompts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML with prompts in place of the shipped ones.")
    ] = None,
    classifier: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="YAML: a language model that tells questions from answers.", show_default="a rule"
        ),
    ] = None,
    user: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML: a language model as the simulated user.", show_default="a rule"),
    ] = None,
    judge: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML: a language model that rates answers.", show_default="none"),
    ] = None,
    metadata: Annotated[
        bool | None,
        typer.Option(
            "--metadata/--no-metadata",
            help="Labels of how it is said in the prompts; of sets, take them out of prompts that have them.",
            show_default="none, or as a set has them",
        ),
    ] = None,
    compare_metadata: Annotated[
        bool,
        typer.Option(
            "--compare-metadata", help="Of sets whose prompts have labels: a run with and one without, compared."
        ),
    ] = False,
    planted: Annotated[
        int, typer.Option(metavar="N", help="Of sets: try the judge with right and wrong answers to N examples.")
    ] = 0,
    embeddings: Annotated[
        str | None, typer.Option(metavar="NAME", help="A model of sentences, for cosines.", show_default="none")
    ] = None,
    recogniser: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of --control cascade.", show_default="whisper")
    ] = None,
    recogniser_option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Its options; may be given several times.")
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="prompt, completion (a million tokens) or audio (an hour); several times."),
    ] = None,
    keep_audio: Annotated[
        bool, typer.Option("--keep-audio", help="Keep each recording as it was at each response.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of all draws.")] = 0,
    profiles: Annotated[
        str | None,
        typer.Option(help="The dataset's own profile set, by name or YAML file: where engines have files."),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Its own channel: where noise has files.")] = None,
    workers: Workers = None,
    device: Device = None,
    cache: Cache = None,
    cache_size: Annotated[str | None, typer.Option(help="At most so much is kept there.", show_default="10GB")] = None,
    other_version: Annotated[
        bool, typer.Option("--other-version", help="Go on with another version of an engine than spoke the dataset.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Folder of the run, or of a folder for each dataset's run where there are several.",
            show_default="DATASET-evaluation-MODEL",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Discard another run in OUT.")] = False,
) -> int:
    """Talk to a model about datasets, in speech, until it answers, and score what it says; resumable.

    Of a set that `askqa tasks` made, ask it each example, once. Exit code 3 where some dialogues failed; the same
    command tries them again.
    """
    from askqa_builder.cli.progress import progress_for
    from askqa_builder.evaluation.several import evaluate_several

    check_style(style)
    if compare is not None:
        _check_alone(invocation, "compare")
        from askqa_builder.evaluation.comparing import compare_runs

        print_figures(compare_runs(*compare), style)
        return 0
    if judge_validity:
        _check_alone(invocation, "judge_validity", "datasets")
        from askqa_builder.evaluation.task_sets.judge_validity import judge_validity as validity_of

        print_figures(validity_of(datasets or []), style)
        return 0
    if not datasets:
        raise UsageError("give a dataset, or two finished runs with --compare A B")
    if evaluating_tasks.are_sets(datasets):
        evaluating_tasks.check_options(invocation)
        runs = evaluating_tasks.evaluate_sets(
            datasets,
            out,
            metadata=evaluating_tasks.labels_wanted(metadata, compare_metadata),
            planted=planted,
            model=model,
            control=control,
            prompts=prompts,
            recogniser=recogniser,
            recogniser_options=_pairs("recogniser-option", recogniser_option or []),
            split=split,
            limit=limit,
            window=window,
            judge=judge,
            embeddings=embeddings,
            prices=_prices(price or []),
            seed=seed,
            overwrite=overwrite,
        )
        print_figures(runs, style)
        tell_endings(runs.runs, "examples", style)
        return runs.exit_code
    evaluating_tasks.check_of_sets(invocation)
    given = {
        "profiles": profiles,
        "channel": channel,
        "workers": workers,
        "device": device,
        "cache": cache,
        "cache_size": cache_size,
        "other_version": other_version or None,
    }
    report = evaluate_several(
        datasets,
        out,
        model=model,
        control=control,
        prompts=prompts,
        recogniser=recogniser,
        recogniser_options=_pairs("recogniser-option", recogniser_option or []),
        split=split,
        limit=limit,
        max_rounds=max_rounds,
        context=context,
        layout=layout,
        segments=segments,
        window=window,
        metadata=bool(metadata),
        classifier=classifier,
        user=user,
        judge=judge,
        embeddings=embeddings,
        prices=_prices(price or []),
        keep_audio=keep_audio,
        seed=seed,
        voices=_voices({name: value for name, value in given.items() if value is not None}),
        overwrite=overwrite,
        progress=progress_for(sys.stderr, "requests", "talk about", hours=None),
    )
    print_figures(report if len(report.runs) > 1 else report.runs[0].scored, style)
    tell_endings(report.runs, "dialogues", style)
    return report.exit_code


def _voices(given: dict[str, Any]) -> VoicingOptions | None:
    from askqa_builder.build.voicing.settling import VoicingOptions

    return VoicingOptions(**{"workers": usable_cores(), **given}) if given else None


def _prices(given: list[str]) -> dict[str, float] | None:
    prices = {}
    for name, value in _pairs("price", given).items():
        try:
            prices[name] = float(value)
        except ValueError:
            raise UsageError(f"price: {name}={value} is not allowed; give a number, as {name}=2.5") from None
    return prices or None


def _pairs(option: str, given: list[str]) -> dict[str, str]:
    """Read NAME=VALUE, each name once."""
    pairs: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals or name in pairs:
            raise UsageError(f"{option}: {one!r} is not allowed; give NAME=VALUE, each name once")
        pairs[name] = value
    return pairs


def _check_alone(invocation: typer.Context, option: str, *beside: str) -> None:
    """Refuse whatever stands beside an option that takes finished runs as they are."""
    source = invocation.get_parameter_source
    given = [name for name in invocation.params if getattr(source(name), "name", "") == "COMMANDLINE"]
    others = [name.replace("_", "-") for name in given if name not in (option, "style", *beside)]
    if others:
        what = option.replace("_", "-")
        raise UsageError(f"{', '.join(others)}: --{what} takes finished runs as they are; leave it out")
