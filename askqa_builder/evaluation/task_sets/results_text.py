"""A run's figures as people read them: lines for the terminal, and a block of Markdown for a paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.card_page import escape
from askqa_builder.evaluation.judge.agreement import Correlation
from askqa_builder.evaluation.metrics.printing import (
    INTERVALS,
    NAMES,
    NOTHING,
    aligned,
    markdown_table,
    per_cent,
    with_interval,
)
from askqa_builder.evaluation.metrics.results_text import usage_facts
from askqa_builder.evaluation.task_sets.planted import Planted
from askqa_builder.evaluation.task_sets.results import WHOLE, Cell, Judged, TaskResults
from askqa_builder.evaluation.task_sets.validity import FEWEST_EXAMPLES, FEWEST_GROUPS, Validity

_SCORES = {"right": "the label being right"}
_CAVEAT = (
    "Examples that labels of how it is said answer by themselves are told apart: asked with such labels, a model need "
    "not hear anything to be right."
)


def task_table(results: TaskResults) -> list[str]:
    """Return lines for the terminal: figures in per cent with their 95 % intervals."""
    head = f"{quote(results.run.model)} on {quote(results.run.task_set)}, {results.run.split}: {_scored(results)}"
    lines = [head, *aligned(list(_rows(results, results.kinds, whole=True)))]
    if results.readable:
        lines += ["", "by whether labels of how it is said tell the answer:"]
        lines += aligned(list(_rows(results, results.readable, whole=False)))
    return [*lines, "", *_facts(results)]


def task_markdown(results: TaskResults) -> str:
    """Return a block for a paper: what was run on what, how much of it, and the figures with their intervals."""
    run = results.run
    told = {
        "Set of examples": f"{escape(run.task_set)}, {escape(run.split)}, digest `{escape(run.digest)}`",
        "Model": escape(run.model),
        "Labels of how it is said": "in the prompts" if run.metadata else "not in the prompts",
        "Judge": "none" if run.judge is None else escape(run.judge),
        "Scored": _scored(results),
    }
    lines = [f"- {what}: {said}" for what, said in told.items()]
    lines += ["", *_markdown(results, results.kinds, whole=True)]
    if results.readable:
        lines += ["", _CAVEAT, "", *_markdown(results, results.readable, whole=False)]
    return "\n".join([*lines, "", *(f"- {escape(fact)}" for fact in _facts(results)), "", INTERVALS, ""])


def _scored(results: TaskResults) -> str:
    counts = results.counts
    left_out = [
        f"{counts[key]} {what}"
        for key, what in (("failed", "failed"), ("not_applicable", "not applicable"))
        if counts[key]
    ]
    without = f" ({', '.join(left_out)})" if left_out else ""
    labels = f", {counts['with_metadata']} with labels of how it is said in the prompt" if results.run.metadata else ""
    return f"{counts['scored']} of {counts['examples']} examples{without}, {counts['stories']} stories{labels}"


def _rows(results: TaskResults, cells: Mapping[str, Cell], *, whole: bool) -> Iterator[list[str]]:
    """Yield a head and a row for each cell; a column that none of them has is left out."""
    shown = {**cells, WHOLE: results.whole} if whole and len(cells) != 1 else dict(cells)
    names = [name for name in ("accuracy", "macro_f1", *results.scores, "judge") if _has(shown, name)]
    yield ["", "examples", *(NAMES[name] for name in names)]
    for label, cell in shown.items():
        figures = [with_interval(cell.figures[name]) if name in cell.figures else NOTHING for name in names]
        yield [label, str(cell.examples), *figures]


def _markdown(results: TaskResults, cells: Mapping[str, Cell], *, whole: bool) -> list[str]:
    head, *rows = _rows(results, cells, whole=whole)
    return markdown_table([["%", *head[1:]], *([escape(label), *rest] for label, *rest in rows)])


def _has(cells: Mapping[str, Cell], name: str) -> bool:
    return any(name in cell.figures for cell in cells.values())


def _facts(results: TaskResults) -> Iterator[str]:
    whole = results.whole
    if whole.unparsable:
        yield f"responses that mean no label: {whole.unparsable} of {whole.labelled}, which count as wrong"
    if results.judge is not None:
        yield from _judge_facts(results.judge)
    yield from usage_facts(results.usage)


def _judge_facts(judge: Judged) -> Iterator[str]:
    yield from validity_lines(judge.validity)
    if judge.planted is not None:
        yield _planted(judge.planted)
    for reason, count in sorted(judge.reasons.items()):
        yield f"not judged: {count}, as {reason}"


def validity_lines(found: Validity) -> Iterator[str]:
    """Yield lines about how far a judge's ratings go with scores."""
    for name, one in found.examples.items():
        if one.spearman is not None:
            score = _SCORES.get(name) or NAMES[name]
            yield f"judge and {score}, example by example: {_correlation(one)}, of {one.answers} answers"
    if len(found.groups) < FEWEST_GROUPS:
        yield (
            f"judge and accuracy over groups: {len(found.groups)} groups by {found.by} have {FEWEST_EXAMPLES} examples "
            f"or more; it takes {FEWEST_GROUPS}"
        )
        return
    for name, one in (("accuracy", found.accuracy), ("F1", found.f1)):
        yield f"judge and {name}, over {one.answers} groups by {found.by}: {_correlation(one)}"


def _correlation(one: Correlation) -> str:
    if one.spearman is None:
        return f"{NOTHING} (one of the two is the same everywhere)"
    interval = "" if one.low is None or one.high is None else f" [{one.low:.2f}, {one.high:.2f}]"
    return f"Spearman's correlation {one.spearman:.2f}{interval}"


def _planted(found: Planted) -> str:
    if not found.pairs:
        return "planted answers: none was judged"
    return (
        f"planted answers, {found.pairs} pairs: right ones are rated {found.right:.1f} of 100 "
        f"({per_cent(found.right_is_best)} % the best there is), wrong ones {found.wrong:.1f}; the right one is higher "
        f"in {per_cent(found.right_above_wrong)} %"
    )
