"""Who takes over from a model: what the checks say before it happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.checks import problems
from engine.nodes.catalog import CATALOG
from engine.observe.site import site_of
from engine.settings import Settings
from engine.workflow.model import Node, Workflow

CLOUD = {"model": "big", "url": "https://models.example/v1", "key": "secret://big"}
HOUSE = {"model": "house", "url": "http://10.0.0.9/v1", "placement": "edge"}


def found(folder: Path, placement: str = "either", **first: Any) -> dict[str, str]:
    """{code: sentence} of a node that asks the role `first`."""
    roles = {"first": {"model": "first.gguf", **first}, "cloud": CLOUD, "house": HOUSE}
    settings = Settings.model_validate({"roles": roles})
    node = Node(key="a", type="model.ask", params={"role": "first", "prompt": "?"}, placement=placement)
    said = problems(Workflow(name="w", nodes=(node,)), CATALOG, site_of(folder, settings, None))
    return {one.code: one.sentence for one in said if one.code not in ("missing-role", "unfit-model")}


def test_a_chain_that_stays_near_is_no_problem(tmp_path: Path) -> None:
    assert found(tmp_path) == {} == found(tmp_path, fallback=["house"])
    assert found(tmp_path, "edge", fallback=["house"]) == {} == found(tmp_path, fallback=["house"], data="site")


def test_a_chain_that_leads_into_the_cloud_is_said_and_so_is_a_key_that_is_missing(tmp_path: Path) -> None:
    said = found(tmp_path, fallback=["house", "cloud"])
    assert set(said) == {"cloud-fallback", "fallback-without-key"}
    assert "may go to the cloud" in said["cloud-fallback"] and "'big'" in said["fallback-without-key"]


def test_a_fallback_that_may_never_be_asked_is_said(tmp_path: Path) -> None:
    assert "stays on the edge" in found(tmp_path, "edge", fallback=["cloud"])["idle-fallback"]
    assert "go no further" in found(tmp_path, fallback=["cloud"], data="site")["idle-fallback"]
    assert "'house'" in found(tmp_path, fallback=["house"], data="edge")["idle-fallback"]
