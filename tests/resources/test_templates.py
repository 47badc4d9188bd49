"""Holds what the shipped templates promise."""

from __future__ import annotations

import json
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from engine.checks import problems
from engine.nodes.agent_turns import Target, system_text
from engine.nodes.catalog import CATALOG
from engine.observe.site import site_of
from engine.settings import Settings, resources_dir
from engine.workflow.file import dump_text, load_text
from engine.workflow.model import Node

TEMPLATES = sorted((resources_dir() / "templates").glob("*.workflow.yaml"))
EVERY = pytest.mark.parametrize("file", TEMPLATES, ids=[file.name.partition(".")[0] for file in TEMPLATES])


def _contract(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((resources_dir() / "models" / f"{name}.contract.json").read_text("utf-8"))
    return found


def _alarm_node(key: str) -> Node:
    text = (resources_dir() / "templates" / "machine-alarm.workflow.yaml").read_text(encoding="utf-8")
    return load_text(text).by_key[key]


@EVERY
def test_a_template_checks_without_a_word_on_a_fresh_installation(file: Path, tmp_path: Path) -> None:
    assert problems(load_text(file.read_bytes()), CATALOG, site_of(tmp_path, Settings(), None)) == []


@EVERY
def test_a_template_is_named_as_its_file_and_stays_the_same_when_it_is_saved(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    workflow = load_text(text)
    assert file.name == f"{workflow.name}.workflow.yaml"
    assert dump_text(workflow) == text


@EVERY
def test_every_node_of_a_template_has_a_title_and_a_place_of_its_own(file: Path) -> None:
    workflow = load_text(file.read_bytes())
    assert all(node.title for node in workflow.nodes)
    assert set(workflow.layout) == {node.key for node in workflow.nodes}
    tools = {edge.source for edge in workflow.edges if edge.into == "tools"}
    for (one, (x, y)), (other, (right, low)) in combinations(workflow.layout.items(), 2):
        small = one in tools and other in tools
        across, down = (216, 96) if small else (300, 190)  # a card in a run is at most so large
        assert abs(right - x) >= across or abs(low - y) >= down, (one, other)
    assert len({x for key, (x, _) in workflow.layout.items() if key not in tools}) <= 8


@EVERY
def test_a_template_reads_like_a_page_line_by_line(file: Path) -> None:
    workflow = load_text(file.read_bytes())
    again = {edge.target for edge in workflow.edges if edge.into == "again"}
    for edge in workflow.edges:
        (x, y), (right, low) = workflow.layout[edge.source], workflow.layout[edge.target]
        assert x < right or y < low or edge.into in ("again", "tools") or edge.target in again, str(edge)


@EVERY
def test_frames_hold_their_nodes_whole_and_nothing_lies_on_a_note(file: Path) -> None:
    workflow = load_text(file.read_bytes())
    frames = [note for note in workflow.notes.values() if note.kind == "frame"]
    assert all(note.title for note in workflow.notes.values()) and frames
    inside = 0
    for x, y in workflow.layout.values():
        for left, top, width, height in (note.rect for note in frames):
            if left < x + 256 and x < left + width and top < y + 96 and y < top + height:
                assert left <= x and x + 256 <= left + width and top <= y and y + 96 <= top + height
                inside += 1
    assert inside == len(workflow.nodes)
    for note in (note for note in workflow.notes.values() if note.kind == "note"):
        left, top, width, height = note.rect
        for x, y in workflow.layout.values():
            assert x + 256 <= left or left + width <= x or y + 96 <= top or top + height <= y, note.title


@EVERY
def test_the_inputs_beside_a_template_are_its_own_and_their_examples_are_there(file: Path) -> None:
    workflow = load_text(file.read_bytes())
    given = json.loads(file.with_name(f"{workflow.name}.inputs.json").read_text("utf-8"))
    needed = {name for name, schema in workflow.inputs.items() if "default" not in schema}
    assert needed <= set(given) <= set(workflow.inputs)
    for value in given.values():
        if str(value).startswith("example:"):
            assert (resources_dir() / "examples" / value.removeprefix("example:")).is_file(), value


def test_the_agent_is_told_and_may_say_exactly_what_its_model_was_trained_on() -> None:
    contract, agent = _contract("small"), _alarm_node("triage")
    assert agent.params["instructions"].strip() == contract["instructions"]
    assert agent.params["output"] == contract["output"]
    for tool in contract["tools"]:
        use = _alarm_node(tool["name"]).params["tool"]
        assert (use["description"], use["parameters"]) == (tool["description"], tool["parameters"])


def test_the_facts_are_the_lines_that_the_model_knows() -> None:
    known = [line.partition(":")[0] for line in _contract("small")["input_template"].splitlines()]
    told = [line.partition(":")[0] for line in _alarm_node("facts").params["text"].splitlines()]
    assert told == known


def test_the_score_is_compared_with_the_threshold_that_its_model_was_fitted_to() -> None:
    assert _alarm_node("score").params["threshold"] == _contract("anomaly")["anomalous_above"]


def test_the_inspector_is_asked_below_the_sureness_that_the_card_was_measured_with() -> None:
    contract = _contract("surface")
    text = (resources_dir() / "templates" / "camera-defect.workflow.yaml").read_text(encoding="utf-8")
    nodes = load_text(text).by_key
    assert all(f">= {contract['sure_from']}" in case["when"] for case in nodes["decide"].params["cases"])
    assert repr(contract["labels"]) in nodes["seen"].params["values"]["label"]
    assert nodes["inspect"].params["value_schema"]["properties"]["label"]["enum"] == contract["labels"]


def test_the_agents_of_goods_in_are_told_and_may_say_exactly_what_their_model_was_trained_on() -> None:
    sys.path.insert(0, str(resources_dir().parent / "packaging" / "models"))
    try:
        import goods_in
    finally:
        sys.path.pop(0)
        for name in ("goods_in", "contract", "rules"):
            sys.modules.pop(name, None)
    nodes = load_text((resources_dir() / "templates" / "goods-in.workflow.yaml").read_bytes()).by_key
    assert nodes["read"].params["instructions"] == goods_in.READ
    assert list(nodes["read"].params["output"]["properties"]) == list(goods_in.FIELDS)
    decide = nodes["decide"].params
    told = Target(decide["hand_offs"]["supplier"]["for"], decide["hand_offs"]["supplier"]["fields"])
    assert system_text(decide["instructions"], {}, {"supplier": told}) == f"{goods_in.DECIDE}\n{goods_in.DESK}"
    assert nodes["desk"].params["instructions"] == goods_in.WRITE
