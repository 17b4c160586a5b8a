"""What a test needs and this machine has not: a failure in CI, a loud skip at home."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def absent(what: str) -> NoReturn:
    """Fail where everything must be tested; elsewhere say what is missing."""
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        pytest.fail(what)
    pytest.skip(what)
