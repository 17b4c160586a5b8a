from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from workflow_engine.errors import TemplateError
from workflow_engine.templates import Template, Tree
from workflow_engine.templates.evaluate import Data
from workflow_engine.templates.functions import FUNCTIONS

ROOT = {
    "name": "ann lee",
    "n": 3.0,
    "zero": 0,
    "yes": True,
    "items": [{"p": 2, "g": "x"}, {"p": 5, "g": "y"}, {"p": 2, "g": "x"}],
    "words": ["b", "a", "b"],
    "steps": {"parse-request": {"id": 7}},
    "trigger": {"path": "/x"},
    "m": {"b": 1, "a": True},
    "json": '{"admin": true}',
}


def data(root: Any = None) -> Data:
    return Data(
        root=ROOT if root is None else root,
        now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        new_uuid=lambda: "one-uuid",
    )


RENDERED = [
    ("plain", "plain"),
    ("a {{ .name }} b", "a ann lee b"),
    ("{{.n}}{{ .yes }}{{ .m }}{{ .words }}", "3truemap[a:true b:1][b a b]"),
    ("{{ .missing }}|{{ .missing.deeper }}|{{ .name.deeper }}", "||"),
    ("{{ .steps.parse-request.id }}", "7"),
    ('{{ index .steps "parse-request" "id" }}', "7"),
    ('{{ step "parse-request" "id" }}{{ trigger "path" }}', "7/x"),
    ('{{ (index .items 1).p }}|{{ index .items 9 "p" }}', "5|"),
    ("{{ .name | upper | lower | title }}", "Ann Lee"),
    ('{{ replace "ann" "bo" .name }}', "bo lee"),
    ('{{ contains "lee" .name }} {{ contains "a" .words }}', "true true"),
    ('{{ hasPrefix "ann" .name }} {{ hasSuffix "x" .name }}', "true false"),
    ('{{ split " " .name | join "-" }}', "ann-lee"),
    ('{{ trimSpace "  x " }}{{ trimPrefix "a" "ab" }}{{ trimSuffix "b" "ab" }}', "xba"),
    ('{{ urlEncode "a b&c" }} {{ b64 "hi" }}', "a+b%26c aGk="),
    ('{{ .missing | default "d" }} {{ default "d" .n }} {{ .zero | default 4 }}', "d 3 4"),
    ('{{ coalesce .missing "" "c" }}', "c"),
    ("{{ json .m }} {{ .words | json }}", '{"a":true,"b":1} ["b","a","b"]'),
    ("{{ add 1 2 }} {{ sub 1 2 }} {{ mul 2 3.5 }} {{ div 1 4 }}", "3 -1 7 0.25"),
    ('{{ toInt "7.9" }} {{ toFloat "2" }} {{ toString 5 }}', "7 2 5"),
    ('{{ sum .items "p" }} {{ min .items "p" }} {{ max .items "p" }}', "9 2 5"),
    ('{{ pluck .items "p" }} {{ unique .words }} {{ len .words }}', "[2 5 2] [b a] 3"),
    ('{{ first .words }}{{ last .words }} {{ sortBy .items "p" | len }}', "bb 3"),
    ('{{ groupBy .items "g" | len }} {{ unique .items "g" | len }}', "2 2"),
    ('{{ now }} {{ now "2006-01-02 15:04:05" }}', "2026-01-02T03:04:05Z 2026-01-02 03:04:05"),
    ("{{ uuid }}{{ uuidv4 }}", "one-uuidone-uuid"),
    ('{{ printf "%05d|%-4s|%.2f|%q|%v%%" 7 "x" 1.5 "q" .yes }}', '00007|x   |1.50|"q"|true%'),
    ("{{ eq .n 3 }} {{ ne 1 2 }} {{ lt 1 2 }}", "true true true"),
    ("{{ ge 1 2 }} {{ eq true 1 }}", "false false"),
    ("{{ and .yes .name }} {{ or .missing .n }} {{ not .zero }}", "ann lee 3 true"),
    ("{{ if .missing }}a{{ else if .yes }}b{{ else }}c{{ end }}", "b"),
    ("{{ range .items }}{{ .p }},{{ end }}", "2,5,2,"),
    ("{{ range .missing }}x{{ else }}none{{ end }}", "none"),
    ("{{ with .m }}{{ .b }}{{ $.name }}{{ else }}x{{ end }}", "1ann lee"),
    ("a {{- .zero -}} b", "a0b"),
    ("a{{/* }} a comment */}}b{{- /* x */ -}} c", "abc"),
    ('{{ "}}" }}{{ `raw\\n` }}{{ "t\\t\\u0041" }}', "}}raw\\nt\tA"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rendered"), RENDERED)
def test_templates_render(text: str, rendered: str) -> None:
    assert Template.parse(text).render(data()) == rendered


def test_every_function_is_used_above() -> None:
    shown = {word for text, _ in RENDERED for word in re.findall(r"\w+", text)}
    assert sorted(FUNCTIONS.keys() - shown) == ["flatten", "gt", "le", "length"]


def test_the_others() -> None:
    text = "{{ flatten .l | json }} {{ gt 2 1 }} {{ le 1 1 }} {{ length .l }}"
    assert Template.parse(text).render(data({"l": [[1], 2, [3]]})) == "[1,2,3] true true 3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ .a", "an action that is never closed"),
        ("{{ }}", "an action with nothing in it"),
        ("{{ uper .a }}", "no function 'uper'"),
        ("{{ upper }}", "'upper' does not take 0 arguments"),
        ("{{ upper | lower }}", "'upper' does not take 0 arguments"),
        ("{{ .a | .b }}", "what follows a | must be a function"),
        ("{{ (.a }}", "a ( that is never closed"),
        ("{{ .a ) }}", "')' is not expected there"),
        ("{{ .a .b }}", "'.b' is not expected there"),
        ("{{ $x := 1 }}", "can't stand in a template"),
        ("{{ .a.b() }}", "'(' is not expected there"),
        ("{{ if .a }}x", "'if' is never closed"),
        ("{{ end }}", "'end' closes nothing"),
        ("{{ if .a }}{{ else }}{{ else }}{{ end }}", "'if' is never closed"),
        ("{{/* x }}", "a comment that is never closed"),
        ('{{ "\\x" }}', "the escape \\x is not known"),
        ("{{ if .a }}" * 40 + "{{ end }}" * 40, "blocks nested deeper than 32"),
        ("{{ " + "(" * 40 + ".a" + ")" * 40 + " }}", "'(' is not expected there"),
        ("x" * 70_000, "a template of 70000 characters"),
    ],
)
def test_what_can_not_be_parsed_says_why(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template.parse(text)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "{{ .__class__ }}{{ .name.__class__.__mro__ }}{{ .items.append }}{{ .m.keys }}",
        '{{ index .m "__class__" }}{{ (index .items 0).__dict__ }}',
        "{{ $.__globals__ }}{{ .steps.__init__ }}",
    ],
)
def test_no_template_reaches_python(text: str) -> None:
    assert Template.parse(text).render(data()) == ""


