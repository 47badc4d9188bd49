"""What the designer remembers."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from designer.settings import FILE, RECENT, DesignerSettings, load, packed, read, remember, save, unpacked
from engine.errors import Refused


def test_settings_that_were_saved_are_loaded(tmp_path: Path) -> None:
    mine = replace(DesignerSettings(), theme="dark", language="de", recent=("a.workflow.yaml",), snap=False)
    save(mine, tmp_path / "new")
    assert load(tmp_path / "new") == mine


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    assert load(tmp_path) == DesignerSettings()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"theme": 7, "recent": "x", "snap": "yes", "unknown": 1}', "\xff"])
def test_damaged_settings_fall_back_to_the_usual_ones(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    assert load(tmp_path) == DesignerSettings()


def test_a_theme_nobody_knows_is_left_out() -> None:
    assert read({"theme": "pink", "language": "de"}) == replace(DesignerSettings(), language="de")


def test_the_newest_file_comes_first_and_old_ones_drop_out() -> None:
    mine = DesignerSettings()
    for nth in range(RECENT + 3):
        mine = remember(mine, f"{nth}")
    mine = remember(mine, "9")
    assert mine.recent[:2] == ("9", str(RECENT + 2))
    assert len(mine.recent) == RECENT


def test_the_state_of_a_window_survives_being_text() -> None:
    assert unpacked(packed(QByteArray(b"\x00\xff\x10"))) == QByteArray(b"\x00\xff\x10")
    assert unpacked("not base64!").isEmpty()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the folder must be unwritable")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Refused):
        save(replace(DesignerSettings(), theme="dark"), tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(Refused):
        save(replace(DesignerSettings(), theme="dark"), tmp_path / "data")
