"""What a wheel brings, by the RECORD that is in the wheel itself."""

from __future__ import annotations

from workflow_containers.coverage import rules
from workflow_containers.coverage.claims import Claim, Part, Put
from workflow_containers.layers.entries import File
from workflow_containers.python.bytecode import Bytecode
from workflow_containers.python.wheel import INSTALLER, Row, Site, Wheel, record, row_of
from workflow_sbom.coverage.ledger import Generated, Owned
from workflow_sbom.purl import package_url

PROOF = "RECORD of the wheel"


def owner(wheel: Wheel) -> str:
    """The URL of a wheel's distribution."""
    return package_url("pypi", wheel.name, wheel.version)


def part(wheel: Wheel, site: Site, bytecode: Bytecode, put: Put) -> Part:
    """What of a wheel has to be in an image, and what is made of it.

    Raises `MemberError` for a file that is not in RECORD, or differs from it.
    """
    owned = Owned(owner(wheel), PROOF)
    rows: list[Row] = []
    claims: list[Claim] = []
    sources: list[File] = []
    for file in wheel.entries(site):
        rows.append(row_of(file))
        claims += (Claim.of(each, _why(file, wheel, site, owned)) for each in put(file))
        if file.path.endswith(".py"):
            sources.append(file)
    for entry in rules.compiled(sources, bytecode):
        rows.append(row_of(entry))
        claims += (Claim.of(each, Generated(rules.BYTECODE)) for each in put(entry))
    installed = record(site, wheel.info, rows)
    claims += (Claim.of(each, Generated(rules.WHEEL_RECORD)) for each in put(installed))
    return Part(claims=tuple(claims))


def _why(file: File, wheel: Wheel, site: Site, owned: Owned) -> Owned | Generated:
    """Whose a file is: RECORD gives its bytes, or the installation made them."""
    if wheel.records(file.data):
        return owned
    if file.path == f"{site.packages}/{wheel.info}/INSTALLER" and file.data == INSTALLER:
        return Generated(rules.INSTALLER)
    return Generated(rules.SCRIPT)
