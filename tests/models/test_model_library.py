"""The model library: what is added is whole, known by its hash, and nothing else is ever left behind."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import onnx
import pytest
from made_gguf import Size, write_model, write_parts
from onnx import TensorProto, helper

from engine.errors import Refused, StepError
from engine.models import Models, adding, finding, library
from engine.models.adding import Added, add, candidates, remove
from engine.models.library import facts_of, read_index
from engine.models.link import Link
from engine.models.listing import listing
from engine.settings import Settings

REPO = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def kept(data: Path) -> list[str]:
    """What is in the folder of models, but for the list and its lock."""
    folder = data / "models"
    return sorted(p.name for p in folder.iterdir() if p.name not in (library.INDEX, ".lock")) if folder.exists() else []


def refusal(source: Path, data: Path, **how: Any) -> str:
    with pytest.raises(Refused) as caught:
        add(source, data, **how)
    said = str(caught.value)
    assert "\n" not in said and "Traceback" not in said
    return said


def test_a_copied_model_is_known_by_hash_licence_and_where_it_came_from(data: Path, stick: Path) -> None:
    source = write_model(stick / "made.gguf", meta={"general.license": "mit"})
    heard: list[float] = []
    done = add(source, data, note="for line 4", progress=lambda share, text: heard.append(share or 0.0))
    assert done.new and done.path == data / "models" / "made.gguf"
    assert done.path.read_bytes() == source.read_bytes()
    entry = read_index(data).entries["made.gguf"]
    assert entry.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (entry.license, entry.note, entry.source) == ("mit", "for line 4", str(source))
    assert heard == sorted(heard) and heard[-1] == 1.0
    assert kept(data) == ["made.gguf"]


def test_a_licence_that_nobody_states_is_unknown_and_can_be_said(data: Path, stick: Path, tiny_onnx: Path) -> None:
    assert add(write_model(stick / "a.gguf"), data).entry.license == "unknown"
    assert add(tiny_onnx, data, license="Apache-2.0").entry.license == "Apache-2.0"
    adding.note("a.gguf", data, license="CC-BY-4.0", text="seen by ann")
    entry = read_index(data).entries["a.gguf"]
    assert (entry.license, entry.note) == ("CC-BY-4.0", "seen by ann")


def test_the_same_bytes_under_another_name_are_there_already(data: Path, stick: Path) -> None:
    first = write_model(stick / "one.gguf")
    add(first, data)
    shutil.copy(first, stick / "two.gguf")
    again: Added = add(stick / "two.gguf", data)
    assert not again.new and again.entry.name == "one.gguf" and kept(data) == ["one.gguf"]


def test_another_model_of_the_same_name_is_refused(data: Path, stick: Path) -> None:
    add(write_model(stick / "m.gguf"), data)
    write_model(stick / "m.gguf", Size(layers=3))
    assert "Another model of the name m.gguf" in refusal(stick / "m.gguf", data)
    assert "Another model of the name small.gguf" in refusal(write_model(stick / "small.gguf", Size(layers=4)), data)


def test_a_link_uses_the_file_where_it_is_and_leaves_it_there_when_forgotten(data: Path, stick: Path) -> None:
    source = write_model(stick / "far.gguf")
    done = add(source, data, link=True)
    assert done.path == source and kept(data) == []
    assert remove("far.gguf", data, Settings()) == (source, False)
    assert source.exists() and read_index(data).entries == {}


def test_a_model_in_parts_is_kept_together_or_refused(data: Path, stick: Path) -> None:
    parts = write_parts(stick, "big", parts=3)
    (stick / "other.gguf").write_bytes(b"no model")
    found = candidates(stick)
    assert [path.name for path in found] == ["big-00001-of-00003.gguf", "other.gguf"]
    assert "not the first" in refusal(parts[1], data)
    done = add(found[0], data)
    assert kept(data) == [part.name for part in parts]
    assert done.entry.bytes == sum(part.stat().st_size for part in parts)
    remove(done.entry.name, data, Settings())
    assert kept(data) == []
    parts[2].unlink()
    assert "big-00003-of-00003.gguf is not beside" in refusal(parts[0], data)
    assert kept(data) == []


@pytest.mark.needs_llama
def test_a_model_in_parts_answers(data: Path, stick: Path) -> None:
    [first, *_] = write_parts(stick, "big", parts=2)
    add(first, data)
    settings = Settings.model_validate({"roles": {"big": {"model": first.name}}})

    async def body() -> Any:
        models = Models(settings, data, log=lambda text: None)
        try:
            return await models.ask("big", [{"role": "user", "content": "hello"}], max_tokens=2, temperature=1.0)
        finally:
            await models.close()

    reply = asyncio.run(body())
    assert reply.model["sha256"] == read_index(data).entries[first.name].sha256


def test_a_hash_beside_the_file_is_compared(data: Path, stick: Path) -> None:
    source = write_model(stick / "m.gguf")
    (stick / "m.gguf.sha256").write_text(f"{'0' * 64}  m.gguf\n")
    assert "SHA-256 is not the one" in refusal(source, data)
    assert kept(data) == []
    assert "SHA-256 is not the one" in refusal(source, data, link=True)
    (stick / "m.gguf.sha256").write_text(f"{hashlib.sha256(source.read_bytes()).hexdigest()} *m.gguf\n")
    assert add(source, data).new


def test_a_full_disk_is_said_before_anything_is_copied(
    data: Path, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_model(stick / "m.gguf")
    monkeypatch.setattr("engine.models.adding.shutil.disk_usage", lambda place: SimpleNamespace(free=67_200_000))
    assert "Make room there" in refusal(source, data) and kept(data) == []


def test_a_copy_that_fails_in_the_middle_leaves_nothing(
    data: Path, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first, *_] = write_parts(stick, "big", parts=2)

    def broken(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("engine.models.adding.os.fsync", broken)
    assert "Input/output error" in refusal(first, data)
    assert kept(data) == [] and read_index(data).entries == {}


def test_a_person_who_stops_the_copy_leaves_nothing(data: Path, stick: Path) -> None:
    source = write_model(stick / "m.gguf")

    def stop(share: float | None, text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(source, data, progress=stop)
    assert kept(data) == []
    assert add(source, data).new, "and the lock is free again"


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.models.adding import add
def die(share, text):
    if share >= 1.0:
        os.kill(os.getpid(), signal.SIGKILL)
add(Path(sys.argv[1]), Path(sys.argv[2]), progress=die)
"""


