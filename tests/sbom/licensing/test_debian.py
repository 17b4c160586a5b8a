from __future__ import annotations

import pytest

from workflow_sbom.licensing.debian import identifier, is_expat

EXPAT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software, to
deal in the Software without restriction, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.
"""


@pytest.mark.parametrize(
    ("name", "spdx"),
    [
        ("GPL-2+", "GPL-2.0-or-later"),
        ("gpl-2", "GPL-2.0-only"),
        ("GPL-2.0", "GPL-2.0-only"),
        ("GPL-3.0.0+", "GPL-3.0-or-later"),
        ("GPL-1+", "GPL-1.0-or-later"),
        ("LGPL-2+", "LGPL-2.0-or-later"),
        ("LGPL-2.1", "LGPL-2.1-only"),
        ("LGPL-2.1-or-later", "LGPL-2.1-or-later"),
        ("AGPL-3+", "AGPL-3.0-or-later"),
        ("GFDL-1.3+", "GFDL-1.3-or-later"),
        ("GFDL-NIV-1.2", "GFDL-1.2-no-invariants-only"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("Apache-2", "Apache-2.0"),
        ("MPL-1.1", "MPL-1.1"),
        ("MPL-2.0.0", "MPL-2.0"),
        ("CC-BY-SA-4", "CC-BY-SA-4.0"),
        ("LPPL-1.3c+", "LPPL-1.3c+"),
        ("Expat", "MIT"),
        ("CC0", "CC0-1.0"),
        ("Artistic", "Artistic-1.0-Perl"),
        ("BSD-3-clause", "BSD-3-Clause"),
        ("BSD-2", "BSD-2-Clause"),
        ("ISC.0", None),
        ("ZPL-2.1", "ZPL-2.1"),
        ("GPL-2+ with Font exception", "GPL-2.0-or-later WITH Font-exception-2.0"),
        ("GPL-3 with GCC-Runtime-3.1 exception", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("Apache-2.0 with LLVM-exceptions", "Apache-2.0 WITH LLVM-exception"),
        ("GPL-2+ with Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
    ],
)
def test_a_short_name_that_certainly_means_one_licence(name: str, spdx: str | None) -> None:
    assert identifier(name) == spdx


@pytest.mark.parametrize(
    "name",
    [
        "",
        "GPL",
        "LGPL-4+",
        "BSD",
        "MIT",
        "X11",
        "OpenSSL",
        "public-domain",
        "GPL-2+ with OpenSSL exception",
        "GPL-3+ with Autoconf exception",
        "GPL with Font exception",
        "GPL-2+-with-link-exception",
        "MIT AND ISC",
        "(MIT)",
        "LicenseRef x",
        "a" * 10_000,
        "(" * 100,
    ],
)
def test_a_name_that_says_too_little_is_none(name: str) -> None:
    assert identifier(name) is None


def test_one_of_the_licences_called_mit_is_the_one_that_spdx_calls_so() -> None:
    assert is_expat(EXPAT)
    assert is_expat(EXPAT.replace(" ", "\n  "))
    assert not is_expat(EXPAT + "Except as contained in this notice, the name of X is not used.")
    assert not is_expat("Permission to use, copy, modify, and distribute this software is granted")
    assert not is_expat("")
