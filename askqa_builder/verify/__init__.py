"""Is a dataset whole, and is what it says true? Files, rows and recordings, and the speech against its text.

The package can be called as its function `run.verify`, as `askqa_builder.build` can: `from askqa_builder import
verify` gives the package once any module in here has been imported.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from askqa_builder.verify.run import verify

        return verify(*args, **kwargs)


sys.modules[__name__].__class__ = _CallablePackage
