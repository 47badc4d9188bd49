"""Tidy: no overlaps, the same places for the same drawing, everything where people look for it."""

from __future__ import annotations

import time
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.document import edits
from designer.document.change import CARD, Rect, rect_of
from engine.workflow.file import load_text
from engine.workflow.model import Edge, Node, Note, Workflow
from tests.designer.document.drawn import flow


def rects(workflow: Workflow, sizes: dict[str, tuple[float, float]] | None = None) -> dict[str, Rect]:
    return {node.key: rect_of(workflow, node.key, sizes) for node in workflow.nodes}


def overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def inside(inner: Rect, outer: Rect) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )


def test_edges_lead_from_left_to_right() -> None:
    edges = ("a.output -> b.input", "b.output -> c.input", "c.output -> d.input")
    found = rects(edits.tidy(flow("d:wait c:wait a:wait b:wait", *edges)))
    assert found["a"][0] < found["b"][0] < found["c"][0] < found["d"][0]
    assert len({rect[1] for rect in found.values()}) == 1, "a chain is a straight line"


def test_cases_of_a_branch_come_in_their_order_from_top_to_bottom() -> None:
    workflow = flow(
        "z:wait y:wait x:wait b:branch",
        "b.otherwise -> x.input",
        "b.two -> y.input",
        "b.one -> z.input",
        b={"cases": [{"name": "one", "when": "true"}, {"name": "two", "when": "true"}]},
    )
    found = rects(edits.tidy(workflow))
    assert found["z"][1] < found["y"][1] < found["x"][1]


def test_tools_stand_below_their_agent() -> None:
    workflow = flow(
        "a:agent t:http.request u:sql.query v:file.read w:data.template b:wait",
        *(f"{key}.tool -> a.tools" for key in "tuvw"),
        "a.result -> b.input",
    )
    found = rects(edits.tidy(workflow))
    agent = found["a"]
    for key in "tuvw":
        assert found[key][1] >= agent[1] + agent[3]
    assert found["t"][1] == found["u"][1] == found["v"][1] < found["w"][1]
    assert found["t"][0] < agent[0] + agent[2] / 2 < found["v"][0] + found["v"][2]


def test_nothing_stands_between_the_nodes_of_a_loop() -> None:
    workflow = flow(
        "s:wait l:loop a:wait b:wait o:wait e:wait",
        "s.output -> l.start",
        "l.body -> a.input",
        "a.output -> b.input",
        "b.output -> l.again",
        "s.output -> o.input",
        "l.done -> e.input",
        "o.output -> e.input",
    )
    found = rects(edits.tidy(workflow))
    body = [found[key] for key in "ab"]
    region = (
        min(r[0] for r in body),
        min(r[1] for r in body),
        max(r[0] + r[2] for r in body) - min(r[0] for r in body),
        max(r[1] + r[3] for r in body) - min(r[1] for r in body),
    )
    assert not any(overlap(found[key], region) for key in "sloe")
    assert found["l"][0] < region[0]
    assert found["e"][0] >= region[0] + region[2]


def test_nodes_without_edges_stand_below() -> None:
    found = rects(edits.tidy(flow("x:wait a:wait y:wait b:wait", "a.output -> b.input")))
    bottom = max(found[key][1] + found[key][3] for key in "ab")
    assert found["x"][1] == found["y"][1] >= bottom


def test_many_nodes_without_edges_make_rows() -> None:
    found = rects(edits.tidy(flow(" ".join(f"n{i}:wait" for i in range(30)))))
    assert len({rect[1] for rect in found.values()}) > 3


def test_a_frame_stays_around_its_nodes_alone() -> None:
    workflow = flow(
        "a:wait b:wait c:wait d:wait e:wait",
        "a.output -> b.input",
        "b.output -> c.input",
        "c.output -> d.input",
        "a.output -> e.input",
        "e.output -> d.input",
    )
    workflow = edits.move(workflow, {"e": (450.0, 400.0)})
    workflow, frame = edits.frame(workflow, ["b", "c"])
    workflow, note = edits.add_note(workflow, (330.0, -30.0), "inside")
    workflow = edits.resize(workflow, frame, (250.0, -200.0, 700.0, 400.0))
    assert set(edits.contents(workflow, frame)) == {"b", "c", note}
    after = edits.tidy(workflow)
    assert set(edits.contents(after, frame)) == {"b", "c", note}
    found = {**rects(after), note: after.notes[note].rect}
    assert all(inside(found[key], after.notes[frame].rect) for key in ("b", "c", note))
    assert not any(overlap(found[key], after.notes[frame].rect) for key in "ade")
    assert not any(overlap(one, other) for one, other in combinations(found.values(), 2))


def test_a_frame_that_cannot_stand_alone_is_still_around_its_nodes() -> None:
    workflow = flow("a:wait b:wait c:wait", "a.output -> b.input", "b.output -> c.input")
    workflow = edits.move(workflow, {"b": (300.0, 400.0), "c": (300.0, 0.0)})
    workflow, frame = edits.frame(workflow, ["a", "c"])
    after = edits.tidy(workflow)
    assert all(inside(rects(after)[key], after.notes[frame].rect) for key in "ac")


