"""What distribution metadata says about licences, as SPDX expressions where that is certain.

Sources, in this order (PEP 639): `License-Expression`; a `License` text that is an SPDX expression;
classifiers that name exactly one licence; else the declared words as they stand. A classifier that
PEP 639 calls ambiguous ("BSD License") is never turned into one of the licences it may mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from workflow_sbom.model.licence import Licence, NamedLicence, SpdxLicence

_PREFIX = "License :: "
_LONGEST_NAME = 100
_LONGEST_EXPRESSION = 2000
_BY_CLASSIFIER = {
    "Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.0 (MPL)": "MPL-1.0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "University of Illinois/NCSA Open Source License": "NCSA",
    "zlib/libpng License": "Zlib",
}
# Names that leave no doubt, without case, punctuation and the words that add nothing.
_BY_NAME = {
    **dict.fromkeys(("apache 2", "apache 2 0", "apache version 2 0"), "Apache-2.0"),
    **dict.fromkeys(("apache software 2 0", "apache software version 2 0"), "Apache-2.0"),
    **dict.fromkeys(("3 clause bsd", "bsd 3 clause", "new bsd", "modified bsd"), "BSD-3-Clause"),
    **dict.fromkeys(("2 clause bsd", "bsd 2 clause", "simplified bsd"), "BSD-2-Clause"),
    **dict.fromkeys(("isc", "isc iscl"), "ISC"),
    **dict.fromkeys(("mpl 2 0", "mozilla public 2 0", "mozilla public 2 0 mpl 2 0"), "MPL-2.0"),
    "mit": "MIT",
    "unlicense": "Unlicense",
    "zlib": "Zlib",
}
_ADDS_NOTHING = frozenset({"the", "license", "licence"})


def spdx(text: str) -> SpdxLicence | None:
    """The text as a declared SPDX expression, or None when it is none."""
    if len(text) > _LONGEST_EXPRESSION:
        return None
    try:
        return SpdxLicence(canonicalize_license_expression(text.strip()))
    except InvalidLicenseExpression:
        return None


def declared(text: str) -> Licence | None:
    """One declared licence: SPDX where it is that, else its name; None for a whole licence text."""
    words = " ".join(text.split())
    if licence := spdx(words) or _by_name(words):
        return licence
    fits = 0 < len(words) <= _LONGEST_NAME and words.isprintable()
    return NamedLicence(words) if fits else None


def _by_name(text: str) -> SpdxLicence | None:
    """A licence by a common name that only it has."""
    plain = re.findall(r"[a-z0-9]+", text[:_LONGEST_NAME].lower())
    expression = _BY_NAME.get(" ".join(word for word in plain if word not in _ADDS_NOTHING))
    return SpdxLicence(expression) if expression else None


def from_metadata(
    expression: str | None, text: str | None, classifiers: Iterable[str]
) -> tuple[Licence, ...]:
    """The licences that core metadata declares in its three fields."""
    if expression and (licence := declared(expression)):
        return (licence,)
    if text and (licence := spdx(text)):
        return (licence,)
    names = {name.rsplit(" :: ", 1)[-1] for name in classifiers if name.startswith(_PREFIX)}
    if names and names <= _BY_CLASSIFIER.keys():
        return tuple(SpdxLicence(_BY_CLASSIFIER[name]) for name in sorted(names))
    if text and (licence := declared(text)):
        return (licence,)
    specific = names - {"OSI Approved"}
    return tuple(_by_classifier(name) for name in sorted(specific))


def _by_classifier(name: str) -> Licence:
    expression = _BY_CLASSIFIER.get(name)
    return SpdxLicence(expression) if expression else NamedLicence(name)