def doubled(times: int) -> str:
    text = ".name"
    for _ in range(times):
        text = f'(printf "%s%s%s%s" {text} {text} {text} {text})'
    return f"{{{{ {text} }}}}"


@pytest.mark.parametrize(
    "text",
    [
        '{{ printf "%999999999d" 1 }}',
        '{{ printf "%9999s" 1 }}',
        '{{ replace "" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" .long }}',
        "{{ range .many }}{{ range $.many }}{{ range $.many }}x{{ end }}{{ end }}{{ end }}",
        "{{ range .many }}{{ $.long }}{{ end }}",
        "{{ mul .huge .huge }}",
        "{{ div 1 0 }}",
        "{{ index .many .name }}",
        "{{ json .deep }}",
        "{{ .deep }}",
        '{{ toInt "1e400" }}',
        '{{ add "x" 1 }}',
        '{{ join .long .many }}',
        doubled(6),
    ],
)  # fmt: skip
def test_an_attack_ends_in_an_error_soon(text: str) -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    root = {
        "long": "y" * 100_000,
        "many": list(range(1000)),
        "huge": 1 << 62,
        "name": "n" * 500,
        "deep": deep,
    }
    began = time.perf_counter()
    with pytest.raises(TemplateError):
        Template.parse(text).render(data(root))
    assert time.perf_counter() - began < 3


def test_missing_paths_are_heard_of_but_not_where_they_are_expected() -> None:
    heard: list[str] = []
    seen = Data(root={"a": {}}, now=data().now, new_uuid=data().new_uuid, missing=heard.append)
    text = '{{ .a.b }}{{ .c | default "x" }}{{ if .d }}{{ end }}{{ coalesce .e "y" }}'
    Template.parse(text).render(seen)
    assert heard == [".a.b"]


def test_texts_print_and_values_keep_their_kind() -> None:
    tree = Tree.parse(
        {
            "count": "{{ .n }}",
            "text": "n={{ .n }}",
            "all": ["{{ .words }}", 1, None],
            "made": "{{ json .m }}",
            "given": "{{ .json }}",
        }
    )
    assert tree.texts(data()) == {
        "count": "3",
        "text": "n=3",
        "all": ["[b a b]", 1, None],
        "made": '{"a":true,"b":1}',
        "given": '{"admin": true}',
    }
    assert tree.values(data()) == {
        "count": 3.0,
        "text": "n=3",
        "all": [["b", "a", "b"], 1, None],
        "made": {"a": True, "b": 1},
        "given": '{"admin": true}',  # what a caller sent stays a text
    }


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("{{ .yes }}", True),
        ("{{ .zero }}", False),
        ("{{ .missing }}", False),
        ("{{ eq .n 3 }}", True),
        ("false", False),
        (" 0 ", False),
        ("x{{ .missing }}", True),
        ("{{ .m }}", True),
    ],
)
def test_conditions_hold(text: str, holds: bool) -> None:
    assert Template.parse(text).holds(data()) is holds
