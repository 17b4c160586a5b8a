from __future__ import annotations

from typing import Any

from support.boms import bom, component, named
from workflow_sbom.policy.findings import Place
from workflow_sbom.policy.item import Item, Stated
from workflow_sbom.policy.items import items, links


def deb(name: str, source: str | None = None, version: str | None = None) -> dict[str, Any]:
    stated = {"source": source, "source-version": version}
    properties = [
        {"name": "other"},
        *(
            {"name": f"workflow:debian:{key}", "value": each}
            for key, each in stated.items()
            if each
        ),
    ]
    purl = f"pkg:deb/debian/{name}@1-1?distro=debian-13"
    return component(name, purl=purl, properties=properties, **{"bom-ref": purl})


def of(json: dict[str, Any]) -> list[Item]:
    return list(items(named(json)))


def test_every_component_and_a_subject_that_is_a_package() -> None:
    inner = component("y")
    json = bom(component("x", components=[inner]))
    assert [(each.where.path, each.where.purl) for each in of(json)] == [
        ("metadata.component", "pkg:pypi/subject@2.0"),
        ("components[0]", "pkg:pypi/x@1.0"),
        ("components[0].components[0]", "pkg:pypi/y@1.0"),
    ]
    assert {each.within for each in of(json)} == {"pkg:pypi/subject@2.0"}
    assert of(bom(metadata={"component": {"type": "application", "name": "sum"}})) == []
    assert of(bom(metadata={})) == []


def test_what_builds_does_not_ship() -> None:
    formula = [{"bom-ref": "f", "components": [component("tool")]}]
    *_, shipped, tool = of(bom(component(), formulation=formula))
    assert (shipped.ships, tool.ships) == (True, False)
    assert tool.where == Place(
        document="a.cdx.json", path="formulation[0].components[0]", purl="pkg:pypi/tool@1.0"
    )


def test_licences_as_they_are_stated() -> None:
    licences = [
        {"license": {"id": "MIT", "acknowledgement": "concluded"}},
        {"license": {"name": "as is"}},
    ]
    (_, item) = of(bom(component(licenses=licences)))
    assert item.licences == (Stated("MIT", concluded=True), Stated("as is", form="words"))


def test_sources_of_debian_packages() -> None:
    _, libc, gcc, bash = of(bom(deb("libc6", "glibc"), deb("gcc", "g", "1.2"), deb("bash")))
    assert (libc.source, gcc.source, bash.source) == ("glibc", "g (1.2)", "")
    _, silent = of(bom(deb("bash")))
    assert silent.source is None


def test_a_package_url_that_is_none_is_told_as_it_stands() -> None:
    _, item = of(bom(component(purl="no purl")))
    assert item.url is None
    assert item.where.purl == "no purl"


def test_what_has_no_package_url_is_told_by_name() -> None:
    _, item = of(bom({"type": "library", "name": "libz.so.1"}))
    assert str(item.where) == "a.cdx.json: components[0] (libz.so.1)"


def test_links_lead_to_package_urls() -> None:
    serial = "3e671687-395b-41f5-a30f-a58921a69b79"
    nameless = {"type": "library", "name": "z"}
    assert links([named(bom(component(), nameless))]) == {
        (serial, 1, "pkg:pypi/subject@2.0"): "pkg:pypi/subject@2.0",
        (serial, 1, "pkg:pypi/x@1.0"): "pkg:pypi/x@1.0",
    }
    assert links([named(bom(serialNumber=None)), named(bom(metadata={}))]) == {}