def test_a_copy_cut_off_by_a_kill_is_no_model_and_is_swept_up_by_the_next(data: Path, stick: Path) -> None:
    source = write_model(stick / "m.gguf")
    done = subprocess.run([sys.executable, "-c", KILLED, str(source), str(data)], cwd=REPO, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    [left] = kept(data)
    assert (
        left.endswith(".part")
        and [one["name"] for one in listing(data, Settings())["files"] if not one["shipped"]] == []
    )
    add(source, data)
    assert kept(data) == ["m.gguf"]


def test_what_a_role_uses_or_what_was_shipped_is_not_removed(data: Path, stick: Path) -> None:
    add(write_model(stick / "m.gguf"), data)
    settings = Settings.model_validate({"roles": {"reader": {"model": "m.gguf"}, "writer": {"model": "m.gguf"}}})
    with pytest.raises(Refused, match="`reader`, `writer`"):
        remove("m.gguf", data, settings)
    assert kept(data) == ["m.gguf"]
    with pytest.raises(Refused, match="came with the program"):
        remove("small.gguf", data, Settings(), force=True)
    remove("m.gguf", data, settings, force=True)
    assert kept(data) == []


def test_files_put_there_by_hand_are_listed_and_may_be_removed(data: Path) -> None:
    (data / "models").mkdir()
    write_model(data / "models" / "hand.gguf")
    (data / "models" / "half.gguf").write_bytes(b"GGUF")
    found = {one["name"]: one for one in listing(data, Settings())["files"]}
    assert found["hand.gguf"]["fault"] == "" and found["hand.gguf"]["memory_bytes"] > 10_000_000
    assert "cut off" in found["half.gguf"]["fault"] and found["small.gguf"]["shipped"] is True
    remove("half.gguf", data, Settings())
    assert kept(data) == ["hand.gguf"]


def test_a_file_that_is_not_what_was_added_is_said(data: Path, stick: Path) -> None:
    add(write_model(stick / "m.gguf"), data)
    write_model(data / "models" / "m.gguf", seed=2)
    [one] = [one for one in listing(data, Settings())["files"] if one["name"] == "m.gguf"]
    assert "SHA-256 is another one" in one["fault"]


def test_two_at_once_are_told_apart(data: Path, stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_model(stick / "m.gguf")
    monkeypatch.setattr(library, "PATIENCE_S", 0.0)
    nested: list[str] = []

    def second(share: float | None, text: str) -> None:
        if not nested:
            nested.append(refusal(source, data))

    add(source, data, progress=second)
    assert "being added" in nested[0]


def _external(folder: Path, location: str, *, name: str = "m.onnx") -> Path:
    """y = x + w, with `w` in a file of its own, as large models have it."""
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4])
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        weights.external_data.add(key=key, value=value)
    sides = [helper.make_tensor_value_info(side, TensorProto.FLOAT, [4]) for side in "xy"]
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", sides[:1], sides[1:], [weights])
    path = folder / name
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def test_weights_beside_an_onnx_model_come_with_it(data: Path, stick: Path) -> None:
    path = _external(stick, "m.weights")
    assert "not beside it" in refusal(path, data)
    (stick / "m.weights").write_bytes(b"\0" * 15)
    assert "1 bytes are missing" in refusal(path, data)
    (stick / "m.weights").write_bytes(b"\0" * 16)
    add(path, data)
    assert kept(data) == ["m.onnx", "m.weights"]
    onnx.load(data / "models" / "m.onnx")
    remove("m.onnx", data, Settings())
    assert kept(data) == []


