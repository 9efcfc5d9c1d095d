"""A comparison as people read it: lines for the terminal, and a block of Markdown for a paper."""

from __future__ import annotations

from collections.abc import Iterator

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.card_page import escape
from askqa_builder.evaluation.metrics.breakdown import FEWEST
from askqa_builder.evaluation.metrics.compare import Comparison
from askqa_builder.evaluation.metrics.differences import Difference
from askqa_builder.evaluation.metrics.item_table import LEVELS
from askqa_builder.evaluation.metrics.printing import NAMES, NOTHING, aligned, markdown_table, per_cent
from askqa_builder.evaluation.metrics.results import RunIdentity


def comparison_table(comparison: Comparison) -> list[str]:
    """Return lines for the terminal: measures of both runs in per cent, with what their differences say."""
    changed = list(_cells(comparison))
    said = _action_pairs(comparison)
    lines = [_paired(comparison), *aligned([_HEAD, *_rows(comparison)]), *(["", *said] if said else [])]
    if changed:
        lines += ["", "by who speaks otherwise in the second:", *aligned([_CELL_HEAD, *changed])]
    return [*lines, *_not_shown(comparison)]


def unlike_settings(first: RunIdentity, second: RunIdentity) -> list[str]:
    """Return a line that tells in what the runs differ beside model and dataset; none where they do not."""
    asked = {"given": "context", "classifier": "classifier", "simulator": "user", "max_rounds": "most responses"}
    told = [
        f"{said} {quote(str(one))} and {quote(str(other))}"
        for name, said in asked.items()
        if (one := getattr(first, name)) != (other := getattr(second, name))
    ]
    return [f"not asked alike, which differences may come from: {', '.join(told)}"] if told else []


def comparison_markdown(comparison: Comparison, first: RunIdentity, second: RunIdentity) -> str:
    """Return a block for a paper. first, second: what was compared."""
    lines = [f"- {name}: {_told(run)}" for name, run in (("First", first), ("Second", second))]
    lines += [f"- {said}" for said in (f"Compared: {_paired(comparison)}", *_action_pairs(comparison))]
    lines += [f"- {escape(said)}" for said in unlike_settings(first, second)]
    changed = [[*(escape(text) for text in row[:2]), *row[2:]] for row in _cells(comparison)]
    lines += ["", *markdown_table([_HEAD, *_rows(comparison)])]
    if changed:
        lines += ["", *markdown_table([_CELL_HEAD, *changed])]
    lines += ["", *_not_shown(comparison)]
    lines.append(
        "Second minus first; intervals: 95 %, bootstrap over stories; p: paired randomisation, runs exchanged story by "
        "story; detectable: what a test of this size finds with 80 % power"
        + ("; corrected: after Holm, for all cells." if changed else ".")
    )
    return "\n".join([*lines, ""])


_HEAD = ["measure, %", "first", "second", "difference", "95 % interval", "p", "detectable"]
_CELL_HEAD = ["changed", "to", "items", "measure, %", "difference", "95 % interval", "p", "corrected"]


def _told(run: RunIdentity) -> str:
    said = (run.model, f"on {run.dataset}", f"digest {run.dataset_digest}", run.given, f"user {run.simulator}")
    return ", ".join(
        escape(one)
        for one in (*said, f"classifier {run.classifier}", f"at most {run.max_rounds} responses", f"seed {run.seed}")
    )


def _paired(comparison: Comparison) -> str:
    counts = comparison.counts
    left_out = [
        f"{counts[key]} {what}"
        for key, what in (
            ("only_first", "only in the first"),
            ("only_second", "only in the second"),
            ("unlike", "with other texts or labels"),
        )
        if counts[key]
    ]
    without = f"; left out: {', '.join(left_out)}" if left_out else ""
    return (
        f"{counts['items']} items of {counts['stories']} stories, {counts['trajectories']} trajectories, paired by "
        f"{comparison.pairing}{without}"
    )


def _action_pairs(comparison: Comparison) -> list[str]:
    """Return the line that tells them; none where no gold action is known."""
    pairs = comparison.actions
    if not any(pairs.to_json().values()):
        return []
    told = (
        f"right action in both {pairs.both_right:g}, only in the first {pairs.only_first_right:g}, only in the second "
        f"{pairs.only_second_right:g}, in neither {pairs.neither_right:g}"
    )
    return [told]


def _rows(comparison: Comparison) -> Iterator[list[str]]:
    for name, one in comparison.differences.items():
        if one.difference is not None:
            both = [per_cent(one.first), per_cent(one.second)]
            yield [_name(name), *both, *difference_cells(one), per_cent(one.detectable)]


def _cells(comparison: Comparison) -> Iterator[list[str]]:
    for cell in comparison.changes:
        for name, one in cell.differences.items():
            if one.difference is not None:
                changed = f"{cell.role} {cell.quality}"
                yield [changed, cell.label, str(cell.items), _name(name), *difference_cells(one), _p(one.corrected)]


def _not_shown(comparison: Comparison) -> list[str]:
    few = comparison.cells_not_shown
    return [f"{few} more cells have fewer than {FEWEST} items and are not shown"] if few else []


def difference_cells(one: Difference) -> list[str]:
    """Return a difference as cells of a table: itself, its interval, and p."""
    interval = NOTHING if one.low is None else f"[{_signed(one.low)}, {_signed(one.high)}]"
    return [_signed(one.difference), interval, _p(one.p)]


def _signed(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:+.1f}"


def _p(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.3f}" if value >= 0.001 else f"{value:.4f}"


def _name(measure: str) -> str:
    """Return what a measure is called in print."""
    for level in LEVELS:
        score = measure.removeprefix(f"{level}_")
        if score != measure:
            return f"{NAMES[level]}, {NAMES[score]}"
    return NAMES[measure]
