"""How each of espeak's variants follows the rate: prints `_RATE_POWERS` of the espeak engine, and what is left.

    python benchmarks/espeak_variants.py [ACCENT, en-us]

Variants that set the lengths of syllables or pauses themselves answer espeak's words a minute more or less than
others do: as the factor asked to a power, one below the normal rate and one above. Two texts of 200 words and more;
variants whose powers are both within 0.03 of 1 (1 % at 1.4) are left out.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from prosody_sweep import TEXT, say, speaking_seconds

from askqa_builder.speech.engines.espeak.engine import EspeakEngine

from common import ROOT, table

SLOW, FAST = (0.7, 0.85), (1.2, 1.4)
NEAR = 0.03


def texts() -> tuple[str, str]:
    """The sweep's text, and stories of the bundled conversations."""
    items = json.loads((ROOT / "tests/data/demo_test.json").read_text("utf-8"))["data"]
    return TEXT, " ".join(dict.fromkeys(item["story"] for item in items[:5]))


def measured(engine: EspeakEngine, voice: str) -> dict[float, list[float]]:
    """By rate the factor that came out, for each text."""
    found: dict[float, list[float]] = {rate: [] for rate in (*SLOW, *FAST)}
    for text in texts():
        plain = speaking_seconds(say(engine, voice, 1.0, 0.0, text))
        for rate, factors in found.items():
            factors.append(plain / speaking_seconds(say(engine, voice, rate, 0.0, text)))
    return found


def main() -> None:
    accent = sys.argv[1] if len(sys.argv) > 1 else "en-us"
    engine = EspeakEngine()
    rows = []
    for voice in sorted(voice for voice in engine.voices if voice.startswith(f"{accent}+")):
        found = measured(engine, voice)
        powers = [float(np.mean([np.log(found[rate]) / np.log(rate) for rate in side])) for side in (SLOW, FAST)]
        worst = max((abs(factor / rate - 1), rate) for rate, factors in found.items() for factor in factors)
        rows.append((voice.partition("+")[2], powers, worst))
    print("Powers that the engine's table leaves, to be multiplied with its own:\n")
    left = [
        f'    "{name}": ({slow:.2f}, {fast:.2f}),'
        for name, (slow, fast), _ in rows
        if max(abs(slow - 1), abs(fast - 1)) > NEAR
    ]
    print("\n".join(left) or "none")
    print("\nThe variants that miss most:\n")
    worst_first = sorted(rows, key=lambda row: -row[2][0])[:10]
    table(("variant", "largest error of the rate"), [[n, f"{100 * e:.1f} % at {r:g}"] for n, _, (e, r) in worst_first])
    engine.close()


if __name__ == "__main__":
    main()
