"""`askqa voices` and `askqa profiles`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from askqa_builder.speech.engine import Engine
    from askqa_builder.voices.profiles import ProfileSet
    from askqa_builder.voices.voice import Limits, Voice
    from askqa_builder.voices.voice_table import VoiceTable

AUDITION_TEXT = "Is that the blue one, or do you mean the one that she bought in the small town last year?"


def voices_command(
    engine: Annotated[str, typer.Argument(help="Name of an engine, as flite.")],
    audition: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Speak one sentence with each voice into WAV files here.")
    ] = None,
    measure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Measure each voice, and write a table for profile sets here.")
    ] = None,
    voice: Annotated[str, typer.Option(help="Only voices that fit this name or pattern.")] = "*",
    text: Annotated[str, typer.Option(help="What to say in an audition.")] = AUDITION_TEXT,
    style: Annotated[
        str | None, typer.Option(help="How to say it in an audition: a style of askqa profiles, as lively.")
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option(metavar="JSON|KEY=VALUE", help="Options of the engine; may be given several times."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda or cuda:1.", show_default="a GPU where there is one")
    ] = None,
) -> int:
    """List an engine's voices; a dash in gender or accent means that nobody vouches for it."""
    from askqa_builder.errors import UsageError
    from askqa_builder.machine import parse_devices
    from askqa_builder.recording.audition import audition_voices
    from askqa_builder.speech.engine import find_voices, load_engine, takes_device
    from askqa_builder.voices.engine_options import engine_choice
    from askqa_builder.voices.style_files import shipped_style

    if audition is not None and measure is not None:
        raise UsageError("--audition and --measure are two things; give one of them")
    if style is not None and audition is None:
        raise UsageError("--style is for an audition; give --audition DIR too")
    how = None if style is None else shipped_style(style)
    choice = engine_choice(engine, options or [])
    (on, *others) = parse_devices(device)
    if others:
        raise UsageError(f"device: {device!r} are several; give one")
    if on not in (None, "cpu") and not takes_device(choice.name):
        raise UsageError(f"device: engine {choice.name} computes on the CPU only; leave --device out")
    loaded = load_engine(choice.name, choice.options, device=on)
    try:
        found = find_voices(loaded, voice)
        if measure is not None:
            _measure_voices(loaded, found, measure)
        elif audition is not None:
            for path in audition_voices(loaded, found, text, audition, how):
                print(path)
        else:
            _print_voices(found)
    finally:
        loaded.close()
    return 0


def profiles_command(
    name: Annotated[str | None, typer.Argument(metavar="[NAME|FILE]", help="Profile set to check and show.")] = None,
) -> int:
    """List the shipped profile sets; with a name or a file, check that set against its engines and show it."""
    from askqa_builder.voices.channel_files import shipped_channels
    from askqa_builder.voices.profile_files import read_profile_set, shipped_profile_sets
    from askqa_builder.voices.style_files import shipped_styles

    if name is None:
        sets = {shipped: read_profile_set(shipped) for shipped in shipped_profile_sets()}
        for shipped, profile_set in sets.items():
            engines = ", ".join(sorted({choice.name for choice in profile_set.engines.values()}))
            demo = " (demo voices)" if profile_set.demo else ""
            print(f"{shipped:{max(map(len, sets))}} engine {engines}{demo}{_styles(profile_set)}")
        print(f"channels for askqa build --channel: {', '.join(shipped_channels())}")
        for native, what in ((False, "styles for `styles:`"), (True, "emotions for it, where an engine speaks them")):
            print(f"{what}: {', '.join(name for name, style in shipped_styles().items() if style.native is native)}")
        return 0
    from askqa_builder.build.recipe import resolve_profiles

    resolved, _ = resolve_profiles(name)
    print(json.dumps(resolved.to_json(), indent=2))
    return 0


def _styles(profile_set: ProfileSet) -> str:
    drawn = profile_set.drawn_styles
    return f", {len(drawn)} styles" if drawn else ""


def _measure_voices(engine: Engine, voices: list[Voice], file: Path) -> None:
    from tqdm import tqdm

    from askqa_builder.files import atomic_write
    from askqa_builder.recording.measuring import measure_voices, measured_table
    from askqa_builder.voices.voice_table import check_replaceable, format_voice_table

    check_replaceable(file)
    progress = tqdm(
        measure_voices(engine, voices),
        total=len(voices),
        unit=" voices",
        leave=False,
        dynamic_ncols=True,
        bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt}{unit}, {remaining} left",
        disable=None,  # shown on a terminal only
    )
    table = measured_table(engine.info, dict(progress))
    with atomic_write(file) as out:
        out.write(format_voice_table(table).encode("utf-8"))
    _print_table(table)
    print(f"voice table written to {file}")


def _print_table(table: VoiceTable) -> None:
    width = max(len("voice"), *map(len, table.voices))
    print(f"{'voice':{width}}  {'gender':8} {'F0 (Hz)':>8} {'spread (semitones)':>18} {'words/min':>9}")
    for name, entry in sorted(table.voices.items()):
        figures = (entry.f0_hz, entry.f0_spread_semitones, entry.words_per_minute)
        f0, spread, pace = ("-" if figure is None else f"{figure:.1f}" for figure in figures)
        print(f"{name:{width}}  {entry.gender or '-':8} {f0:>8} {spread:>18} {pace:>9}")


def _print_voices(voices: list[Voice]) -> None:
    width = max((len(voice.name) for voice in voices), default=5)
    print(f"{'voice':{width}}  {'gender':8} {'accent':16} {'rate':10} {'pitch':12} {'words':5} emotions")
    for voice in voices:
        controls = voice.controls
        print(
            f"{voice.name:{width}}  {voice.gender or '-':8} {voice.accent or '-':16} "
            f"{_limits(controls.rate):10} {_limits(controls.pitch):12} {'timed' if controls.word_times else '-':5} "
            f"{', '.join(sorted(controls.emotions)) or '-'}"
        )


def _limits(limits: Limits | None) -> str:
    return "added" if limits is None else f"{limits[0]:.3g}…{limits[1]:.3g}"
