from __future__ import annotations

from workflow_sbom.policy.findings import LicenceRefused, LicenceUnknown, Place
from workflow_sbom.policy.telling import told


def test_findings_that_say_the_same_are_told_together_in_their_order() -> None:
    places = [Place(document="d", path=f"components[{at}]") for at in range(4)]
    found = told(
        [
            LicenceUnknown(places[0], "none is stated"),
            LicenceRefused(places[1], "X"),
            LicenceUnknown(places[2], "none is stated"),
            LicenceRefused(places[3], "Y"),
        ]
    )
    assert [(each.weight, each.where) for each in found] == [
        ("unknown", (places[0], places[2])),
        ("fail", (places[1],)),
        ("fail", (places[3],)),
    ]
    assert found[0].places(2) == ("d: components[0]", "d: components[2]")
    assert found[0].places(1) == ("d: components[0]", "and 1 more")
