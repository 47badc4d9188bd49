"""The model library when its index is damaged, somebody else is at it, or a name leads elsewhere."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from engine.errors import Refused
from engine.models import library
from engine.models.adding import add, remove
from engine.models.library import DAMAGED, FOLDER, INDEX, LOCK, Busy, changing, facts_of, model_files, read_index
from engine.models.listing import listing
from engine.platform import try_lock
from engine.settings import Settings

ENTRY = {"sha256": "a", "bytes": 1, "kind": "gguf", "added": 0}


def index_of(data: Path, text: str) -> Path:
    path = data / FOLDER / INDEX
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def told(**models: object) -> str:
    return json.dumps({"format": 1, "models": models, "speeds": {}, "hashes": {}})


DAMAGES = {
    "no json": "garbage",
    "cut off": told(a=ENTRY)[:40],
    "deep": "[" * 100_000,
    "wrong types": told(a={**ENTRY, "bytes": "many"}),
    "a name that leads out": told(**{"../../x.gguf": ENTRY}),
    "a name that is a folder": told(**{"..": ENTRY}),
    "a place that depends on the current folder": told(a={**ENTRY, "path": "x.gguf"}),
    "speeds of nothing": json.dumps({"format": 1, "models": {}, "speeds": {"a": [3]}, "hashes": {}}),
    "hashes of nothing": json.dumps({"format": 1, "models": {}, "speeds": {}, "hashes": {"a": []}}),
}


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_index_is_kept_beside_a_new_one_and_keeps_nobody_from_working(
    tmp_path: Path, tiny_gguf: Path, text: str
) -> None:
    path = index_of(tmp_path, text)
    assert read_index(tmp_path).entries == {} and path.read_text() == text, "a look changes nothing"
    add(tiny_gguf, tmp_path)
    assert list(read_index(tmp_path).entries) == [tiny_gguf.name]
    assert (path.parent / DAMAGED).read_text() == text
    names = [one["name"] for one in listing(tmp_path, Settings())["files"]]
    assert tiny_gguf.name in names


def test_an_index_of_a_newer_version_is_left_alone(tmp_path: Path, tiny_gguf: Path) -> None:
    path = index_of(tmp_path, '{"format": 2}')
    with pytest.raises(Refused, match="newer version"):
        add(tiny_gguf, tmp_path)
    assert path.read_text() == '{"format": 2}' and not (path.parent / DAMAGED).exists()


def test_a_name_in_the_index_deletes_nothing_outside_the_library(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "x.gguf"
    other.write_text("mine")
    index_of(data, told(**{"../../x.gguf": ENTRY}))
    with pytest.raises(Refused, match="no model"):
        remove("../../x.gguf", data, Settings())
    assert other.read_text() == "mine"


def test_who_changes_the_library_waits_for_another_a_little(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FOLDER).mkdir()
    lock = try_lock(tmp_path / FOLDER / LOCK)
    assert lock is not None
    with pytest.raises(Busy), changing(tmp_path, 0.0):
        pass
    tried = threading.Event()

    def release() -> None:
        tried.wait(10)
        lock.release()

    other = threading.Thread(target=release)
    other.start()

    def trying(path: Path, **info: object) -> object:
        found = try_lock(path, **info)
        tried.set()
        return found

    monkeypatch.setattr(library, "try_lock", trying)
    assert add(tiny_gguf, tmp_path).new
    other.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["pipe.gguf", "pipe.onnx"])
def test_a_pipe_under_a_models_name_is_passed_by(tmp_path: Path, tiny_gguf: Path, name: str) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    os.mkfifo(folder / name)
    (folder / "real.gguf").write_bytes(tiny_gguf.read_bytes())
    assert list(model_files(folder)) == [folder / "real.gguf"]
    with pytest.raises(Refused, match="no file"):
        facts_of(folder / name)
    assert name not in [one["name"] for one in listing(tmp_path, Settings())["files"]]


def test_a_file_that_cannot_be_deleted_stays_in_the_library(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tiny_gguf, tmp_path)

    def held(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr(Path, "unlink", held)
    with pytest.raises(Refused, match="cannot be deleted: The process cannot access the file"):
        remove(tiny_gguf.name, tmp_path, Settings())
    monkeypatch.undo()
    assert list(read_index(tmp_path).entries) == [tiny_gguf.name]
