"""A container registry that receives a release's images, each as `<namespace>/<image>:<version>`.

Everything goes up by digest first, with what is said about it attached, so nobody finds half of
it; the version is the switch, and it is asked for again as anybody would; names that move are last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workflow_containers.errors import ContainersError
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.registry.client import Client
from workflow_containers.registry.push import Pusher, push, put_tag
from workflow_containers.registry.referrers import Attacher, attach
from workflow_containers.registry.shipment import Destination, Tag
from workflow_containers.registry.shipment import Shipment as Contents
from workflow_containers.registry.subject import find
from workflow_release.errors import TargetError
from workflow_release.model import Image, Plan, Published, RegistryTarget
from workflow_release.targets import pushed
from workflow_release.targets.moving import forward, moving_names
from workflow_release.targets.shipment import Shipment, ShippedImage
from workflow_sbom.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPublisher:
    """Publishes to one namespace of a registry; implements `Publisher`."""

    target: RegistryTarget
    pusher: Pusher

    @property
    def _client(self) -> Client:
        return self.pusher.client

    def preflight(self, plan: Plan) -> tuple[str, ...]:
        """Versions that stand for another commit, names of unknown age, a push that is refused."""
        return tuple(
            fault
            for recipe in plan.recipes
            if isinstance(recipe, Image) and self.target.takes_image(recipe.name)
            for fault in self._faults(self.target.namespace.repository(recipe.name), plan)
        )

    def _faults(self, repository: Repository, plan: Plan) -> Iterator[str]:
        try:
            pushed.may_push(self._client, repository)
            yield from pushed.version_faults(self._client, repository, plan)
            for name in self._moving(plan):
                pushed.version_at(self._client, Reference(repository, tag=name))
        except (ContainersError, TargetError) as error:
            yield f"{repository}: {error} ({error.remedy})"

    def upload(self, shipment: Shipment) -> None:
        """Push each image by digest alone, and attach its SBOM and provenance; `TargetError`."""
        with _told():
            known: dict[Digest, Repository] = {}
            for image, repository in self._taken(shipment):
                with _opened(image) as layout:
                    whole = Destination(repository=repository)
                    made = push(self.pusher, Contents.of(layout), whole, known)
                known |= {blob.digest: repository for blob in made.blobs}
                self._attach(image, repository, shipment.plan)

    def _attach(self, image: ShippedImage, repository: Repository, plan: Plan) -> None:
        subject = find(self._client, Reference(repository, digest=image.index))
        attacher = Attacher(uploads=self.pusher.uploads)
        for artifact in pushed.said(image, plan):
            attach(attacher, subject, artifact)

    def publish(self, shipment: Shipment) -> tuple[Published, ...]:
        """Give each image its version, then fetch it by that name; raises `TargetError`."""
        tag = Tag(name=shipment.plan.version.render("oci"))
        with _told():
            made = tuple(self._tagged(*each, tag) for each in self._taken(shipment))
            for image, repository in self._taken(shipment):
                reference = Reference(repository, tag=tag.name)
                pushed.require_whole(self._client, reference, image.index)
        return made

    def _tagged(self, image: ShippedImage, repository: Repository, tag: Tag) -> Published:
        """Have a name stand for an image."""
        reference = Reference(repository, tag=tag.name)
        index = self._client.manifest(Reference(repository, digest=image.index))
        created = put_tag(self._client, index, Destination(repository=repository, tags=(tag,)), tag)
        return Published(
            target="registry", location=str(reference.at(image.index)), created=created
        )

    def advance(self, shipment: Shipment) -> tuple[Published, ...]:
        """Move `latest` and its like on, where that is forward; raises `TargetError`."""
        with _told():
            return tuple(
                moved
                for image, repository in self._taken(shipment)
                for moved in self._advanced(image, repository, shipment.plan)
            )

    def _advanced(
        self, image: ShippedImage, repository: Repository, plan: Plan
    ) -> Iterator[Published]:
        for name in self._moving(plan):
            reference = Reference(repository, tag=name)
            if forward(pushed.version_at(self._client, reference), plan.version):
                yield self._tagged(image, repository, Tag(name=name, moves=True))

    def _moving(self, plan: Plan) -> tuple[str, ...]:
        return moving_names(plan.version, plan.released) if self.target.moving else ()

    def _taken(self, shipment: Shipment) -> Iterator[tuple[ShippedImage, Repository]]:
        for image in shipment.images:
            if self.target.takes_image(image.name):
                yield image, self.target.namespace.repository(image.name)


@contextmanager
def _opened(image: ShippedImage) -> Iterator[Layout]:
    """The archive, read through and found to hold what was signed."""
    if isinstance(image.archive.content, bytes):
        raise TargetError(f"{image.archive.name} is no file", remedy="build it again")
    with Layout(image.archive.content) as layout:
        if layout.index != image.index:
            raise TargetError(
                f"{image.archive.name} changed after it was signed",
                remedy="something else writes in the build cache; run the command again",
            )
        yield layout


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong in a registry is this target's error."""
    try:
        yield
    except ContainersError as error:
        raise TargetError(
            str(error), remedy=error.remedy or "mend what it names, and run the command again"
        ) from error
