"""Writes a run's page, one file beside the recordings that it plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from askqa_builder.evaluation.folder import PAGE_NAME
from askqa_builder.evaluation.judge.judge import Judgement
from askqa_builder.evaluation.metrics.breakdown import FEWEST
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.printing import INTERVALS
from askqa_builder.evaluation.metrics.results_text import what_is_scored
from askqa_builder.evaluation.metrics.trajectory_scores import TrajectoryScores
from askqa_builder.evaluation.page.breakdowns import breakdown_groups, heads, unshown_groups
from askqa_builder.evaluation.page.dialogues import CHOICES, Stories, dialogues, list_line
from askqa_builder.evaluation.page.figures import (
    action_lines,
    answer_lines,
    confusion,
    headline,
    is_labelled,
    squad_lines,
)
from askqa_builder.evaluation.page.running import agreement_lines, facts, judge_lines, shares, usage_lines, waiting
from askqa_builder.evaluation.page.unscored import nothing_scored, reasons
from askqa_builder.report.document import as_data, render
from askqa_builder.report.page_file import write_page

_FILES = Path(__file__).parent / "files"
_STYLES = ("base.css", "report.css", "evaluation.css")
_SCRIPTS = ("dom.js", "listing.js", "dialogues.js", "dialogue.js", "evaluation.js")


def write_report(
    out: Path,
    about: Mapping[str, Any],
    results: Mapping[str, Any],
    outcomes: Outcomes,
    scores: Sequence[TrajectoryScores],
    judgements: Mapping[str, Judgement | None],
) -> None:
    """Write the page of a run into its folder; the same run has the same page. Raises StorageError.

    about: what the manifest says. results: what `results.json` holds. scores: of the trajectories that have any.
    judgements: by trajectory; none where nobody judged.
    """
    write_page(out / PAGE_NAME, render_run(about, results, outcomes, scores, judgements))


def render_run(
    about: Mapping[str, Any],
    results: Mapping[str, Any],
    outcomes: Outcomes,
    scores: Sequence[TrajectoryScores],
    judgements: Mapping[str, Judgement | None],
) -> str:
    """Return the page."""
    run = results["run"]
    stories = Stories(outcomes.items)
    shown = dialogues(outcomes, scores, judgements, stories)
    seconds = [one.seconds for _, one in outcomes.responses]
    return render(
        "evaluation.html.j2",
        folder=_FILES,
        styles=_STYLES,
        scripts=_SCRIPTS,
        sound_beside=True,
        title=f"{run['model']} on {run['dataset']}",
        run=run,
        scored=what_is_scored(results["counts"]),
        unscored=nothing_scored(results["counts"]),
        reasons=reasons(outcomes),
        headline=headline(results),
        facts=facts(about, results),
        actions=action_lines(results),
        answers=answer_lines(results),
        labelled=is_labelled(results),
        squad=squad_lines(results),
        confusion=confusion(results),
        breakdowns=breakdown_groups(results),
        unshown=unshown_groups(results),
        heads=heads(),
        fewest=FEWEST,
        intervals=INTERVALS,
        rounds=shares((f"{count}", number) for count, number in results["rounds"]["distribution"].items()),
        endings=shares(sorted(Counter(one.ending for one in outcomes.trajectories).items())),
        waiting=waiting(seconds),
        usage=usage_lines(results["usage"]),
        agreements=agreement_lines(results["classifiers"]),
        judge=judge_lines(results["judge"]),
        choices=CHOICES,
        sources=sorted({one["source"] for one in shown}),
        readings=sorted({one["branch"] + 1 for one in shown if one["branch"] is not None}),
        setup=as_data({"rows": [list_line(number, one) for number, one in enumerate(shown)]}),
        stories=map(as_data, stories.texts),
        rows=map(as_data, shown),
    )
