from __future__ import annotations

import io
from dataclasses import replace

from workflow_sbom import canonical
from workflow_sbom.documents.diff import (
    Difference,
    Edge,
    Package,
    Present,
    Rehashed,
    Relicensed,
    Stepped,
    Totals,
    compare,
)
from workflow_sbom.documents.telling import COLUMNS, encoded, rows, summary
from workflow_sbom.documents.view import view
from workflow_sbom.terminal.console import Console

A, B = Package("pypi", "a"), Package("pypi", "b")
NOTHING = Totals(0, 0, 0)
EVERYTHING = Difference(
    rehashed=(Rehashed(A, "1", "", "SHA-256", ("11" * 32,), ("22" * 32,)),),
    added=(Present(B, ""),),
    dropped=(Present(B, "1"),),
    stepped=(
        Stepped(A, "1", "2", "upgraded"),
        Stepped(A, "2", "1", "downgraded"),
        Stepped(A, "x", "y", "changed"),
    ),
    relicensed=(Relicensed(A, (), ("ISC", "MIT")),),
    edges_added=(Edge("pypi:a", "pypi:b"),),
    edges_dropped=(Edge("pypi:b", "pypi:a"),),
    old=Totals(3, 2, 1),
    new=Totals(4, 2, 1),
)
SAME = compare(*(view({"bomFormat": "CycloneDX", "specVersion": "1.7"}) for _ in range(2)))


def test_what_is_alarming_comes_first() -> None:
    assert [*rows(EVERYTHING)] == [
        ("BYTES CHANGED", "pypi:a 1", "SHA-256 111111111111", "222222222222"),
        ("downgraded", "pypi:a", "2", "1"),
        ("version changed", "pypi:a", "x", "y"),
        ("upgraded", "pypi:a", "1", "2"),
        ("added", "pypi:b", "", "(no version)"),
        ("dropped", "pypi:b", "1", ""),
        ("licence changed", "pypi:a", "(none)", "ISC, MIT"),
        ("edge added", "pypi:a", "", "→ pypi:b"),
        ("edge dropped", "pypi:b", "→ pypi:a", ""),
    ]


def test_in_a_line() -> None:
    assert summary(EVERYTHING) == (
        "components: 3 before, 4 after; 1 with other bytes under the same version, 1 downgraded, "
        "1 changed, 1 upgraded, 1 added, 1 dropped, 1 under another licence, 1 edge added, "
        "1 edge dropped"
    )
    assert summary(SAME) == "components: 0 before, 0 after; no difference"


def test_as_json() -> None:
    said = canonical.decode(canonical.encode(encoded(EVERYTHING)))
    assert said["stepped"][0] == {
        "package": {"ecosystem": "pypi", "name": "a"},
        "old": "1",
        "new": "2",
        "step": "upgraded",
    }
    assert said["relicensed"][0]["new"] == ["ISC", "MIT"]
    assert said["old"] == {"components": 3, "packages": 2, "edges": 1}


def test_ten_edges_are_shown_or_every_one() -> None:
    edges = tuple(Edge("a", f"b{number:02}") for number in range(25))
    many = replace(SAME, edges_added=edges)
    shown = [*rows(many)]
    assert (len(shown), shown[-1]) == (11, ("edge added", "… 15 more", "", ""))
    assert len([*rows(many, every_edge=True)]) == 25


def test_the_file_whose_bytes_changed() -> None:
    file = replace(EVERYTHING.rehashed[0], file="https://x.test/a.whl")
    (row,) = rows(replace(SAME, rehashed=(file,)))
    assert row[1] == "pypi:a 1 https://x.test/a.whl"


def test_names_from_outside_are_short_and_no_terminal_acts_on_them() -> None:
    evil = Present(Package("", "\x1b]0;owned\x07\u202e" + "x" * 10_000), "1\n2")
    out = io.StringIO()
    console = Console(out=out, err=out, colour=False, live=False)
    console.table(COLUMNS, [*rows(replace(SAME, added=(evil,)))])
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert out.getvalue().replace("\n", "").isprintable()
    assert max(map(len, lines)) < 200
