"""From a corpus to a finished dataset: plan, the three steps of a block, executors.

The package can be called as its function `run.build`: `from askqa_builder import build` gives the package
instead of the function once any module in here has been imported, and must not stop working then.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from askqa_builder.build.run import build

        return build(*args, **kwargs)


sys.modules[__name__].__class__ = _CallablePackage
