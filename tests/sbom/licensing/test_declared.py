from __future__ import annotations

import pytest

from workflow_sbom.licensing.declared import declared, from_metadata
from workflow_sbom.model.licence import Licence, NamedLicence, SpdxLicence

MIT = SpdxLicence("MIT")
OSI = "License :: OSI Approved"


@pytest.mark.parametrize(
    ("expression", "text", "classifiers", "expected"),
    [
        ("mit or apache-2.0", "x", ["License :: X"], (SpdxLicence("MIT OR Apache-2.0"),)),
        (None, "MIT", [f"{OSI} :: BSD License"], (MIT,)),
        (None, "see LICENSE", [f"{OSI} :: MIT License"], (MIT,)),
        (None, None, [OSI, f"{OSI} :: MIT License"], None),
        (
            None,
            None,
            [f"{OSI} :: MIT License", f"{OSI} :: ISC License (ISCL)"],
            (SpdxLicence("ISC"), MIT),
        ),
        (None, "BSD", [f"{OSI} :: BSD License"], (NamedLicence("BSD"),)),
        (None, None, [f"{OSI} :: BSD License"], (NamedLicence("BSD License"),)),
        (
            None,
            None,
            [f"{OSI} :: BSD License", f"{OSI} :: MIT License"],
            (NamedLicence("BSD License"), MIT),
        ),
        (None, "Permission is hereby granted, free of charge, " * 40, [], ()),
        (None, None, ["Programming Language :: Python"], ()),
        (None, None, [OSI], ()),
        (None, "", [], ()),
        (None, "a\x1b[31m", [], ()),
        ("no SPDX", None, [], (NamedLicence("no SPDX"),)),
        (None, "The MIT License", [f"{OSI} :: BSD License"], (MIT,)),
        (None, "Apache License, Version 2.0", [], (SpdxLicence("Apache-2.0"),)),
        (None, "3-Clause BSD License", [f"{OSI} :: BSD License"], (SpdxLicence("BSD-3-Clause"),)),
        (None, "Apache", [], (NamedLicence("Apache"),)),
        (None, "MIT License, or another", [], (NamedLicence("MIT License, or another"),)),
    ],
)
def test_from_metadata(
    expression: str | None,
    text: str | None,
    classifiers: list[str],
    expected: tuple[Licence, ...] | None,
) -> None:
    assert from_metadata(expression, text, classifiers) == (
        (MIT,) if expected is None else expected
    )


def test_a_long_expression_is_kept_whole() -> None:
    text = " AND ".join(["MIT", "BSD-3-Clause", "Apache-2.0"] * 10)
    assert declared(text) == SpdxLicence(text)


def test_hostile_expressions_end_quickly() -> None:
    assert declared("(" * 100_000) is None
    assert declared("MIT OR " * 100_000) is None
    assert declared("(" * 90) == NamedLicence("(" * 90)
