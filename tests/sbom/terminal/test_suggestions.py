from __future__ import annotations

import pytest

from workflow_sbom.terminal.suggestions import suggested

USAGE = "usage: workflow-release cut [-h] [-C DIR] [--json] [--dry-run] [--tag TAG]\n"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "argument command: invalid choice: 'plna' (choose from 'plan', 'cut')",
            "no such command: 'plna'; did you mean 'plan'?",
        ),
        (
            "argument --format: invalid choice: 'pep' (choose from semver, pep440)",
            "no such --format: 'pep'; did you mean 'pep440'?",
        ),
        (
            "argument command: invalid choice: 'zzz' (choose from 'plan', 'cut')",
            "no such command: 'zzz'; known: cut, plan",
        ),
        (
            "invalid choice: 'a (choose from b)' (choose from 'plan', 'cut')",
            "no such choice: 'a (choose from b)'; known: cut, plan",
        ),
        (
            "unrecognized arguments: --dryrun",
            "no such option: '--dryrun'; did you mean '--dry-run'?",
        ),
        ("unrecognized arguments: --tga=v1 x", "no such option: '--tga'; did you mean '--tag'?"),
        ("unrecognized arguments: extra", "unrecognized arguments: extra"),
        ("expected one argument", "expected one argument"),
    ],
)
def test_the_nearest_word_is_named(message: str, expected: str) -> None:
    assert suggested(message, USAGE) == expected
