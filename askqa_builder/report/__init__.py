"""See, hear and judge a finished dataset: tables, a page, a server of it, a listening test.

The package can be called as its function `report.report`, as `askqa_builder.build` can: `from askqa_builder import
report` gives the package once any module in here has been imported.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from askqa_builder.report.report import report

        return report(*args, **kwargs)


sys.modules[__name__].__class__ = _CallablePackage
