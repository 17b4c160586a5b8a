from __future__ import annotations

import pytest

from support.distributions import METADATA, PROJECT, README
from workflow_sbom.coverage import metadata
from workflow_sbom.coverage.metadata import Table, difference, licence_files, readme_of


def against(data: bytes, project: bytes = PROJECT) -> str | None:
    return difference(data, Table.read(project, README, "1.2.3"))


def test_metadata_of_its_table_has_no_difference() -> None:
    assert against(METADATA) is None
    assert licence_files(METADATA) == ("LICENSE",)
    assert readme_of(PROJECT) == "README.md"


def test_order_spelling_and_line_ends_are_the_backends() -> None:
    text = METADATA.replace(b"Name: thing", b"Name: Thing").replace(b"2.4", b"2.1", 1)
    assert against(text.replace(b"packaging>=25", b"Packaging >= 25")) is None
    assert against(text.replace(b"# Thing\n", b"# Thing  \r\n\r\n")) is None
    assert against(text.replace(b"text/markdown", b"text/markdown; charset=UTF-8")) is None


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"Name: thing", b"Name: other", "name"),
        (b"Version: 1.2.3", b"Version: 1.2.4", "version"),
        (b"Summary: A thing", b"Summary: Another", "summary"),
        (b"thing\nAuthor", b"evil\nAuthor", "project_urls"),
        (b"Author: Somebody", b"Author: Else", "author"),
        (b"who@example.org", b"evil@example.org", "author_email"),
        (b"Expression: MIT", b"Expression: ISC", "license_expression"),
        (b">=3.11", b">=3.10", "requires_python"),
        (b"rich>=14", b"rich>=13", "requires_dist"),
        (b"'full'", b"'other'", "requires_dist"),
        (b"Extra: full", b"Extra: other", "provides_extra"),
        (b"text/markdown", b"text/plain", "description_content_type"),
        (b"# Thing", b"# Evil", "description"),
        (b"Summary", b"Keywords: evil\nSummary", "keywords"),
        (b"Summary", b"Classifier: Private :: Do Not Upload\nSummary", "classifiers"),
        (b"Summary", b"Maintainer: Evil\nSummary", "maintainer"),
        (b"Summary", b"Obsoletes-Dist: evil\nSummary", "obsoletes_dist"),
    ],
)
def test_every_field_counts(old: bytes, new: bytes, field: str) -> None:
    assert old in METADATA
    found = against(METADATA.replace(old, new, 1))
    assert found == f"`{field}` is not what the [project] table says"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (METADATA.replace(b"Summary: A thing\n", b""), "`summary` is missing"),
        (
            METADATA.replace(b"Summary", b"Summary: x\nSummary"),
            "malformed or twice there: 'summary'",
        ),
        (METADATA.replace(b"packaging>=25", b">>"), "can't be compared: "),
        (METADATA.replace(b"Version: 1.2.3", b"Version: \x1b"), "can't be compared: "),
        (b"x" * (metadata.MAX_METADATA + 1), "has 4194305 bytes; at most 4194304 are read"),
    ],
)
def test_what_is_malformed_is_a_difference(data: bytes, said: str) -> None:
    found = against(data)
    assert found is not None
    assert found.startswith(said)
    assert found.isprintable()


@pytest.mark.parametrize(
    "project", [b"", b"[project]\n", b"[project]\nname = 1\n", b"\xff", b"a" * 9, b"project = 1\n"]
)
def test_without_a_table_nothing_can_be_made_again(project: bytes) -> None:
    assert against(METADATA, project) == (
        "there is no [project] table that it could be made again from"
    )
    assert readme_of(project) is None


def test_a_table_of_odd_values_does_not_overwhelm() -> None:
    odd = PROJECT.replace(b'authors = [{ name = "Somebody" }', b"authors = [1")
    assert str(against(METADATA, odd)).startswith("can't be compared: ")


def test_what_a_backend_finds_out_itself_can_not_be_made_again() -> None:
    project = PROJECT.replace(b'["version"]', b'["version", "dependencies"]')
    project = project.replace(b'dependencies = ["packaging>=25"]\n', b"")
    assert against(METADATA, project) == "`requires_dist` is dynamic, and can't be made again"


def test_dynamic_fields_may_be_absent() -> None:
    project = PROJECT.replace(b'["version"]', b'["version", "keywords"]')
    assert against(METADATA, project) is None


def test_a_table_may_say_more() -> None:
    project = PROJECT.replace(
        b'"README.md"', b'{ file = "README.md", content-type = "text/x-rst" }'
    )
    project = project.replace(b'license = "MIT"', b'license = { text = "Free." }')
    project = project.replace(b"[project.urls]", b"[project.urls]\nHome = 'https://example.org'")
    project = project.replace(
        b"dependencies = [",
        b'keywords = ["b", "a"]\nclassifiers = ["X :: Y"]\n'
        b'maintainers = [{ email = "m@example.org" }]\ndependencies = [',
        1,
    )
    text = METADATA.replace(b"License-Expression: MIT", b"License: Free.")
    text = text.replace(b"text/markdown", b"text/x-rst")
    text = text.replace(b"Author:", b"Project-URL: Home, https://example.org\nAuthor:", 1)
    more = b"Keywords: a,b\nClassifier: X :: Y\nMaintainer-email: m@example.org\nSummary"
    assert readme_of(project) == "README.md"
    assert against(text.replace(b"Summary", more, 1), project) is None


def test_a_readme_that_is_a_text_has_no_file() -> None:
    project = PROJECT.replace(
        b'"README.md"', b'{ text = "# Thing", content-type = "text/markdown" }'
    )
    assert readme_of(project) is None
