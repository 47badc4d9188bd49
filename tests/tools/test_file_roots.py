"""Which files tools may open: 300 paths that must be refused, those that must not, and who may open more."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import path_forms
import pytest

from engine.errors import StepError
from engine.run.events import Parent, RunStarted
from engine.settings import FolderSetting, Settings, resources_dir
from engine.tools.roots import Roots, given_paths, literal_paths, name_fault, opened_for, roots_of
from engine.tools.workspace import check_in_place, open_for_reading

OTHERS = "what nobody may read"


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """A workspace with links that lead out of it and in it, and what lies around it."""
    around = tmp_path / "o"
    workspace, data = around / "w", around / "data"
    for folder in (workspace / "sub/deep", data, around / "w2"):
        folder.mkdir(parents=True)
    for file in (around / "outside", around / "w2/a", data / "settings.json", data / "signalbox.sqlite"):
        file.write_text(OTHERS)
    if sys.platform != "win32":
        (workspace / "link").symlink_to(around)
        (workspace / "chain").symlink_to(workspace / "link")
        (workspace / "linked.txt").symlink_to(around / "outside")
        (workspace / "inner").symlink_to(workspace / "sub")
        (workspace / "sub/back").symlink_to("../..")
    return {"o": str(around), "w": str(workspace), "d": str(data)}


def said(form: str, place: dict[str, str]) -> str:
    for name, path in place.items():
        form = form.replace(f"{{{name}}}", path)
    return form


def state(folder: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_no_odd_path_is_read_written_queried_or_entered(call: Any, place: dict[str, str]) -> None:
    assert len(set(path_forms.REFUSED)) >= 200
    around = {
        "workspace": Path(place["w"]),
        "roots": Roots(barred=(Path(place["d"]),), read=(Path(place["d"]).parent,)),
    }
    strict = {"workspace": Path(place["w"])}
    before = state(place["o"])
    for form in path_forms.REFUSED:
        path = said(form, place)
        for name, args in (
            ("file.read", {"path": path}),
            ("file.write", {"path": path, "content": "x"}),
            ("file.write", {"path": path, "content": "x", "mode": "append", "folders": False}),
            ("sql.query", {"database": path, "sql": "SELECT 1"}),
            ("command.run", {"argv": [sys.executable, "-c", "print(1)"], "cwd": path}),
        ):
            with pytest.raises(StepError) as caught:
                call(name, around=strict, **args)
            assert caught.value.cls in ("permission", "invalid"), (name, path, caught.value)
            assert OTHERS not in caught.value.message
        if form.startswith("{d}"):
            with pytest.raises(StepError, match="belongs to Signalbox"):
                call("file.read", around=around, path=path)
    assert state(place["o"]) == before


def test_good_paths_are_written_and_read_again(call: Any, place: dict[str, str]) -> None:
    if sys.platform == "win32":
        pytest.skip("some of these names are taken on Windows")
    assert len(path_forms.GOOD) >= 40
    for number, form in enumerate(path_forms.GOOD):
        path, around = said(form, place), {"workspace": Path(place["w"])}
        call("file.write", around=around, path=path, content=str(number))
        assert call("file.read", around=around, path=path) == str(number), path
    assert state(place["o"])[str(Path(place["o"]) / "outside")] == OTHERS.encode()


def test_listed_folders_are_open_for_what_they_are_listed_for(call: Any, place: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a").write_text("yes")
    settings = Settings(folders={"other": FolderSetting(path=str(other))})
    around: dict[str, Any] = {"workspace": Path(place["w"]), "roots": roots_of(settings, Path(place["d"]))}
    assert call("file.read", around=around, path=str(other / "a")) == "yes"
    assert call("file.read", around=around, path=str(resources_dir() / "examples" / "shift_notes.txt"))
    for target in (other / "a", resources_dir() / "examples" / "shift_notes.txt"):
        with pytest.raises(StepError, match="--write"):
            call("file.write", around=around, path=str(target), content="no")
    settings = Settings(folders={"other": FolderSetting(path=str(other), mode="write")})
    around["roots"] = roots_of(settings, Path(place["d"]))
    call("file.write", around=around, path=str(other / "new"), content="now")
    assert (other / "new").read_text() == "now"
    call("sql.query", around=around, database=str(other / "b.db"), sql="CREATE TABLE t (a)", mode="write")
    assert sqlite3.connect(other / "b.db").execute("SELECT * FROM t").fetchall() == []
    whole = roots_of(Settings(folders={"all": FolderSetting(path=place["o"], mode="write")}), Path(place["d"]))
    with pytest.raises(StepError, match="belongs to Signalbox"):
        around["roots"] = whole
        call("file.write", around=around, path=f"{place['d']}/settings.json", content="{}")


def started(**more: Any) -> RunStarted:
    return RunStarted(workflow="w", **more)


def test_what_a_person_gave_the_run_may_be_read_and_what_another_run_computed_may_not(
    call: Any, place: dict[str, str], tmp_path: Path
) -> None:
    mine, theirs = tmp_path / "mine.csv", tmp_path / "theirs.csv"
    mine.write_text("a\n1\n")
    theirs.write_text("a\n2\n")
    inputs = {"log": str(mine), "more": [str(theirs)]}

    def reads(path: Path, roots: Roots) -> bool:
        try:
            call("file.read", around={"workspace": Path(place["w"]), "roots": roots}, path=str(path))
        except StepError as error:
            assert error.cls == "permission"
            return False
        return True

    given = opened_for(Roots(), {}, started(inputs=inputs))
    assert reads(mine, given) and reads(theirs, given)
    assert not reads(tmp_path / "o/outside", given)
    with pytest.raises(StepError, match="--write"):
        call("file.write", around={"workspace": Path(place["w"]), "roots": given}, path=str(mine), content="x")
    computed = opened_for(Roots(), {}, started(inputs=inputs, traced=True, sources={"more": ["web:fetch"]}))
    assert reads(mine, computed) and not reads(theirs, computed)
    child = Parent(run="p", node="n")
    assert not reads(mine, opened_for(Roots(), {}, started(inputs=inputs, parent=child))), "an old child says nothing"
    assert reads(mine, opened_for(Roots(), {}, started(inputs=inputs, parent=child, traced=True)))
    folder = opened_for(Roots(), {}, started(inputs={"folder": str(tmp_path)}))
    assert reads(mine, folder)


def test_what_an_author_wrote_out_may_be_read_unless_only_lists_count(place: dict[str, str]) -> None:
    params = {"path": "/srv/in/{{ run.inputs.day }}.csv", "other": ["/srv/one.txt"], "all": "/{{ input }}", "no": "a/b"}
    assert literal_paths(params) == ("/srv/in/", "/srv/one.txt")
    assert opened_for(Roots(), params, None).drawn == ("/srv/in/", "/srv/one.txt")
    assert opened_for(Roots(listed_only=True), params, None).drawn == ()
    assert given_paths({"a": "/x", "b": {"c": ["/y", "z"]}, "n": 1}) == {"/x", "/y"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_file_that_is_swapped_while_it_is_opened_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    target = tmp_path / "in" / "a"
    target.write_text("mine")
    (tmp_path / "out" / "a").write_text(OTHERS)
    real = os.open

    def swapping(path: Any, *args: Any, **more: Any) -> int:
        if str(path) == str(target):
            (tmp_path / "in").rename(tmp_path / "was")
            (tmp_path / "in").symlink_to(tmp_path / "out")
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", swapping)
    with pytest.raises(StepError, match="took its place"):
        open_for_reading(target, "a")
    monkeypatch.undo()
    with pytest.raises(StepError, match="took its place"):
        check_in_place(target, "a")
    assert name_fault("in/a") == ""
