"""What of an artifact nothing explains: each kind by what it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from workflow_containers.coverage.check import check
from workflow_containers.coverage.sources import Ours
from workflow_containers.errors import ContainersError
from workflow_release.building.artifacts.image import staged, tools_of
from workflow_release.building.artifacts.interface import Made, Workshop
from workflow_release.building.build import builder_of
from workflow_release.building.once import Once
from workflow_release.building.origins import interface_origin_of, origin_of, with_document
from workflow_release.errors import BuildError
from workflow_release.model import Artifact, GoBinary, Image, Recipe, Sdist, UiBundle, Wheel
from workflow_sbom.coverage.interfaces import cover_interface
from workflow_sbom.coverage.ledger import Ledger
from workflow_sbom.coverage.origin import Origin
from workflow_sbom.coverage.sdists import cover_sdist
from workflow_sbom.coverage.wheels import cover_wheel
from workflow_sbom.digest import Digest, measure_file
from workflow_sbom.errors import SbomError


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """Goes through artifacts of one release; `artifacts` are all of them.

    A project's files are read from the commit once, for its source distribution and its wheel. What
    a build adds that no rule knows (a backend's own files, compiled code) is explained when the
    build, run again, makes the very same bytes.
    """

    shop: Workshop
    artifacts: tuple[Artifact, ...]
    origins: Once[Origin] = field(default_factory=Once)

    def __call__(self, artifact: Artifact, recipe: Recipe) -> tuple[str, ...]:
        """The entries that nothing explains, each with the reason; or why nobody can tell."""
        try:
            left = tuple(self._unexplained(artifact, recipe))
            return () if left and self._is_made_again(artifact, recipe) else left
        except (BuildError, ContainersError, SbomError) as error:
            return (f"it can't be gone through: {error}",)

    def _is_made_again(self, artifact: Artifact, recipe: Recipe) -> bool:
        """Whether the build comes to the same; what is in the cache is not taken for it."""
        if isinstance(recipe, Image | GoBinary):
            return False
        shop = replace(self.shop, toolkit=Digest.of(f"again {self.shop.toolkit}".encode()))
        shop.progress.note(f"{artifact.name}: built again, for no rule knows all that is in it")
        needed = {each.recipe: Made(artifact=each, reused=True) for each in self.artifacts}
        made = builder_of(recipe)(shop, needed)
        return made.artifact.digest == measure_file(artifact.path).digest

    def _unexplained(self, artifact: Artifact, recipe: Recipe) -> Iterator[str]:
        path, name = artifact.path, artifact.name
        match recipe:
            case Sdist():
                yield from _left(cover_sdist(path, self._origin(recipe.distribution), name=name))
            case Wheel():
                origin = with_document(self._origin(recipe.distribution), path, self.shop)
                yield from _left(cover_wheel(path, origin=origin, name=name))
            case UiBundle():
                source = interface_origin_of(recipe, artifact, self.shop)
                yield from _left(cover_interface(path, source, name=name))
            case Image():
                yield from self._image(artifact, recipe)
            case GoBinary():
                return  # one file, which the linker made; its build information is in its SBOM
            case _:
                assert_never(recipe)

    def _origin(self, distribution: str) -> Origin:
        planned = (each for each in self.shop.plan.recipes if isinstance(each, Sdist))
        recipe = next((each for each in planned if each.distribution == distribution), None)
        if recipe is None:
            raise BuildError(f"{distribution}: no source distribution is planned")
        return self.origins.answer(distribution, lambda: origin_of(recipe, self.shop))

    def _image(self, artifact: Artifact, recipe: Image) -> Iterator[str]:
        made = {each.recipe: each.path for each in self.artifacts}
        with self.shop.cache.workspace() as work:
            definition, _ = staged(recipe, self.shop, work)
            ours = Ours(
                wheels={name: made[f"wheel:{name}"] for name in recipe.wheels},
                bundles={name: made[f"ui:{name}"] for name in recipe.bundles},
                root=work,
            )
            for each in check(artifact.path, definition, ours, tools_of(self.shop)):
                yield from (f"{each.platform}: {fault}" for fault in each.faults)


def _left(ledger: Ledger) -> Iterator[str]:
    return (f"{entry.path}: {why.reason}" for entry, why in ledger.unexplained())
