"""What a build was given on the command line, or finds where everybody puts it; faults together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from workflow_containers.commands.checkout import Checkout
from workflow_containers.definition import Definition
from workflow_containers.errors import DefinitionError
from workflow_containers.oci.reference import Reference
from workflow_sbom.errors import Fault, UsageError
from workflow_sbom.tables import did_you_mean
from workflow_sbom.terminal.moments import stated

_WHEN = "give --created, set SOURCE_DATE_EPOCH, or build in a git checkout"


def require_asked(
    definitions: Sequence[Definition], wheels: Sequence[Path], bundles: Iterable[str]
) -> None:
    """Refuse what no definition has a place for: a name was mistyped. Raises `UsageError`."""
    members = {canonicalize_name(each.name) for image in definitions for each in image.wheels}
    wanted = {each.name for image in definitions for each in image.bundles}
    for kind, given, known in (
        ("wheel", _by_name(wheels), members),
        ("bundle", bundles, wanted),
    ):
        for name in given:
            if name not in known:
                raise UsageError(
                    f"no image asks for the {kind} {name!r} that was given",
                    remedy=did_you_mean(name, known) if known else f"leave it out: --{kind}",
                )


def wheels(definition: Definition, given: Sequence[Path], folder: Path) -> dict[str, Path]:
    """The one wheel of each distribution that the definition asks for, by the name it has there.

    One that was given goes before what is in `folder`. Raises `DefinitionError` for every
    distribution with none or several.
    """
    named, found = _by_name(given), _by_name(filter(_is_wheel, sorted(folder.glob("*.whl"))))
    faults: list[Fault] = []
    chosen: dict[str, Path] = {}
    for at, member in enumerate(definition.wheels):
        name = canonicalize_name(member.name)
        candidates = named.get(name) or found.get(name, [])
        if len(candidates) == 1:
            chosen[member.name] = candidates[0]
        else:
            faults.append(_fault(f"wheels[{at}]", member.name, candidates, folder, member.project))
    if faults:
        raise DefinitionError(definition.name, faults)
    return chosen


def _fault(where: str, name: str, candidates: Sequence[Path], folder: Path, project: str) -> Fault:
    if not candidates:
        remedy = f"pip wheel --no-deps --wheel-dir {folder.name} {project}"
        return Fault(where, f"no wheel of {name!r} was given, and {folder} has none", remedy)
    names = ", ".join(path.name for path in candidates)
    return Fault(where, f"several wheels of {name!r}: {names}", "name one with --wheel")


def _is_wheel(path: Path) -> bool:
    try:
        parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        return False
    return True


def _by_name(paths: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        try:
            name = parse_wheel_filename(path.name)[0]
        except InvalidWheelFilename as error:
            raise UsageError(
                f"{path}: no name of a wheel: {error}", remedy="give it the name it was built with"
            ) from error
        found.setdefault(name, []).append(path)
    return found


def bundles(words: Sequence[str]) -> dict[str, Path]:
    """`NAME=FILE` words by name; raises `UsageError`."""
    found: dict[str, Path] = {}
    for word in words:
        name, equals, file = word.partition("=")
        if not (name and equals and file) or name in found:
            raise UsageError(
                f"--bundle {word!r} is no NAME=FILE, or its name stands twice",
                remedy="write it like --bundle admin-ui=dist/admin-ui.tar.gz",
            )
        found[name] = Path(file)
    return found


def version(asked: str | None, definition: Definition, given: Mapping[str, Path]) -> str:
    """The version that was asked for, or else the wheels' own, as an OCI tag.

    Raises `ImageNameError` for what is none, `DefinitionError` when the wheels do not agree.
    """
    if asked is not None:
        return Reference.parse(definition.name).tagged(asked).tag or asked
    found = sorted({str(parse_wheel_filename(path.name)[1]) for path in given.values()})
    if len(found) == 1:
        return tag(found[0], definition.name)
    what = f"the wheels have several: {', '.join(found)}" if found else "no wheel has one"
    raise DefinitionError(definition.name, [Fault("version", what, "name it with --version")])


def tag(text: str, origin: str) -> str:
    """A PEP 440 version in normal form as an OCI tag, where `+` may not stand: `_` is for it.

    Different versions have different tags. Raises `DefinitionError` for one with an epoch.
    """
    if "!" in text:
        fault = Fault("version", f"{text} has an epoch, which no tag can hold", "use --version")
        raise DefinitionError(origin, [fault])
    return text.replace("+", "_")


def created(asked: str | None, environment: Mapping[str, str], checkout: Checkout) -> datetime:
    """When images are said to be made; never this machine's clock. Raises `UsageError`."""
    if (moment := stated(asked, environment)) is not None:
        return moment
    if checkout.seconds is None:
        raise UsageError(f"{checkout.root}: in no git checkout, so of no known time", remedy=_WHEN)
    return datetime.fromtimestamp(checkout.seconds, UTC)
