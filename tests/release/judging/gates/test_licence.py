from __future__ import annotations

import pytest

from support import built
from support.candidates import SDIST, WHEEL, candidate, findings, reexamined
from workflow_release.judging.gates.interface import Candidate
from workflow_release.model import Recipe


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def test_distributions_with_their_licence_pass(good: Candidate) -> None:
    assert findings("licence-text", good) == []
    assert findings("licence-expression", good) == []


def without(path: str) -> bytes:
    return built.wheel({k: v for k, v in built.wheel_files().items() if k != path})


@pytest.mark.parametrize(
    ("recipe", "data", "name"),
    [
        (WHEEL, without("thing-1.2.3.dist-info/licenses/LICENSE"), "thing-1.2.3-py3-none-any.whl"),
        (SDIST, built.sdist(licence=b""), "thing-1.2.3.tar.gz"),
        (
            SDIST,
            built.tar_gz([built.file("thing-1.2.3/PKG-INFO", built.metadata())]),
            "thing-1.2.3.tar.gz",
        ),
    ],
)
def test_a_distribution_without_its_licence_is_refused(
    recipe: Recipe, data: bytes, name: str
) -> None:
    changed = candidate({recipe.id: data})
    assert findings("licence-text", changed) == [f"{name}: the text of its licence is not in it"]
    assert findings("wellformed", changed) == [
        f"{name}: License-File 'LICENSE' is declared and not there"
    ]


@pytest.mark.parametrize("expression", ["MIT", "Apache-2.0 OR MIT", "LicenseRef-Own"])
def test_an_spdx_expression_passes(good: Candidate, expression: str) -> None:
    changed = reexamined(good, WHEEL, licence_expression=expression)
    assert findings("licence-expression", changed) == []


@pytest.mark.parametrize("expression", ["Do What You Like", "MIT AND", "Nope-1.0", ""])
def test_what_is_no_spdx_expression_is_refused(good: Candidate, expression: str) -> None:
    changed = reexamined(good, WHEEL, licence_expression=expression)
    (found,) = findings("licence-expression", changed)
    assert found.startswith(f"thing-1.2.3-py3-none-any.whl: License-Expression {expression!r}: ")
