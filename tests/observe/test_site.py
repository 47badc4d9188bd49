"""What is there on this PC, as programs that only look at a data folder find it out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import Refused
from engine.observe.site import known_tools, refuse_if_broken, site_of
from engine.settings import Settings
from engine.store import open_store
from engine.tools.registry import tools
from engine.workflow.model import Node, Workflow


def test_the_tools_that_are_known_without_loading_any_are_those_of_the_engine() -> None:
    assert known_tools() == frozenset(tools()) | {"mcp.call"}  # which the host adds, with the servers it keeps


def test_looking_at_a_site_loads_no_tool_no_model_and_no_executor() -> None:
    code = (
        "import sys, engine.observe.site, engine.observe.family;"
        "print([name for name in sys.modules if name.startswith(('engine.tools', 'engine.models', 'engine.executor'))])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_site_has_the_files_of_the_workspace_the_roles_with_a_model_and_the_newest_versions(tmp_path: Path) -> None:
    settings = Settings()
    settings.workspace_dir(tmp_path).mkdir(parents=True)
    (settings.workspace_dir(tmp_path) / "here.csv").write_text("a\n")
    with open_store(tmp_path / "signalbox.sqlite", role="engine") as store:
        for title in ("old", "new"):
            store.library.put(Workflow(name="child", title=title))
        site = site_of(tmp_path, settings, store.library)
        assert site.workflows is not None and site.workflows["child"].title == "new"
        assert list(site.workflows) == ["child"] and "other" not in site.workflows
        assert site.files_exist is not None and site.files_exist("here.csv") and not site.files_exist("gone.csv")
        assert site.roles is not None and site.roles <= set(settings.roles)
        broken = Workflow(name="w", nodes=(Node(key="a", type="gone.type"), Node(key="b", type="gone.type")))
        with pytest.raises(Refused, match=r"w, node a.*\(1 more\)"):
            refuse_if_broken(broken, tmp_path, settings, store.library)


def test_a_device_whose_package_is_not_installed_is_said_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.checks import problems
    from engine.nodes.catalog import CATALOG
    from engine.observe import site as looking
    from engine.workflow.file import load_text

    monkeypatch.setattr(looking, "find_spec", lambda package: None if package == "pymodbus" else object())
    site = site_of(tmp_path, Settings(), None)
    for name, told in {"modbus.write": ["missing-tool"], "opcua.read": []}.items():
        found = problems(load_text(CATALOG[name].example), CATALOG, site)
        assert [problem.code for problem in found if problem.severity == "error"] == told
        assert all("the package for Modbus" in problem.sentence for problem in found if problem.severity == "error")
