from __future__ import annotations

import pytest

from workflow_containers.access.challenge import MAX_LENGTH, Challenge, parse
from workflow_containers.errors import RegistryError

BEARER = (
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
    'scope="repository:library/busybox:pull,push"'
)


def test_what_docker_hub_says() -> None:
    (found,) = parse(BEARER)
    assert found == Challenge(
        scheme="bearer",
        parameters=(
            ("realm", "https://auth.docker.io/token"),
            ("service", "registry.docker.io"),
            ("scope", "repository:library/busybox:pull,push"),
        ),
    )
    assert found.get("service") == "registry.docker.io"
    assert found.get("error") == ""


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("", []),
        (" , ,", []),
        ("Basic", ["basic"]),
        ("Basic realm=simple", ['basic realm="simple"']),
        ("BASIC REALM = \t\"x\"", ['basic realm="x"']),
        ('Basic realm="a\\"b\\\\c, d=e"', ['basic realm="a\\"b\\\\c, d=e"']),
        ('Basic realm=""', ['basic realm=""']),
        ("Bearer realm=", ["bearer realm="]),
        ("Negotiate abc==", ["negotiate abc=="]),
        ("Negotiate, Basic realm=x", ["negotiate", 'basic realm="x"']),
        ('Basic realm="x", Bearer realm="y", service="z"',
         ['basic realm="x"', 'bearer realm="y", service="z"']),
        (',,Basic realm="x",,,charset="UTF-8",,', ['basic realm="x", charset="UTF-8"']),
        ('Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
         ['newauth realm="apps", type="1", title="Login to \\"apps\\""', 'basic realm="simple"']),
    ],
)  # fmt: skip
def test_what_may_be_said(header: str, shown: list[str]) -> None:
    assert [*map(str, parse(header))] == shown


@pytest.mark.parametrize(
    "header",
    [
        '"',
        "=",
        'Basic realm="x',
        'Basic realm="x\\"',
        'Basic realm="x"y',
        'Bearer realm="x" service="y"',
        'Bearer realm="x", realm="y"',
        'Bearer realm="x", REALM="y"',
        "Bearer a b",
        "Bearer a=b c=d",
        "Bearer realm=https://a.test",
        'Bearer realm="a\nb"',
        'Bearer realm="a\x00b"',
        'Bearer realm="a\x1b[0m"',
        'Be(arer realm="x"',
        "Bearer  \tx=y",
        "Bearer " + ", ".join(f"p{n}=x" for n in range(40)),
        ", ".join(f"S{n} a=b" for n in range(40)),
        "B" * (MAX_LENGTH + 1),
        'Bearer realm="' + "x" * MAX_LENGTH,
    ],
)
def test_what_may_not(header: str) -> None:
    with pytest.raises(RegistryError) as caught:
        parse(header)
    assert str(caught.value).isprintable()


def test_what_would_take_for_ever_does_not() -> None:
    for text in ("," * MAX_LENGTH, "\t" * MAX_LENGTH, "a=" * (MAX_LENGTH // 2)):
        try:
            parse(text)
        except RegistryError:
            continue
