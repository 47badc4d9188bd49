"""`models`: the library and the roles, as a person and as the designer use them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_kit import REPO, Ctl

from tests.models.lora_kit import make_lora

TINY = REPO / "tests" / "models" / "data" / "tiny.gguf"
ASKS = """
format: 1
name: asks
nodes:
  ask:
    type: model.ask
    params: {role: small, prompt: hello}
"""
LISTED = {
    "roles": {"role", "kind", "model", "path", "bytes", "sha256", "label", "fault", "placement", "fallback", "rule",
              "lora", "memory_bytes", "speed"},
    "files": {"name", "path", "bytes", "sha256", "kind", "architecture", "context", "license", "note", "memory_bytes",
              "speed", "shipped", "used_by", "fault"},
}  # fmt: skip


@pytest.fixture
def asks(ctl: Ctl, workflow: Any) -> Path:
    """A workflow in the library whose agent uses the role `small`."""
    file: Path = workflow(ASKS)
    assert ctl("check", file, "--add").code == 0
    return file


def test_the_list_has_the_shape_that_the_designer_reads(ctl: Ctl, data_dir: Path) -> None:
    done = ctl("models", "list", "--json")
    assert done.code == 0
    for part, fields in LISTED.items():
        assert done.json[part] and all(fields <= set(one) for one in done.json[part])
    assert done.json["memory"].keys() >= {"total_bytes", "free_bytes", "budget_bytes"}
    assert done.json["hub"]["enabled"] is False
    assert list(data_dir.iterdir()) == [], "looking makes nothing"
    assert "tokens/s" not in ctl("models", "list").out


def test_a_file_is_added_given_to_a_role_measured_and_removed(ctl: Ctl, data_dir: Path) -> None:
    added = ctl("models", "add", TINY, "--role", "small", "--license", "mit", "--note", "random", "--json")
    assert added.code == 0 and added.json["added"][0]["name"] == "tiny.gguf"
    shown = ctl("models", "role", "small", "--json").json
    assert shown["path"] == str(data_dir / "models" / "tiny.gguf") and shown["saved"] is False
    removed = ctl("models", "remove", "tiny.gguf")
    assert removed.code == 2 and "`small`" in removed.err and removed.err.count("\n") == 1
    assert ctl("models", "role", "small", "--clear").code == 0
    assert ctl("models", "remove", "tiny.gguf", "--json").json["deleted"] is True
    assert not (data_dir / "models" / "tiny.gguf").exists()


@pytest.mark.needs_llama
def test_what_was_measured_is_kept_and_shown(ctl: Ctl, data_dir: Path) -> None:
    ctl("models", "add", TINY)
    measured = ctl("models", "measure", "tiny.gguf", "--threads", 1, "--json", "--progress")
    assert measured.code == 0
    speed = measured.json
    assert speed["prompt_tps"] > 0 and speed["answer_tps"] > 0 and speed["threads"] == 1 and speed["cpu"]
    lines = [json.loads(line) for line in measured.err.splitlines()]
    assert lines[-1] == {"progress": 1.0, "text": "Measured"} and lines[0]["progress"] is None
    [file] = [one for one in ctl("models", "list", "--json").json["files"] if one["name"] == "tiny.gguf"]
    assert file["speed"]["answer_tps"] == speed["answer_tps"]
    scorer = ctl("models", "measure", "--role", "scorer", "--json").json
    assert scorer["infer_s"] > 0 and scorer["answer_tps"] is None


def test_a_folder_is_added_and_what_cannot_be_is_said(ctl: Ctl, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    shutil.copy(TINY, folder / "a.gguf")
    (folder / "b.onnx").write_bytes(b"no model")
    done = ctl("models", "add", folder, "--json")
    assert done.code == 2 and [one["name"] for one in done.json["added"]] == ["a.gguf"]
    assert "b.onnx" in done.json["refused"][0]["fault"] and done.err.count("\n") == 1
    assert ctl("models", "add", tmp_path / "nothing").code == 2
    (tmp_path / "empty").mkdir()
    assert "no model file" in ctl("models", "add", tmp_path / "empty").err


def test_a_role_is_swapped_after_saying_who_uses_it(ctl: Ctl, data_dir: Path, asks: Path) -> None:
    tried = ctl("models", "role", "small", TINY, "--context", 2048, "--dry-run", "--json").json
    assert tried["used_by"] == [{"workflow": "asks", "node": "ask", "type": "model.ask"}]
    assert tried["before"]["model"] == "small.gguf" and tried["saved"] is False
    assert any("unsure" in note for note in tried["notes"])
    assert not (data_dir / "settings.json").exists()
    done = ctl("models", "role", "small", TINY, "--context", 2048, "--unsure-below", -1, "--threads", 1)
    assert done.code == 0 and "Used by asks." in done.out and "Saved" in done.out
    role = json.loads((data_dir / "settings.json").read_text())["roles"]["small"]
    assert role == {"model": str(TINY), "kind": "gguf", "n_ctx": 2048, "threads": 1}


WRONG = [
    (["small", "anomaly.onnx"], "asks needs a language model"),
    (["small", "nothing.gguf"], "no model 'nothing.gguf'"),
    (["small", str(TINY), "--set", "colour=1"], "FIELD=JSON"),
    (["small", "--fallback", "nobody"], "no such role"),
    (["small", "--context", "3"], "n_ctx"),
    (["small", "--key", "hunter2"], "key"),
    (["nobody"], "no role 'nobody'"),
    (["small", "--clear", "--context", "512"], "either"),
    (["remote", "--url", "ftp://x", "--model", "m"], "address"),
    (["small", str(TINY), "--lora", str(TINY)], "not an adapter"),
]


def test_what_cannot_be_a_role_is_one_sentence(ctl: Ctl, data_dir: Path, asks: Path) -> None:
    for args, said in WRONG:
        done = ctl("models", "role", *args)
        assert done.code == 2 and said in done.err and done.err.count("\n") == 1, args
    assert not (data_dir / "settings.json").exists()


def test_a_model_that_is_used_where_it_is_is_named_with_its_whole_path(ctl: Ctl, tmp_path: Path) -> None:
    far = tmp_path / "stick" / "models" / "far.gguf"
    far.parent.mkdir(parents=True)
    shutil.copy(TINY, far)
    assert ctl("models", "add", far, "--link", "--role", "small").code == 0
    shown = ctl("models", "role", "small", "--json").json
    assert (shown["model"], shown["fault"]) == (str(far), "")
    assert ctl("models", "role", "other", "far.gguf", "--json").json["model"] == str(far)
    assert ctl("models", "role", "other", "small.gguf", "--json").json["model"] == "small.gguf"


def test_a_model_too_large_for_this_pc_says_which_context_would_fit(ctl: Ctl, data_dir: Path) -> None:
    (data_dir / "settings.json").write_text('{"memory": {"budget_bytes": 70000000}}')
    done = ctl("models", "role", "small", TINY, "--context", 4096)
    assert done.code == 2 and "70 MB" in done.err and "--context" in done.err
    context = done.err.rsplit("--context ", 1)[1].split()[0]
    assert ctl("models", "role", "small", TINY, "--context", context).code == 0
    assert ctl("models", "role", "small", TINY, "--context", int(context) + 256).code == 2


def test_an_adapter_is_part_of_the_library_and_is_put_on_a_role(ctl: Ctl, data_dir: Path, tmp_path: Path) -> None:
    adapter = make_lora(tmp_path / "polite.gguf", TINY)
    assert ctl("models", "add", adapter, "--json").json["added"][0]["kind"] == "lora"
    assert "is no model by itself" in ctl("models", "measure", "polite.gguf").err
    assert "not a model" in ctl("models", "role", "small", "polite.gguf").err
    role = ctl("models", "role", "small", TINY, "--lora", "polite.gguf:0.5", "--json").json
    assert role["lora"] == [{"file": "polite.gguf", "scale": 0.5}] and role["fault"] == ""
    assert "`small`" in ctl("models", "remove", "polite.gguf").err
    [file] = [one for one in ctl("models", "list", "--json").json["files"] if one["name"] == "polite.gguf"]
    assert (file["kind"], file["used_by"], file["fault"]) == ("lora", ["small"], "")
    swapped = ctl("models", "role", "small", "small.gguf", "--json").json
    assert swapped["lora"] == [] and any("adapters" in note for note in swapped["notes"])


def test_how_much_memory_models_may_take_and_how_long_they_stay_is_said_and_set(ctl: Ctl, data_dir: Path) -> None:
    before = ctl("models", "memory", "--json").json
    assert before["engine"] is None and 0 < before["budget_bytes"] < before["total_bytes"]
    done = ctl("models", "memory", "--budget", "1.5GB", "--keep", "always", "--json").json
    assert done["budget_bytes"] == 1_500_000_000 and done["saved"] is True
    assert "until its room is needed" in ctl("models", "memory", "--role", "small", "--keep", 60).out
    said = json.loads((data_dir / "settings.json").read_text())["memory"]
    assert said == {"budget_bytes": 1_500_000_000, "keep": "always", "keep_roles": {"small": 60.0}}
    assert ctl("models", "memory", "--budget", "auto").code == 0
    for wrong in (["--budget", "much"], ["--budget", "1"], ["--keep", "long"], ["--role", "x", "--keep", "1"]):
        refused = ctl("models", "memory", *wrong)
        assert refused.code == 2 and refused.err.count("\n") == 1


def test_a_remote_model_is_set_up_and_taken_off_again(ctl: Ctl, data_dir: Path) -> None:
    set_up = ["--url", "https://models.example/v1", "--model", "large", "--key", "secret://models"]
    done = ctl("models", "role", "small", *set_up, "--fallback", "", "--set", "max_latency_s=5", "--json").json
    assert (done["kind"], done["model"], done["key"]) == ("remote", "large", "secret://models")
    assert done["placement"] == "cloud" and done["rule"]["max_latency_s"] == 5 and done["fault"] == ""
    assert ctl("models", "role", "small", "small.gguf", "--set", "max_latency_s=null").code == 0
    assert json.loads((data_dir / "settings.json").read_text()) == {}, "all as it was"
    assert ctl("models", "measure", "--role", "small", "--threads", 0).code == 2


def test_a_role_that_a_workflow_uses_or_that_others_fall_back_on_stays(ctl: Ctl, data_dir: Path, workflow: Any) -> None:
    ctl("models", "role", "mine", TINY)
    ctl("models", "role", "small", "--fallback", "mine")
    assert "falls back on 'mine'" in ctl("models", "role", "mine", "--clear").err
    ctl("models", "role", "small", "--fallback", "")
    ctl("check", workflow(ASKS.replace("role: small", "role: mine")), "--add")
    assert "asks uses the role `mine`" in ctl("models", "role", "mine", "--clear").err


def test_the_chat_template_inside_a_model_is_shown_with_every_sign_visible(ctl: Ctl) -> None:
    shown = ctl("models", "show", "small.gguf")
    assert "chat template" in shown.out and "{%" in shown.out
    assert ctl("models", "show", "small.gguf", "--json").json["template"].startswith("{")
    assert ctl("models", "show", "no.gguf").code == 2


def test_the_check_names_a_damaged_and_a_too_large_model(ctl: Ctl, data_dir: Path, asks: Path) -> None:
    (data_dir / "models").mkdir(exist_ok=True)
    whole = (REPO / "resources" / "models" / "small.gguf").read_bytes()
    (data_dir / "models" / "small.gguf").write_bytes(whole[:-100])
    found = ctl("check", asks, "--json")
    [problem] = [one for one in found.json[0]["problems"] if one["code"] == "unfit-model"]
    assert found.code == 0 and "100 bytes of its weights are missing" in problem["sentence"]
    assert problem["severity"] == "warning" and "models role small" in problem["remedy"]
    (data_dir / "models" / "small.gguf").unlink()
    (data_dir / "settings.json").write_text('{"memory": {"budget_bytes": 10000000}}')
    [problem] = [one for one in ctl("check", asks, "--json").json[0]["problems"] if one["code"] == "unfit-model"]
    assert "10 MB" in problem["sentence"]


def test_a_damaged_list_is_put_aside_once_and_that_is_said(ctl: Ctl, data_dir: Path) -> None:
    (data_dir / "models").mkdir()
    (data_dir / "models" / "index.json").write_text("garbage")
    said = ctl("models", "role", "small", "--json")
    assert said.code == 0 and said.json["role"] == "small"
    assert "index.damaged.json" in said.err and said.err.count("\n") == 1
    assert (data_dir / "models" / "index.damaged.json").read_text() == "garbage"
    again = ctl("models", "list", "--json")
    assert again.code == 0 and again.err == ""


def test_a_note_is_one_document_and_an_empty_one_is_refused(ctl: Ctl) -> None:
    ctl("models", "add", TINY)
    noted = ctl("models", "note", "tiny.gguf", "for tests", "--license", "mit", "--json")
    assert (noted.json["note"], noted.json["license"]) == ("for tests", "mit")
    assert ctl("models", "note", "tiny.gguf").code == 2


def test_what_cannot_be_set_says_which_option_it_was(ctl: Ctl) -> None:
    for option, value in (("--budget", "1"), ("--keep", "-3")):
        refused = ctl("models", "memory", option, value)
        assert refused.code == 2 and refused.err.startswith(option)


def test_a_role_is_shown_in_words(ctl: Ctl) -> None:
    shown = ctl("models", "role", "small").out
    assert "prefer listed" in shown and "{" not in shown and "None" not in shown
    changed = ctl("models", "role", "small", "--set", "max_first_s=2", "--fallback", "scorer").out
    assert "rule: prefer listed, data any → prefer listed, max_first_s 2.0, data any" in changed
    assert "fallback: none → scorer" in changed
