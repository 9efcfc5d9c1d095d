"""Language models are asked through the chat server of the chat model's tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "chat")]

from asked_models import connecting, model_server  # noqa: E402, F401
