"""Train, and be killed after a step; go on, and be killed while a checkpoint is half written.

Run: python dying.py DATA RUN SETTINGS-AS-JSON
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from qwen2_audio import training
from qwen2_audio.model import require_libraries
from qwen2_audio.settings import Machine, TrainingSettings


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(step: int) -> None:
    tell = training._Telling.tell

    def telling(self: Any, done: int, loss: float, tokens: int) -> None:
        tell(self, done, loss, tokens)
        if done == step:
            die()

    training._Telling.tell = telling  # type: ignore[method-assign]


def die_inside_checkpoint(step: int) -> None:
    import torch

    save = torch.save

    def saving(state: Any, path: Path) -> None:
        if f"step-{step:08d}" not in str(path):
            save(state, path)
            return
        whole = io.BytesIO()
        save(state, whole)
        path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
        die()

    torch.save = saving


def main() -> None:
    data, run, settings = sys.argv[1:]
    require_libraries()
    import torch

    torch.set_num_threads(1)
    machine = Machine(device="cpu", workers=1, checkpoint_every=1)
    # forked, as importing takes longer than training
    for prepare in (partial(die_after, 2), partial(die_inside_checkpoint, 3)):
        child = os.fork()
        if child == 0:
            prepare()
            training.train(Path(data), Path(run), TrainingSettings.from_json(json.loads(settings)), machine)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print("killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else f"ended with {status}")


if __name__ == "__main__":
    main()
