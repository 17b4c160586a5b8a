from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from simulators.faults import status
from simulators.registry import HOST, Features, Registry
from support.archives import SHOP, TILL, Archives, holds, pusher, to
from workflow_containers.errors import CredentialsError
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.oci.content import Content
from workflow_containers.oci.reference import Repository
from workflow_containers.platform import AMD64
from workflow_containers.registry.push import Failed, Pushed
from workflow_containers.registry.push_all import Order, push_all
from workflow_containers.registry.uploads import Placed
from workflow_sbom.digest import Digest

OTHER = {AMD64: (b"other", b"application" * 10)}
ELSEWHERE = Repository("other.test", "shop")


def several(**registries: Registry) -> Transport:
    """One way to several registries, by the first part of their host."""

    def transport(request: Request, /) -> Response:
        return registries[request.url.split("/")[2].partition(".")[0]](request)

    return transport


def test_images_that_share_layers_share_the_upload(registry: Registry, archives: Archives) -> None:
    first, second = archives.shipment(), archives.shipment(OTHER, name="till")
    orders = [
        Order(shipment=first, destination=to(SHOP, "1")),
        Order(shipment=second, destination=to(TILL, "1")),
    ]
    one, two = push_all(pusher(registry), orders)
    assert isinstance(one, Pushed)
    assert isinstance(two, Pushed)
    assert two.count(Placed.MOUNTED) == 1
    assert holds(registry, SHOP, first)
    assert holds(registry, TILL, second)


def test_one_that_fails_hides_no_other(archives: Archives) -> None:
    good, bad = Registry(), Registry(host="other.test")
    bad.plan("", status(403), times=99)
    shipment = archives.shipment()
    orders = [
        Order(shipment=shipment, destination=to(ELSEWHERE, "1")),
        Order(shipment=shipment, destination=to(SHOP, "1")),
        Order(shipment=shipment, destination=to(ELSEWHERE, "2")),
        Order(shipment=shipment, destination=to(TILL, "1")),
    ]
    outcomes = push_all(pusher(several(registry=good, other=bad)), orders)
    assert [type(each) for each in outcomes] == [Failed, Pushed, Failed, Pushed]
    assert [each.destination for each in outcomes] == [each.destination for each in orders]
    assert isinstance(outcomes[0], Failed)
    assert isinstance(outcomes[0].error, CredentialsError)
    assert holds(good, SHOP, shipment)
    assert holds(good, TILL, shipment)


def test_nothing_is_mounted_from_another_registry(archives: Archives) -> None:
    here, there = Registry(), Registry(host="other.test")
    shipment = archives.shipment()
    orders = [
        Order(shipment=shipment, destination=to(SHOP, "1")),
        Order(shipment=shipment, destination=to(ELSEWHERE, "1")),
    ]
    push_all(pusher(several(registry=here, other=there)), orders)
    assert holds(there, ELSEWHERE, shipment)
    assert all("from" not in each.query for each in there.seen)


def test_a_failed_image_is_no_source_for_the_next(registry: Registry, archives: Archives) -> None:
    registry.plan("PUT", status(403), "team/shop/manifests", times=99)
    shipment = archives.shipment()
    orders = [
        Order(shipment=shipment, destination=to(SHOP, "1")),
        Order(shipment=shipment, destination=to(TILL, "1")),
    ]
    one, two = push_all(pusher(registry), orders)
    assert isinstance(one, Failed)
    assert isinstance(two, Pushed)
    assert holds(registry, TILL, shipment)


def test_nothing_to_do() -> None:
    assert push_all(pusher(Registry()), []) == ()


def test_what_ends_one_registry_s_work_for_good_ends_all(archives: Archives) -> None:
    """As Ctrl-C does; the other registry is being sent a blob that would take for ever."""
    begun, there = threading.Event(), Registry()

    def endless(start: int, stop: int) -> Iterator[bytes]:
        begun.set()
        for _ in range(start, stop):
            yield b"x"

    def broken(_: Request, /) -> Response:
        begun.wait(5)
        raise ZeroDivisionError

    def transport(request: Request, /) -> Response:
        return (there if "other.test" in request.url else broken)(request)

    there.features = Features(forgetful=True)
    shipment = archives.shipment()
    blob = Content(digest=Digest.of(b""), size=1 << 40, pieces=endless)
    orders = [
        Order(shipment=replace(shipment, blobs=(blob,)), destination=to(ELSEWHERE, "1")),
        Order(shipment=shipment, destination=to(SHOP, "1")),
    ]
    with pytest.raises(ZeroDivisionError):
        push_all(pusher(transport, chunk=1 << 40), orders)
    assert there.uploads == {}


def test_faults_of_our_own_are_not_hidden(archives: Archives) -> None:
    def broken(_: Request, /) -> Response:
        raise ZeroDivisionError

    order = Order(shipment=archives.shipment(), destination=to(Repository(HOST, "x"), "1"))
    with pytest.raises(ZeroDivisionError):
        push_all(pusher(broken), [order])