def test_a_note_goes_along_with_its_node_and_covers_nothing() -> None:
    workflow = flow("a:wait b:wait", "b.output -> a.input")
    workflow, near = edits.add_note(workflow, (0.0, -150.0), "on a")
    workflow, _ = edits.add_note(workflow, (310.0, 10.0), "on b")
    after = edits.tidy(workflow)
    found = [*rects(after).values(), *(note.rect for note in after.notes.values())]
    assert not any(overlap(one, other) for one, other in combinations(found, 2))
    moved = after.layout["a"][0] - workflow.layout["a"][0]
    assert after.notes[near].rect[0] == workflow.notes[near].rect[0] + moved


def test_only_the_chosen_nodes_move() -> None:
    workflow = flow("a:wait b:wait c:wait d:wait", "a.output -> b.input", "c.output -> d.input")
    workflow = edits.move(workflow, {"c": (0.0, 504.0), "d": (40.0, 520.0)})
    after = edits.tidy(workflow, keys=["c", "d"])
    assert {key for key in "abcd" if after.layout[key] != workflow.layout[key]} == {"d"}
    assert edits.tidy(workflow, keys=[]) is workflow


def test_a_thousand_nodes_take_a_moment() -> None:
    workflow = flow(
        " ".join(f"n{i}:wait" for i in range(1000)), *(f"n{i // 2}.output -> n{i}.input" for i in range(1, 1000))
    )
    began = time.perf_counter()
    after = edits.tidy(workflow)
    assert time.perf_counter() - began < 10.0  # about 0.5 s
    assert len(set(after.layout.values())) == 1000


def test_a_long_chain_with_long_wires_takes_a_moment() -> None:
    edges = [f"n{i}.output -> n{i + 1}.input" for i in range(499)] + [f"n0.output -> n{i}.input" for i in range(2, 500)]
    after = edits.tidy(flow(" ".join(f"n{i}:wait" for i in range(500)), *edges))
    assert len({place[0] for place in after.layout.values()}) == 500


KINDS = ("wait", "data.set", "loop", "agent", "merge", "http.request", "no.such")
PORTS = {"loop": (("body", "done"), ("start", "again")), "agent": (("result", "to_x"), ("input", "tools"))}


@st.composite
def anything(draw: st.DrawFn) -> tuple[Workflow, dict[str, tuple[float, float]]]:
    """Any drawing, also one with circles, frames and notes all over it, and cards of any size."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=14))
    keys = [f"n{i}" for i in range(len(kinds))]
    one = st.integers(0, len(keys) - 1)
    edges = []
    for a, b, p, q in draw(st.lists(st.tuples(one, one, st.integers(0, 2), st.integers(0, 1)), max_size=25)):
        outs = PORTS.get(kinds[a], (("output", "tool", "error"), ()))[0]
        ins = PORTS.get(kinds[b], ((), ("input", "more")))[1]
        edges.append(Edge(source=keys[a], out=outs[p % len(outs)], target=keys[b], into=ins[q % len(ins)]))
    place = st.integers(-1000, 1000).map(float)
    length = st.integers(40, 900).map(float)
    notes = {
        f"x{i}": Note(kind=kind, rect=rect)
        for i, (kind, rect) in enumerate(
            draw(
                st.lists(
                    st.tuples(st.sampled_from(("frame", "note")), st.tuples(place, place, length, length)), max_size=4
                )
            )
        )
    }
    workflow = Workflow(
        name="w",
        nodes=tuple(Node(key=key, type=kind) for key, kind in zip(keys, kinds, strict=True)),
        edges=tuple(dict.fromkeys(edges)),
        layout={key: (draw(place), draw(place)) for key in keys if draw(st.booleans())},
        notes=notes,
    )
    sizes = {key: (float(draw(st.integers(60, 400))), float(draw(st.integers(30, 300)))) for key in keys[::2]}
    return workflow, sizes


@settings(max_examples=150)
@given(anything())
def test_no_two_cards_ever_overlap_and_tidying_again_changes_nothing(
    drawn: tuple[Workflow, dict[str, tuple[float, float]]],
) -> None:
    workflow, sizes = drawn
    after = edits.tidy(workflow, sizes)
    found = rects(after, sizes)
    assert not any(overlap(one, other) for one, other in combinations(found.values(), 2))
    assert all(x % 8 == 0 and y % 8 == 0 for x, y, _, _ in found.values())
    assert edits.tidy(workflow, sizes) == after
    if not workflow.notes:  # frames over one another may hold more afterwards
        assert edits.tidy(after, sizes) is after
    assert after.nodes is workflow.nodes
    assert after.edges is workflow.edges
    for key, note in workflow.notes.items():
        held = edits.contents(workflow, key, sizes)
        assert all(inside(found[node], after.notes[key].rect) for node in held if node in found)
        assert after.notes[key].model_copy(update={"rect": note.rect}) == note
    assert Workflow.model_validate(after.model_dump()) == after


@pytest.mark.parametrize("name", ["machine-alarm"])
def test_templates_can_be_tidied(name: str) -> None:
    with open(f"resources/templates/{name}.workflow.yaml", encoding="utf-8") as file:
        workflow = load_text(file.read())
    found = rects(edits.tidy(workflow))
    assert not any(overlap(one, other) for one, other in combinations(found.values(), 2))
    assert all(rect[2:] == CARD for rect in found.values())
