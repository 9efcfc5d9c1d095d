"""Results as people read them: lines for the terminal, and a block of Markdown for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.card_page import escape
from askqa_builder.evaluation.metrics.figures import Figure
from askqa_builder.evaluation.metrics.item_table import LEVELS
from askqa_builder.evaluation.metrics.measures import ACTION_MEASURES
from askqa_builder.evaluation.metrics.printing import INTERVALS, NAMES, aligned, markdown_table, per_cent, with_interval
from askqa_builder.evaluation.metrics.results import Results
from askqa_builder.evaluation.metrics.squad_results import shown
from askqa_builder.evaluation.metrics.usage import Usage


def table(results: Results) -> list[str]:
    """Return lines for the terminal: figures in per cent with their 95 % intervals."""
    return [
        f"{quote(results.run.model)} on {quote(results.run.dataset)}: {what_is_scored(results.counts)}",
        *aligned([*_rows(_action_figures(results)), *_rows(_squad_figures(results))]),
        "",
        *aligned([["", *(NAMES[score] for score in results.scores)], *_answer_rows(results)]),
        "",
        *_facts(results),
    ]


def markdown(results: Results) -> str:
    """Return a block for a paper: what was run on what, how much of it, and the figures with their intervals."""
    run = results.run
    told = {
        "Dataset": f"{escape(run.dataset)}, digest `{escape(run.dataset_digest)}`",
        "Model": f"{escape(run.model)}; context: {escape(run.given)}; at most {run.max_rounds} responses",
        "Action classifier": escape(run.classifier),
        "User simulator": f"{escape(run.simulator)}; seed {run.seed}",
        "Scored": what_is_scored(results.counts),
    }
    lines = [f"- {what}: {said}" for what, said in told.items()]
    parts = [("Action", _action_figures(results)), ("Reading comprehension", _squad_figures(results))]
    of_items = [line for title, found in parts for line in _figures_table(title, list(found))]
    answers = [["Answers", *(NAMES[score] for score in results.scores)], *_answer_rows(results)]
    return "\n".join([*lines, "", *of_items, *markdown_table(answers), "", INTERVALS, ""])


def what_is_scored(counts: Mapping[str, int]) -> str:
    """Return how much of a run has scores, and what has none."""
    left_out = [
        f"{counts[key]} {what}"
        for key, what in (
            ("trajectories_failed", "failed"),
            ("trajectories_not_applicable", "not applicable"),
            ("trajectories_missing", "missing"),
            ("no_reference_at_trajectory_level", "without a reference"),
        )
        if counts[key]
    ]
    without = f" ({', '.join(left_out)})" if left_out else ""
    known = f", {counts['gold_clarify']} of them ambiguous" if counts["gold_clarify"] + counts["gold_answer"] else ""
    unknown = f", {counts['gold_not_known']} not labelled" if known and counts["gold_not_known"] else ""
    return (
        f"{counts['items_scored']} of {counts['items']} items{known}{unknown}, "
        f"{counts['stories']} stories, {counts['trajectories_scored']} trajectories{without}"
    )


def _action_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    for name, figure in results.figures.items():
        if name in NAMES and figure.value is not None:
            yield NAMES[name], figure
    if results.counts["label_conflicts"]:
        for measure in ACTION_MEASURES[:2]:
            figure = results.without_conflicts[measure.name]
            if figure.value is not None:
                yield f"{NAMES[measure.name]}, label conflicts left out", figure


def _squad_figures(results: Results) -> Iterator[tuple[str, Figure]]:
    if results.squad is None:
        return
    for name in shown(results.squad.counts):
        if results.squad.figures[name].value is not None:
            yield NAMES[name], results.squad.figures[name]


def _rows(figures: Iterable[tuple[str, Figure]]) -> Iterator[list[str]]:
    for name, figure in figures:
        yield [name, with_interval(figure), f"of {figure.of:g}"]


def _figures_table(title: str, figures: Sequence[tuple[str, Figure]]) -> list[str]:
    """Return the lines of a table in Markdown and a blank one; nothing without figures."""
    if not figures:
        return []
    head = [title, "% [95 % interval]", "of", "detectable difference"]
    rows = [[name, with_interval(one), f"{one.of:g}", per_cent(one.detectable)] for name, one in figures]
    return [*markdown_table([head, *rows]), ""]


def _answer_rows(results: Results) -> Iterator[list[str]]:
    for level in LEVELS:
        found: Mapping[str, Figure] = {score: results.figures[f"{level}_{score}"] for score in results.scores}
        if any(figure.value is not None for figure in found.values()):
            yield [NAMES[level], *(with_interval(figure) for figure in found.values())]


def _facts(results: Results) -> Iterator[str]:
    usage, rounds, counts = results.usage, results.rounds, results.counts
    if rounds.mean is not None:
        ended = f"{counts['trajectories_at_most_rounds']} end with a question at the last"
        broken = f", {counts['trajectories_broken_off']} broken off" if counts["trajectories_broken_off"] else ""
        yield f"responses a trajectory: {rounds.mean:.2f} in the mean; {ended}{broken}"
    yield from usage_facts(usage)
    for pair, one in results.classifiers.items():
        kappa = "" if one.kappa is None else f", kappa {one.kappa:.2f}"
        names = " and ".join(map(quote, pair))
        yield f"classifiers {names} agree on {per_cent(one.accuracy)} % of {one.responses} responses{kappa}"


def usage_facts(usage: Usage) -> Iterator[str]:
    """Yield lines about what a run took."""
    if usage.unfit:
        told = ", ".join(f"{quote(why)} {count}" for why, count in usage.unfit.items())
        yield f"no fitting response: {told} of {usage.responses}"
    if usage.seconds_median is not None:
        yield f"seconds a response: median {usage.seconds_median:.2f}, 90th percentile {usage.seconds_p90:.2f}"
    if usage.prompt_tokens is not None or usage.completion_tokens is not None:
        untold = f" ({usage.untold_tokens} responses do not tell)" if usage.untold_tokens else ""
        yield f"tokens: {usage.prompt_tokens or 0} in, {usage.completion_tokens or 0} out{untold}"
    if usage.audio_seconds:
        yield f"audio heard: {usage.audio_seconds / 3600:.2f} h"
    if usage.cost is not None:
        yield f"cost: {usage.cost:.2f}"
