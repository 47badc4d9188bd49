"""Remote roles in the settings: where they are, what is refused, and what checks say of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine import settings
from engine.checks import problems
from engine.errors import Refused
from engine.nodes.catalog import CATALOG
from engine.observe.site import site_of
from engine.settings import RoleSetting, Settings
from engine.workflow.model import Edge, Node, Workflow

CLOUD = {"model": "gpt", "url": "https://models.example.com/v1"}


def role(**given: Any) -> RoleSetting:
    return RoleSetting.model_validate({"model": "m", **given})


def test_an_address_or_a_provider_makes_a_role_remote_and_says_where_it_is() -> None:
    assert (role(url="http://127.0.0.1:8080/v1").kind, role(provider="anthropic").kind) == ("remote", "remote")
    assert not role(provider="ollama").on_network and not role(provider="ollama").in_cloud
    for host in ("localhost", "127.3.2.1", "[::1]"):
        assert not role(url=f"http://{host}:1/v1").on_network
    assert role(provider="openai").in_cloud and role(url="https://10.0.0.2/v1").in_cloud
    ours = role(url="http://10.0.0.2/v1", placement="edge")
    assert ours.on_network and not ours.in_cloud, "a server in the house is on the edge when a person says so"
    assert not RoleSetting(model="x.gguf", kind="gguf").on_network


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"url": "ftp://h/v1"}, "not an http:// or https:// address"),
        ({"url": "https:///v1"}, "not an http:// or https:// address"),
        ({"url": "https://ann:pw@h/v1"}, "holds no name and password"),
        ({"url": "http://models.example.com/v1", "key": "secret://k"}, "in the clear"),
        ({"url": "https://h/v1", "key": "sk-123"}, "pattern"),
        ({"model": "x.gguf", "kind": "gguf", "key": "secret://k"}, "is for remote models"),
        ({"model": "x.gguf", "fallback": ["nobody"]}, "no such role"),
    ],
)
def test_what_no_remote_role_can_be_is_refused_with_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        settings.parse(json.dumps({"roles": {"big": {"model": "m", **given}}}).encode())


def test_remote_roles_are_saved_and_loaded_again(tmp_path: Path) -> None:
    big = role(url="https://h/v1", key="secret://k", prices={"input": 1, "output": 2}, fallback=["small"])
    settings.save(Settings(roles={"big": big}), tmp_path)
    assert settings.load(tmp_path).roles["big"] == big


def codes(tmp_path: Path, where: str | None, **given: Any) -> set[str]:
    agent = Node(key="think", type="agent", params={"model": "small"}, placement="edge")
    choose = Node(key="pick", type="model.choose", params={"role": "big", "labels": ["a", "b"]}, placement=where)
    workflow = Workflow(name="flow", nodes=(agent, choose), edges=(Edge.parse("pick.tool -> think.tools"),))
    if given.pop("alone", False):
        workflow = Workflow(name="flow", nodes=(choose,))
    made = Settings.model_validate({"roles": {"big": CLOUD}, **given})
    return {problem.code for problem in problems(workflow, CATALOG, site_of(tmp_path, made, None))}


def test_a_node_on_the_edge_or_a_tool_of_one_names_no_cloud_role(tmp_path: Path) -> None:
    assert "cloud-role" in codes(tmp_path, "edge", alone=True)
    assert "cloud-role" in codes(tmp_path, None), "its agent stays on the edge"
    assert "cloud-role" not in codes(tmp_path, None, alone=True)
    here = {"roles": {"big": {"model": "m", "url": "http://127.0.0.1:9/v1"}}}
    assert "cloud-role" not in codes(tmp_path, "edge", alone=True, **here)


def test_a_remote_role_is_there_and_without_a_network_that_is_said(tmp_path: Path) -> None:
    assert "missing-role" not in codes(tmp_path, None, alone=True)
    assert "needs-network" in codes(tmp_path, None, alone=True, network="off")
    assert "needs-network" not in codes(tmp_path, None, alone=True)