@pytest.mark.parametrize(
    "location", ["/etc/passwd", "../secret", "a/../../secret", "C:\\secret", "\\\\server\\share\\x", "", "link", "a\0b"]
)
def test_an_onnx_model_reads_no_file_outside_of_its_folder(stick: Path, location: str) -> None:
    (stick.parent / "secret").write_bytes(b"s" * 64)
    (stick / "link").symlink_to(stick.parent / "secret")
    with pytest.raises(Refused, match="outside of its own folder"):
        facts_of(_external(stick, location))


def test_external_data_hidden_in_a_nested_graph_is_found(stick: Path) -> None:
    inner = onnx.load(_external(stick, "../secret"), load_external_data=False).graph
    inner.ClearField("input")
    branch = helper.make_node("If", ["c"], ["z"], then_branch=inner, else_branch=inner)
    flag = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    graph = helper.make_graph([branch], "outer", [flag], [helper.make_tensor_value_info("z", TensorProto.FLOAT, [4])])
    (stick / "outer.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(Refused, match="outside of its own folder"):
        facts_of(stick / "outer.onnx")


def test_removable_media_are_searched_for_models(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stick / "deep" / "er").mkdir(parents=True)
    write_parts(stick / "deep" / "er", "big", parts=2)
    (stick / "half.onnx").write_bytes(b"\x08")
    monkeypatch.setattr("engine.platform.removable_drives", lambda: [stick])
    found = {one["name"]: one for one in finding.on_drives()}
    assert found["big-00001-of-00002.gguf"]["files"] == 2 and found["half.onnx"]["fault"]
    assert len(found) == 2


def test_five_hundred_broken_headers_are_a_sentence_each_and_start_no_process(
    tmp_path: Path, tiny_gguf: Path, tiny_onnx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(load: Any, log: Any) -> Link:
        raise AssertionError("a process was started")

    monkeypatch.setattr(Link, "start", never)
    chance, refused = random.Random(11), 0
    wholes = {"gguf": tiny_gguf.read_bytes(), "onnx": tiny_onnx.read_bytes()}

    async def body() -> None:
        nonlocal refused
        for number in range(500):
            kind = ("gguf", "onnx")[number % 2]
            broken = bytearray(wholes[kind])
            for _ in range(chance.randrange(1, 5)):
                at = chance.randrange(min(len(broken), 3000))
                broken[at : at + 1] = chance.randbytes(chance.randrange(3))
            path = tmp_path / f"{number}.{kind}"
            path.write_bytes(broken[: chance.choice([len(broken), chance.randrange(len(broken))])])
            try:
                facts_of(path)
            except Refused as fault:
                refused += 1
                assert str(path) in str(fault) and "\n" not in str(fault)
                if number % 10 < 2:
                    settings = Settings.model_validate({"roles": {"m": {"model": str(path)}}})
                    models = Models(settings, tmp_path)
                    with pytest.raises(StepError, match=str(number)):
                        await models.load("m")
                    await models.close()
            path.unlink()

    asyncio.run(body())
    assert refused > 300


def test_the_index_is_plain_json_that_others_can_read(data: Path, stick: Path) -> None:
    add(write_model(stick / "m.gguf"), data)
    said = json.loads((data / "models" / library.INDEX).read_text())
    assert said["format"] == 1 and said["models"]["m.gguf"]["kind"] == "gguf"
    assert os.listdir(data) == ["models"]
