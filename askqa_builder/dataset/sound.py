"""The recording of a row, decoded."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from askqa_builder.errors import AskqaError
from askqa_builder.undecodable import what_is_wrong


def decoded(row: Mapping[str, Any]) -> tuple[npt.NDArray[np.int16], int]:
    """Return a row's recording as 16-bit samples [n], and their rate. Raises AskqaError where it cannot be read."""
    audio = row["audio"]
    if audio is None or audio["bytes"] is None or audio["path"] is None:
        raise AskqaError(f"row {row['id']} has no recording; see askqa verify")
    try:
        samples, rate = soundfile.read(io.BytesIO(audio["bytes"]), dtype="int16")
    except soundfile.LibsndfileError as error:
        what = what_is_wrong(error)
        raise AskqaError(f"row {row['id']}: its recording cannot be read ({what}); see askqa verify") from error
    return samples, int(rate)
