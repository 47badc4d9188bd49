"""Files: read in whole or refused with a sentence, written in whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from designer.document import edits
from designer.document.files import export_file, import_file
from engine.errors import Refused
from engine.workflow.file import dump_text
from tests.designer.document.drawn import flow

FLOW = flow("a:wait b:from.elsewhere", "a.output -> b.x", b={"kept": [1, {"as": "it is"}]})


def test_a_file_is_written_and_read_back_with_what_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "w.workflow.yaml"
    assert export_file(FLOW, path)
    assert import_file(path) == FLOW
    assert path.read_text("utf-8") == dump_text(FLOW)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name], "no half files"


def test_a_file_that_says_the_same_is_left_as_it_is_with_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    text = "# by hand\n" + dump_text(FLOW).replace("\n", "\r\n")
    path.write_bytes(text.encode())
    assert not export_file(import_file(path), path)
    assert path.read_bytes() == text.encode()
    assert export_file(edits.set_title(FLOW, "a", "x"), path)
    assert b"by hand" not in path.read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"hello",
        b"format: 99\nname: x\n",
        b"format: 1\nname: x\nnodes: [1]\n",
        b"PK\x03\x04\0",
        b"- 1\n",
    ],
)
def test_a_file_that_is_no_workflow_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "strange.yaml"
    path.write_bytes(data)
    with pytest.raises(Refused, match=r"^strange\.yaml") as refused:
        import_file(path)
    assert str(refused.value).endswith(".")
    assert path.read_bytes() == data


def test_what_cannot_be_read_or_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: No such file"):
        import_file(tmp_path / "gone.yaml")
    with pytest.raises(Refused, match="cannot be read"):
        import_file(tmp_path)
    with pytest.raises(Refused, match="cannot be written: No such file"):
        export_file(FLOW, tmp_path / "no" / "folder.yaml")


def test_a_failure_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("old", "utf-8")

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Refused, match="No space left"):
        export_file(FLOW, path)
    assert path.read_text("utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.yaml"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes and no links without rights")
def test_modes_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_text("old", "utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    export_file(FLOW, link)
    assert link.is_symlink()
    assert import_file(real) == FLOW
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
