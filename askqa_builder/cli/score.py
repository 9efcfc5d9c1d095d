"""`askqa score`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from askqa_builder.scoring.session import ScoreReport


def score_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset; scored in place.")],
    asr: Annotated[
        str | None, typer.Option(metavar="NAME", help="Recogniser that writes down each turn: whisper or pocketsphinx.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FOLDER", help="The recogniser's model, as large-v3 of whisper.")
    ] = None,
    mos: Annotated[
        str | None, typer.Option(metavar="NAME", help="Predictor of how natural each turn sounds: utmos.")
    ] = None,
    mos_model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The predictor's model, TorchScript or ONNX.")
    ] = None,
    mos_samples: Annotated[
        str | None, typer.Option(metavar="TYPE", help="What that takes, float32 or int16.", show_default="float32")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda or cuda:1.", show_default="a GPU where there is one")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="one per core")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Fill in what a recogniser hears in each turn, its error rate, and a predicted opinion score; resumable."""
    from askqa_builder.cli.progress import progress_for
    from askqa_builder.scoring.score import score

    report = score(
        dataset,
        asr=asr,
        model=model,
        mos=mos,
        mos_model=mos_model,
        mos_samples=mos_samples,
        device=device,
        workers=workers,
        progress=progress_for(sys.stderr, "rows", "score", "h of speech", counted=True),
    )
    if as_json:
        print(json.dumps({**asdict(report), "dataset": str(report.dataset)}, indent=1))
    else:
        _print_report(report)
    return 0


def _print_report(report: ScoreReport) -> None:
    from askqa_builder.corpus.rejects import escape, quote

    width = max((len(escape(voice.voice)) for voice in report.voices), default=0)
    width = max(width, len("voice"))
    print(f"{'voice':{width}} {'turns':>7} {'baseline':>9} {'p90':>7} {'far above':>9} {'mos':>5}")
    for voice in report.voices:
        rates = f"{_share(voice.baseline):>9} {_share(voice.p90):>7} {voice.far_above:>9}"
        mos = "-" if voice.mos is None else f"{voice.mos:.2f}"
        print(f"{escape(voice.voice):{width}} {voice.turns:>7} {rates} {mos:>5}")
    if report.worst:
        print("\nfarthest above their voices' baselines:")
    for turn in report.worst:
        print(f"{_share(turn.wer):>7}  {escape(turn.row_id)} turn {turn.turn} ({escape(turn.voice)})")
        print(f"         {quote(turn.spoken_text)} was heard as {quote(turn.asr_text)}")
    names = ", ".join(f"{who['name']} {who['version']}, model {who['model']}" for who in report.listeners.values())
    state = "already complete" if report.already_complete else "done"
    print(f"{state}: {report.dataset}: {report.rows} rows scored by {escape(names)}")


def _share(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"
