"""Debian's short names of licences as SPDX identifiers, where both certainly mean one licence.

Names: machine-readable debian/copyright files, version 1.0, section 7.1 (DEP-5); they are compared
without regard to case, and zeros at the end of a version mean nothing. A name that is an SPDX
identifier already is taken as that, but for those that also stand for other texts (`X11`). Names
without a version (`GPL`), "style" names and exceptions of which SPDX has several (`Autoconf`,
`Bison`) say too little and are no identifier here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

LONGEST = 100
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]*", re.ASCII)
_GNU = re.compile(
    r"(?P<family>a?gpl|lgpl|gfdl)-(?P<version>[1-3](?:\.[0-9])?)(?:\.0)*"
    r"(?P<kind>\+|-only|-or-later)?"
)
_NO_INVARIANTS = re.compile(r"gfdl-niv-(?P<version>1\.[1-3])(?:\.0)*(?P<kind>\+)?")
_LATER = {None: "only", "-only": "only", "+": "or-later", "-or-later": "or-later"}
_GNU_VERSIONS = {
    "agpl": {"1": "1.0", "3": "3.0"},
    "gpl": {"1": "1.0", "2": "2.0", "3": "3.0"},
    "lgpl": {"2": "2.0", "2.1": "2.1", "3": "3.0"},
    "gfdl": {"1.1": "1.1", "1.2": "1.2", "1.3": "1.3"},
}
# What is called otherwise. `Artistic` is Debian's common licence of that name, which is Perl's.
_OTHERS = {
    "artistic": "Artistic-1.0-Perl",
    "boost-1.0": "BSL-1.0",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsd-4": "BSD-4-Clause",
    "bsd2": "BSD-2-Clause",
    "bsd3": "BSD-3-Clause",
    "cc0": "CC0-1.0",
    "expat": "MIT",
    "openldap-2.8": "OLDAP-2.8",
    "sil-1.1": "OFL-1.1",
    "sil-ofl-1.1": "OFL-1.1",
    "zope-2.1": "ZPL-2.1",
}
_EXCEPTIONS = {
    "bison-2.2": "Bison-exception-2.2",
    "classpath": "Classpath-exception-2.0",
    "font": "Font-exception-2.0",
    "gcc-runtime-3.1": "GCC-exception-3.1",
    "libtool": "Libtool-exception",
    "linux-syscall-note": "Linux-syscall-note",
    "llvm": "LLVM-exception",
    "texinfo": "Texinfo-exception",
}
_AMBIGUOUS = frozenset({"mit", "openssl", "x11"})
# There are many licences called MIT, and SPDX calls one so: its grant, its condition, and no other.
_GRANT = "to deal in the software without restriction"
_CONDITION = "shall be included in all copies or substantial portions of the software"
_FURTHER = "except as contained in this notice"


@lru_cache(maxsize=4096)
def identifier(name: str) -> str | None:
    """The SPDX expression that one short name means (`GPL-2+ with Font exception`), or None."""
    if len(name) > LONGEST:
        return None
    licence, _, exception = name.casefold().partition(" with ")
    base = _licence(licence.strip())
    if base is None or not exception:
        return base
    word = re.sub(r"[ -]?exceptions?\Z", "", exception.strip())
    return _spdx(f"{base} WITH {_EXCEPTIONS.get(word, exception.strip())}")


def is_expat(text: str) -> bool:
    """Whether a text that is called MIT is the licence that SPDX calls MIT."""
    words = " ".join(text.casefold().split())
    return _GRANT in words and _CONDITION in words and _FURTHER not in words


def _licence(name: str) -> str | None:
    if name in _AMBIGUOUS or not _NAME.fullmatch(name):
        return None
    if found := _OTHERS.get(name):
        return found
    if gnu := _GNU.fullmatch(name):
        version = _GNU_VERSIONS[gnu["family"]].get(gnu["version"].removesuffix(".0"))
        return _spdx(f"{gnu['family']}-{version}-{_LATER[gnu['kind']]}")
    if free := _NO_INVARIANTS.fullmatch(name):
        return _spdx(f"gfdl-{free['version']}-no-invariants-{_LATER[free['kind']]}")
    return next(filter(None, map(_spdx, _spellings(name))), None)


def _spellings(name: str) -> Iterator[str]:
    """The name with more and fewer zeros at the end of its version."""
    yield name
    stem, later = name.removesuffix("+"), "+" if name.endswith("+") else ""
    if re.search(r"-[0-9]+\Z", stem):
        yield f"{stem}.0{later}"
    if re.search(r"-[0-9.]+\.0\Z", stem):
        yield f"{stem.removesuffix('.0')}{later}"


def _spdx(text: str) -> str | None:
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None
