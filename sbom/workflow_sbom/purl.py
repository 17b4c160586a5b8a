"""Package URLs (https://github.com/package-url/purl-spec), always in canonical spelling."""

from __future__ import annotations

from functools import lru_cache

from packageurl import PackageURL

from workflow_sbom.errors import ModelError


def package_url(kind: str, name: str, version: str | None, **parts: str | None) -> str:
    """A canonical package URL.

    `parts` are `namespace`, `subpath` and qualifiers (`arch="amd64"`); those that are None are
    left out. Raises `ModelError` when no valid package URL results.
    """
    namespace, subpath = parts.pop("namespace", None), parts.pop("subpath", None)
    qualifiers = {key: value for key, value in parts.items() if value}
    try:
        url = PackageURL(kind, namespace, name, version, qualifiers or None, subpath)
    except ValueError as error:
        raise ModelError(f"no package URL for {name[:80]!r}: {error}") from error
    return url.to_string()


@lru_cache(maxsize=1 << 14)  # every change of a component asks again about the same one
def require_canonical(text: str) -> None:
    """Raise `ModelError` for what is no package URL, or one spelt otherwise than canonically."""
    try:
        canonical = PackageURL.from_string(text).to_string()
    except ValueError as error:
        raise ModelError(f"{text[:80]!r} is no package URL") from error
    if canonical != text:
        raise ModelError(f"the package URL {text[:80]!r} is spelt {canonical[:80]!r}")


def wheel_package(text: str) -> str | None:
    """The package a wheel's package URL is of (without `file_name`); None for other files."""
    url = PackageURL.from_string(text)
    if url.type != "pypi" or not dict(url.qualifiers).get("file_name", "").endswith(".whl"):
        return None
    return PackageURL(url.type, url.namespace, url.name, url.version).to_string()
