"""Holds what the shipped templates promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.checks import problems
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
    assert len(set(workflow.layout.values())) == len(workflow.nodes)
    for edge in workflow.edges:  # read from left to right
        assert workflow.layout[edge.source][0] < workflow.layout[edge.target][0], str(edge)


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
