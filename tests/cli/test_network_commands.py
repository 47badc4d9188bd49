"""`network`, `folders` and `check --offline`: what they say and what they change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.net.asked import Asked
from engine.settings import load

REMOTE = """
format: 1
name: far
placement: either
nodes:
  ask:
    type: model.ask
    params: {role: big, prompt: hello}
  none:
    type: model.ask
    params: {role: nobody, prompt: hello}
  post:
    type: http.request
    params: {url: "https://mes.plant.example/orders/{{ input.input }}", method: POST, headers: {X: "secret://mes-token"}}
  open:
    type: http.request
    params: {url: "{{ input.input }}"}
  child:
    type: subworkflow
    params: {workflow: no-such-workflow}
edges:
  - ask.result -> none.input
  - none.result -> post.input
  - post.output -> open.input
  - open.output -> child.input
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def document(ctl: Any, *args: str, data: Path) -> Any:
    done = ctl(*args, "--json", "--data-dir", str(data))
    assert done.code == 0, done
    return json.loads(done.out)


def test_the_switch_and_the_list_are_changed_and_shown(ctl: Any, data: Path) -> None:
    assert document(ctl, "network", "show", data=data) == {
        "offline": False, "rule": "drawn", "allow": [], "proxy": "", "would": [], "asked": [],
        "site": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
    }  # fmt: skip
    document(ctl, "network", "allow", "MES.lan", "*.plant.example:8443", "10.2.0.0/16", data=data)
    assert document(ctl, "network", "off", data=data)["offline"] is True
    assert document(ctl, "network", "deny", "mes.lan", data=data)["allow"] == ["*.plant.example:8443", "10.2.0.0/16"]
    assert load(data).network == "off" and load(data).network_rules.allow == ("*.plant.example:8443", "10.2.0.0/16")
    assert document(ctl, "network", "on", data=data)["offline"] is False


@pytest.mark.parametrize("args", [("allow", "http://x"), ("allow", "127.1"), ("allow", "*"), ("deny", "x.example")])
def test_what_is_no_host_or_not_in_the_list_is_refused(ctl: Any, data: Path, args: tuple[str, ...]) -> None:
    done = ctl("network", *args, "--data-dir", str(data))
    assert done.code == 2 and "Traceback" not in done.err and done.err.strip()


def test_show_says_who_would_be_asked_and_who_was(ctl: Any, data: Path, tmp_path: Path) -> None:
    data.mkdir(exist_ok=True)
    roles = {"big": {"model": "m", "url": "https://models.example.com/v1", "fallback": ["other"]},
             "other": {"model": "m", "url": "https://other.example.com/v1"}}  # fmt: skip
    (data / "settings.json").write_text(json.dumps({"roles": roles}))
    file = tmp_path / "far.workflow.yaml"
    file.write_text(REMOTE.split("  none:", 1)[0] + "  post:" + REMOTE.split("  post:", 1)[1].split("  child:")[0])
    ctl("check", str(file), "--add", "--data-dir", str(data))
    from engine.store import DATA_FILE, Lease, open_store
    from engine.workflow.file import load_text

    if not (data / DATA_FILE).exists():
        Lease.acquire(data, "test").release()
    with open_store(data / DATA_FILE, role="client") as store:
        store.library.put(load_text(file.read_bytes()))
    asked = Asked(data, lambda: 1.0)
    asked.note("mes.plant.example", 443, "http.request", "asked")
    asked.note("mes.plant.example", 443, "http.request", "asked")
    asked.flush(last=True)
    found = document(ctl, "network", "show", data=data)
    assert [(one["node"], one["what"], one["host"]) for one in found["would"]] == [
        ("ask", "role big", "https://models.example.com/v1"),
        ("ask", "role other", "https://other.example.com/v1"),
        ("post", "http.request", "mes.plant.example:443"),
        ("open", "http.request", ""),
    ]
    assert found["asked"] == [
        {"host": "mes.plant.example", "port": 443, "what": "http.request", "at": 1.0, "outcome": "asked", "times": 2}
    ]


def test_checking_offline_lists_everything_that_is_missing_and_needed(ctl: Any, data: Path, tmp_path: Path) -> None:
    data.mkdir(exist_ok=True)
    roles = {"big": {"model": "m", "url": "https://models.example.com/v1", "key": "secret://big-key"}}
    (data / "settings.json").write_text(json.dumps({"roles": roles}))
    from engine.store import Lease

    Lease.acquire(data, "test").release()
    file = tmp_path / "far.workflow.yaml"
    file.write_text(REMOTE)
    done = ctl("check", "--offline", str(file), "--json", "--data-dir", str(data))
    assert done.code == 2
    (one,) = json.loads(done.out)
    found = {(need["kind"], need["node"], need["missing"]) for need in one["needs"]}
    assert {
        ("network", "ask", False), ("credential", "ask", True), ("model", "none", True), ("network", "post", False),
        ("credential", "post", True), ("network", "open", False),
    } <= found  # fmt: skip
    assert all(need["sentence"].endswith(".") for need in one["needs"])
    text = ctl("check", "--offline", str(file), "--data-dir", str(data))
    assert text.code == 2 and len([line for line in text.out.splitlines() if line.startswith(str(file))]) >= len(found)


def test_a_node_on_the_edge_names_no_host_beyond_the_site(ctl: Any, data: Path, tmp_path: Path) -> None:
    def codes(url: str) -> list[str]:
        file = tmp_path / "edge.workflow.yaml"
        params = f'{{url: "{url}"}}'
        file.write_text(
            f"format: 1\nname: edge\nplacement: edge\nnodes:\n  get:\n    type: http.request\n    params: {params}\n"
        )
        done = ctl("check", str(file), "--json", "--data-dir", str(data))
        return [problem["code"] for problem in json.loads(done.out)[0]["problems"]]

    for url in ("https://api.example.com/", "http://8.8.8.8/", "http://mes.plant.example:8080/{{ run.id }}"):
        assert "cloud-host" in codes(url), url
    for url in ("http://10.1.2.3/", "http://mes/", "http://printer.local/", "http://127.0.0.1:8080/", "{{ run.id }}"):
        assert "cloud-host" not in codes(url), url


def test_folders_are_listed_allowed_and_denied(ctl: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "Out Folder"
    out.mkdir()
    found = document(ctl, "folders", "allow", str(out), "--write", data=data)
    assert found["folders"][1] == {"name": "out-folder", "path": str(out), "mode": "write"}
    assert document(ctl, "folders", "allow", str(out), data=data)["folders"][1]["mode"] == "read"
    assert len(document(ctl, "folders", "deny", "out-folder", data=data)["folders"]) == 1
    for wrong in ("/", str(tmp_path / "none"), str(data)):
        assert ctl("folders", "allow", wrong, "--data-dir", str(data)).code == 2
