"""Settings: what is in the file, what is not, and one sentence for every file that cannot be used."""

from __future__ import annotations

import ast
import json
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine import settings
from engine.errors import Refused
from engine.settings import RoleSetting, Settings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    found = settings.load(tmp_path / "not there")
    assert found == Settings()
    assert found.roles["small"].model == "small.gguf"
    assert found.roles["scorer"].kind == "onnx"
    assert found.run_ahead
    assert found.workspace_dir(tmp_path) == tmp_path / "files"


def test_what_is_saved_is_loaded_again_and_only_differences_are_written(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data ö"
    reader = RoleSetting.model_validate({"model": "x.GGUF", "n_ctx": 4096})
    changed = Settings(roles={"reader": reader}, lanes={"cpu": 2}, host="press-4")
    settings.save(changed, data)
    assert settings.load(data) == changed
    assert set(json.loads((data / "settings.json").read_text())) == {"roles", "lanes", "host"}
    settings.save(Settings(), data)
    assert json.loads((data / "settings.json").read_text()) == {}


def test_named_roles_and_lanes_stand_beside_the_defaults() -> None:
    found = settings.parse(b'{"roles": {"reader": {"model": "r.gguf"}}, "lanes": {"cpu": 1, "model:reader": 2}}')
    assert set(found.roles) == {*settings.DEFAULT_ROLES, "reader"}
    assert found.roles["reader"].kind == "gguf"
    lanes = ("cpu", "http", "model:small", "model:reader", "mqtt")
    assert [found.lane_width(lane) for lane in lanes] == [1, 8, 1, 2, 1]


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        Settings().run_ahead = False  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"{", "Not JSON"),
        (b"", "Not JSON"),
        (b"[]", "Settings are a JSON object"),
        (b'{"run_ahead": NaN}', "NaN is not a number"),
        (b'{"poll_ms": Infinity}', "Infinity is not a number"),
        (b'{"poll_ms": 1, "poll_ms": 2}', "'poll_ms' is there twice"),
        (b'{"poll": 1}', "There is no setting `poll`; there are: host, roles"),
        (b'{"poll_ms": 0}', "`poll_ms`: input should be greater than or equal to 1"),
        (b'{"poll_ms": 1' + b"0" * 5000 + b"}", "Exceeds the limit"),
        (b'{"host": "\xff"}', "Byte 10 is not UTF-8"),
        (b'{"lanes": {"cpu": 0}}', "`lanes.cpu`"),
        (b'{"network": "maybe"}', "`network`: input should be 'on' or 'off'"),
        (b'{"roles": {"x": {"model": "x.bin"}}}', "`roles.x`: the model's name ends in neither .gguf nor .onnx"),
        (b'{"roles": {"x": {"model": "x.gguf", "ctx": 1}}}', "no setting `roles.x.ctx`; there are: model, kind,"),
        (b'{"roles": 3}', "`roles`"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * 1_000_001, "larger than 1000000 bytes"),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence_that_names_it(tmp_path: Path, raw: bytes, sentence: str) -> None:
    (tmp_path / "settings.json").write_bytes(raw)
    with pytest.raises(Refused) as refused:
        settings.load(tmp_path)
    said = str(refused.value)
    assert sentence in said
    assert "settings.json" in said
    assert "\n" not in said
    assert len(said) < 500


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    assert not settings.parse(b'\xef\xbb\xbf{"run_ahead": false}').run_ahead


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    with pytest.raises(Refused, match="cannot be read"):
        settings.load(tmp_path)
    with pytest.raises(Refused, match="cannot be written"):
        settings.save(Settings(), tmp_path)


def test_the_data_folder_is_the_option_then_the_variable_then_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALBOX_DATA", str(tmp_path / "env"))
    assert settings.data_dir(tmp_path / "option") == tmp_path / "option"
    assert settings.data_dir() == tmp_path / "env"
    monkeypatch.setenv("SIGNALBOX_DATA", "relative")
    assert settings.data_dir() == Path.cwd() / "relative"
    monkeypatch.delenv("SIGNALBOX_DATA")
    assert settings.data_dir().name == "signalbox"


def test_a_model_is_looked_for_in_the_data_folder_before_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.settings.roles.resources_dir", lambda: tmp_path / "shipped")
    role = RoleSetting(model="small.gguf", kind="gguf")
    here, shipped = tmp_path / "data" / "models" / "small.gguf", tmp_path / "shipped" / "models" / "small.gguf"
    assert settings.model_path(role, tmp_path / "data") == here, "where a missing one should be put"
    for file in (shipped, here):
        file.parent.mkdir(parents=True)
        file.touch()
        assert settings.model_path(role, tmp_path / "data") == file
    assert settings.model_path(RoleSetting(model=str(shipped), kind="gguf"), tmp_path) == shipped


def test_resources_are_found_in_the_source_tree_and_in_a_frozen_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (settings.resources_dir() / "models").is_dir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert settings.resources_dir() == tmp_path / "resources"


def test_every_setting_is_explained() -> None:
    folder = Path(settings.__file__).parent
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.py"))]
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    assert {"Settings", "RoleSetting", "McpServer"} <= {node.name for node in classes}
    for node in classes:
        fields = [
            one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        explained = [
            field.target.id
            for field, after in pairwise(node.body)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        ]  # fmt: skip
        if node.name != "Prices":  # input, output, currency
            assert explained == fields, node.name
