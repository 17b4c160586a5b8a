from __future__ import annotations

import pytest

from workflow_containers.coverage import rules, weighing
from workflow_containers.coverage.claims import Claim, Part
from workflow_containers.coverage.root import There
from workflow_containers.layers.entries import Directory, File, Symlink
from workflow_sbom.coverage.ledger import Generated, Owned, Unexplained

A, B = Owned("a", "proof"), Owned("b", "proof")
FILE = Claim.of(File("usr/share/a/x", 0o644, b"x"), A)


def folders(*parts: Part) -> dict[str, Owned | Generated]:
    found = weighing.folders(parts, weighing.expected(parts), {})
    return {path: claim.why for path, claim in found.items()}


def test_a_folder_is_its_only_listers_and_else_of_what_is_in_it() -> None:
    listed = Part(claims=(FILE,), folders={"usr/share/a": A, "usr/share": A, "usr/empty": A})
    assert folders(listed, Part(claims=(), folders={"usr/share": B})) == {
        "usr": Generated(rules.FOLDERS),
        "usr/share": Generated(rules.FOLDERS),
        "usr/share/a": A,
    }


def test_a_folder_that_is_needed_is_there_with_all_above_it() -> None:
    found = folders(Part(claims=(), needed=(rules.folder("var/tmp", A),)))
    assert found == {"var": Generated(rules.FOLDERS), "var/tmp": A}


@pytest.mark.parametrize("fault", [None, "stands twice, and not the same"])
def test_what_is_wrong_with_an_entry_itself_goes_before_all_claims(fault: str | None) -> None:
    (line,) = weighing.lines([There(standing=FILE.standing, fault=fault)], {FILE.path: (FILE,)}, {})
    assert line.why == (A if fault is None else Unexplained(fault))


def test_several_claims_contradict_even_if_they_say_the_same() -> None:
    other = Claim(FILE.standing, B)
    claims = weighing.expected([Part(claims=(FILE,)), Part(claims=(other,))])
    (line,) = weighing.lines([There(standing=FILE.standing, fault=None)], claims, {})
    assert line.why == Unexplained("several bring it: a, b")


def test_no_control_character_leaves_in_a_reason() -> None:
    evil = Claim.of(Directory("usr/share/a/x"), Owned("a", "proof"))
    there = There(
        standing=type(FILE.standing)(evil.standing.entry, 0o755, "0:0 (\x1b[2J)"), fault=None
    )
    (line,) = weighing.lines([there], {evil.path: (evil,)}, {})
    assert line.why == Unexplained("belongs to '0:0 (\\x1b[2J)'; of a to 0:0")


def test_a_rule_leaves_to_a_source_what_that_brings_itself() -> None:
    rule = Part(
        claims=(
            Claim.of(Symlink("lib", "usr/lib"), Generated("r")),
            Claim.of(Symlink("bin", "usr/bin"), Generated("r")),
            Claim.of(Symlink("sbin", "usr/sbin"), Generated("r")),
        )
    )
    package = Part(
        claims=(
            Claim.of(Symlink("lib", "usr/lib"), A),
            Claim.of(Symlink("sbin", "usr/bin"), A),  # which contradicts
        )
    )
    assert [claim.path for claim in weighing.beside(rule, [package]).claims] == ["bin", "sbin"]
