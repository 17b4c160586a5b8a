from __future__ import annotations

from typing import Any

import pytest

from workflow_sbom.documents.uniting import unite


def metadata(*tables: dict[str, Any]) -> Any:
    together = unite([{"metadata": each} for each in tables])
    assert unite([{"metadata": each} for each in reversed(tables)]) == together
    return together["metadata"]


def kept(found: dict[str, Any]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for each in found.get("properties", []):
        names.setdefault(each["name"], []).append(each["value"])
    return names


def test_lists_are_united_and_objects_member_by_member() -> None:
    a, b, c = ({"name": name} for name in "abc")
    assert metadata({"authors": [b, a]}, {"authors": [c, a], "licenses": []}) == {
        "authors": [a, b, c],
        "licenses": [],
    }
    standards = [{"bom-ref": name} for name in "xy"]
    definitions: list[dict[str, Any]] = [
        {"definitions": {"standards": [each]}} for each in standards
    ]
    assert unite(definitions) == {"definitions": {"standards": standards}}


def test_a_list_that_all_agree_on_keeps_its_order() -> None:
    authors = [{"name": "b"}, {"name": "a"}]
    assert metadata({"authors": authors}, {"authors": authors}) == {"authors": authors}


@pytest.mark.parametrize(
    ("times", "latest"),
    [
        (["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"], "2026-01-02T00:00:00Z"),
        (["2026-01-01T23:30:00-02:00", "2026-01-02T00:00:00Z"], "2026-01-01T23:30:00-02:00"),
        (["2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z"], "2026-01-01T00:00:00.5Z"),
        (["2016-12-31T23:59:60Z", "2016-01-01T00:00:00Z"], "2016-01-01T00:00:00Z"),
        (["0001-01-01T00:00:00+23:59", "2016-01-01T00:00:00Z"], "2016-01-01T00:00:00Z"),
    ],
)
def test_the_latest_time_stands_and_every_one_is_kept(times: list[str], latest: str) -> None:
    found = metadata(*({"timestamp": time} for time in times))
    assert found["timestamp"] == latest
    assert kept(found) == {"workflow:merged:metadata.timestamp": sorted(times)}


def test_one_time_for_all_needs_no_keeping() -> None:
    found = {"timestamp": "2026-01-01T00:00:00Z"}
    assert metadata(found, found, {}) == found


def test_no_supplier_is_preferred_to_another() -> None:
    found = metadata({"supplier": {"name": "x"}}, {"supplier": {"name": "y", "url": ["z"]}})
    assert "supplier" not in found
    assert kept(found) == {
        "workflow:merged:metadata.supplier": ['{"name":"x"}', '{"name":"y","url":["z"]}']
    }
    same = {"supplier": {"name": "x"}}
    assert metadata(same, same) == same


def test_readers_are_the_narrowest_circle() -> None:
    found = metadata(
        *({"distributionConstraints": each} for each in ({"tlp": "GREEN"}, {"tlp": "AMBER"}, {}))
    )
    assert found["distributionConstraints"] == {"tlp": "AMBER"}


def test_what_was_kept_once_counts_when_it_is_merged_again() -> None:
    one, two, three = ({"supplier": {"name": name}} for name in "xyz")
    times = [{"timestamp": f"2026-01-0{day}T00:00:00Z"} for day in (3, 2, 1)]
    at_once = metadata(one | times[0], two | times[1], three | times[2])
    assert metadata(metadata(one | times[0], two | times[1]), three | times[2]) == at_once
    assert metadata(one | times[0], metadata(two | times[1], three | times[2])) == at_once
    assert metadata(at_once) == at_once
    assert metadata(at_once, one) == at_once


def test_properties_of_others_are_united_like_any_list() -> None:
    one, two = ({"properties": [{"name": name, "value": "v"}, {"name": "x"}]} for name in "ab")
    assert len(metadata(one, two)["properties"]) == 3
    valueless = {"properties": [{"name": "workflow:merged:metadata.supplier"}]}
    assert metadata(valueless, {}) == valueless


def test_an_affirmation_is_nobody_else_s() -> None:
    sources = [{"declarations": {"affirmation": {"statement": each}}} for each in "ab"]
    found = unite([*sources, {"declarations": {"claims": []}}])
    assert found["declarations"] == {"claims": []}
    assert len(kept(found["metadata"])["workflow:merged:declarations.affirmation"]) == 2


def test_tools_of_1_4_beside_those_of_1_5_are_components() -> None:
    tool = {"vendor": "v", "name": "n", "version": "1", "hashes": []}
    component = {"type": "application", "name": "other"}
    found = metadata({"tools": [tool, {}]}, {"tools": {"components": [component], "services": []}})
    assert found["tools"]["services"] == []
    assert found["tools"]["components"] == [
        {"type": "application", "publisher": "v", "name": "n", "version": "1", "hashes": []},
        {"type": "application", "name": ""},
        component,
    ]
    assert metadata({"tools": [tool]}, {"tools": [{"name": "m"}]}) == {
        "tools": [tool, {"name": "m"}]
    }


def test_dependencies_have_one_entry_each() -> None:
    lists = [
        [{"ref": "a", "dependsOn": ["c", "b"]}, {"ref": "a"}],
        [{"ref": "a", "provides": ["d"]}],
    ]
    assert unite([{"dependencies": each} for each in lists]) == {
        "dependencies": [{"ref": "a", "dependsOn": ["c", "b"], "provides": ["d"]}]
    }


def test_the_same_said_of_several_parts_is_said_once() -> None:
    def flaws(*refs: str) -> dict[str, Any]:
        return {"vulnerabilities": [{"id": "x", "affects": [{"ref": ref} for ref in refs]}]}

    assert unite([flaws("a"), flaws("b", "a")]) == flaws("a", "b")
    assert unite([{"vulnerabilities": [{"id": "x"}]}, {"vulnerabilities": []}]) == {
        "vulnerabilities": [{"id": "x"}]
    }
