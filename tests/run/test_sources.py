"""Where values came from: labels through expressions, ports, rounds, children, people; they never get fewer alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.sources import MAX_PLACES, at, join, kinds, labels, of_value, parts, places

FILE, WEB = ["file:read"], ["web:fetch"]


def look(path: tuple[str | int, ...]) -> Any:
    """`input.a` came from a file, `input.b` from the web, `input.c.x` from a file, the rest from nowhere."""
    known = {"a": FILE, "b": WEB, "c": {"x": FILE}}
    return at(known, path[1:]) if len(path) > 1 else join(known.values())


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("plain", []),
        (7, []),
        (None, []),
        ("{{ input.a }}", FILE),
        ("{{ input.a.b[0].c }}", FILE),
        ("x {{ input.a }} {{ input.b }}", [*FILE, *WEB]),
        ("{{ input.c }}", {"x": FILE}),
        ("{{ input.c.y }}", []),
        ("{{ input.c.x.deep }}", FILE),
        ("{{ size(input.a) }}", FILE),
        ("{{ input.c == null }}", FILE),
        ("{{ [1, 2].map(a, a + 1) }}", []),
        ("{{ input.a.map(row, row.b) }}", FILE),
        ("{{ input.none }}", []),
        ("{{ 'input.a' }}", []),
        ({"one": "{{ input.a }}", "two": "fixed"}, {"one": FILE}),
        ({"one": "{{ input.a }}", "two": "{{ input.a }}"}, FILE),
        ({"one": {"deep": "{{ input.b }}"}, "two": 1}, {"one": WEB}),
        (["fixed", "{{ input.b }}"], {"1": WEB}),
        ([], []),
        ({"bad": "{{ input. }}"}, []),
    ],
)
def test_a_value_is_of_what_its_expressions_name(value: Any, origin: Any) -> None:
    assert of_value(value, look) == origin


@pytest.mark.parametrize(
    ("origin", "path", "part"),
    [
        (FILE, ("any", 1), FILE),
        ({"x": FILE, "": WEB}, ("x", "y"), FILE),
        ({"x": FILE, "": WEB}, ("z",), WEB),
        ({"x": FILE}, ("z",), []),
        ({"0": FILE, "1": WEB}, (1,), WEB),
        ({"x": {"y": FILE}}, ("x", "y", "z"), FILE),
        ([], ("x",), []),
    ],
)
def test_a_part_has_its_own_origin_or_that_of_the_whole(origin: Any, path: Any, part: Any) -> None:
    assert at(origin, path) == part


def test_of_each_source_a_few_places_are_named_and_the_source_is_never_lost() -> None:
    many = [f"file:n{number:02}" for number in range(40)]
    assert join([many, WEB]) == [*many[:MAX_PLACES], *WEB]
    assert kinds(join([many, WEB])) == ["file", "web"]
    assert places(join([many, WEB]), ["web", "tool"]) == {"web": ["fetch"]}
    assert join([join([many[20:]]), join([many[:20]])]) == join([many])


_LABEL = st.builds("{}:{}".format, st.sampled_from(["file", "web", "tool", "model"]), st.sampled_from("abcdefgh"))
_FLAT = st.lists(_LABEL, max_size=6).map(lambda found: join([found]))
_ORIGIN = st.recursive(_FLAT, lambda below: st.dictionaries(st.sampled_from(["x", "y", "0", ""]), below), max_leaves=6)


@given(st.lists(_ORIGIN, max_size=5))
def test_joining_keeps_every_source(origins: list[Any]) -> None:
    together = join(origins)
    assert kinds(together) == sorted({kind for origin in origins for kind in kinds(origin)})
    assert join([together, *origins]) == together and json.loads(json.dumps(together)) == together


@given(st.dictionaries(st.sampled_from(["x", "y", "z"]), _ORIGIN))
def test_an_object_says_of_each_part_at_least_what_it_is_of(origins: dict[str, Any]) -> None:
    whole = parts(origins)
    assert kinds(whole) == sorted({kind for origin in origins.values() for kind in kinds(origin)})
    for name, origin in origins.items():
        assert set(kinds(origin)) <= set(kinds(at(whole, (name,))))


@given(_ORIGIN, st.lists(st.sampled_from(["x", "y", 0]), max_size=3))
def test_a_part_comes_from_nowhere_that_its_whole_does_not(origin: Any, path: list[Any]) -> None:
    assert set(labels(at(origin, path))) <= set(labels(origin))
