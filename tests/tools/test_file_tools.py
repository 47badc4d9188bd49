"""`file.read` and `file.write` on real files."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.nodes.tool_args import FileReadArgs, FileWriteArgs
from engine.tools.registry import tools
from engine.tools.roots import Roots


def fails(call: Any, name: str, **args: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        call(name, **args)
    return caught.value


def test_text_is_read_without_its_byte_order_mark(call: Any, workspace: Path) -> None:
    (workspace / "a.txt").write_bytes(b"\xef\xbb\xbfgr\xc3\xbc\xc3\x9f\r\n")
    assert call("file.read", path="a.txt") == "grüß\r\n"


def test_csv_rows_are_objects_by_the_first_line(call: Any, workspace: Path) -> None:
    (workspace / "a.csv").write_bytes(
        b'machine,level,part\r\nPUMP-12,1.50,007\r\n\r\n"a, b",-3,"say ""hi"""\r\nX,2\r\n'
    )
    assert call("file.read", path="a.csv", parse="csv") == [
        {"machine": "PUMP-12", "level": "1.50", "part": "007"},
        {"machine": "a, b", "level": "-3", "part": 'say "hi"'},
        {"machine": "X", "level": "2", "part": None},
    ]


def test_csv_numbers_become_numbers_only_where_they_would_come_back_the_same(call: Any, workspace: Path) -> None:
    (workspace / "a.csv").write_text("v\n1\n-2.5\n1e3\n007\n1_0\n 1\n12345678901234567890\nnan\n")
    rows = call("file.read", path="a.csv", parse="csv", numbers=True)
    assert [row["v"] for row in rows] == [1, -2.5, 1000.0, "007", "1_0", " 1", "12345678901234567890", "nan"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,a\n1,2\n", "line 1"), ("a,\n1,2\n", "line 1"), ("a,b\n1,2,3\n", "line 2"), ('a\n"x" y\n', "line 2")],
)
def test_a_broken_csv_file_names_the_line(call: Any, workspace: Path, text: str, said: str) -> None:
    (workspace / "a.csv").write_text(text)
    error = fails(call, "file.read", path="a.csv", parse="csv")
    assert error.cls == "invalid"
    assert said in error.message


def test_an_empty_csv_file_has_no_rows(call: Any, workspace: Path) -> None:
    (workspace / "a.csv").write_bytes(b"")
    assert call("file.read", path="a.csv", parse="csv") == []


def test_json_is_strict(call: Any, workspace: Path) -> None:
    (workspace / "a.json").write_text('{"a": [1, 2.5, null]}')
    assert call("file.read", path="a.json", parse="json") == {"a": [1, 2.5, None]}
    for text in ('{"a": NaN}', '{"a":1,"a":2}', "[" * 200 + "]" * 200, "{"):
        (workspace / "a.json").write_text(text)
        assert fails(call, "file.read", path="a.json", parse="json").cls == "invalid"


def test_invalid_utf8_is_refused_with_its_position(call: Any, workspace: Path) -> None:
    (workspace / "a.txt").write_bytes(b"one\ntwo \xff")
    error = fails(call, "file.read", path="a.txt")
    assert error.cls == "invalid"
    assert "0xff at position 8, line 2" in error.message


def test_a_binary_file_becomes_a_reference_that_can_be_written_again(call: Any, workspace: Path) -> None:
    data = bytes(range(256))
    (workspace / "a.png").write_bytes(data)
    reference = call("file.read", path="a.png", parse="binary")
    assert reference["media_type"] == "image/png"
    call("file.write", path="b.png", content=reference, format="binary")
    assert (workspace / "b.png").read_bytes() == data


def test_a_file_over_the_limit_is_refused(call: Any, workspace: Path) -> None:
    (workspace / "a").write_bytes(b"x" * 11)
    assert fails(call, "file.read", path="a", max_bytes=10).cls == "limit"
    assert call("file.read", path="a", max_bytes=11) == "x" * 11


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are POSIX")
def test_a_named_pipe_is_refused_at_once(call: Any, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    assert fails(call, "file.read", path="pipe").cls == "invalid"
    assert fails(call, "file.write", path="pipe", content="x").cls == "invalid"


def test_missing_files_and_folders_have_their_classes(call: Any, workspace: Path) -> None:
    assert fails(call, "file.read", path="none").cls == "not_found"
    assert fails(call, "file.read", path=".").cls == "invalid"
    assert fails(call, "file.write", path="no/a", content="x", folders=False).cls == "not_found"


@pytest.mark.parametrize("path", ["../outside", "a/../../outside", "link/outside"])
def test_a_relative_path_stays_in_the_workspace(call: Any, workspace: Path, path: str) -> None:
    (workspace.parent / "outside").write_text("secret")
    (workspace / "a").mkdir()
    (workspace / "link").symlink_to(workspace.parent)
    for error in (fails(call, "file.read", path=path), fails(call, "file.write", path=path, content="x")):
        assert (error.cls, error.retryable) == ("permission", False)
    assert (workspace.parent / "outside").read_text() == "secret"


def test_an_absolute_path_outside_all_roots_is_refused_with_the_command_that_opens_its_folder(
    call: Any, tmp_path: Path, workspace: Path
) -> None:
    (tmp_path / "there").write_text("yes")
    error = fails(call, "file.read", path=str(tmp_path / "there"))
    assert error.cls == "permission" and f"signalboxctl folders allow {tmp_path}" in error.message
    open_to = {"roots": Roots(read=(tmp_path,))}
    assert call("file.read", around=open_to, path=str(tmp_path / "there")) == "yes"
    (workspace / "here").write_text("too")
    assert call("file.read", path=str(workspace / "here")) == "too"


def test_writing_gives_the_path_size_and_hash(call: Any, workspace: Path) -> None:
    result = call("file.write", path="orders/1/order.txt", content="grüß")
    data = "grüß".encode()
    assert result == {"path": "orders/1/order.txt", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert (workspace / "orders/1/order.txt").read_bytes() == data


def test_values_are_written_as_json_and_rows_as_csv(call: Any, workspace: Path) -> None:
    call("file.write", path="a.json", content={"b": 1, "a": "ü"})
    assert (workspace / "a.json").read_text() == '{\n  "b": 1,\n  "a": "ü"\n}\n'
    call("file.write", path="a.csv", content=[{"a": 1, "b": "x,y"}, {"c": None, "a": True}], format="csv")
    assert (workspace / "a.csv").read_text() == 'a,b,c\n1,"x,y",\ntrue,,\n'
    assert fails(call, "file.write", path="a.csv", content="text", format="csv").cls == "invalid"
    assert fails(call, "file.write", path="a.txt", content={"a": 1}, format="text").cls == "invalid"


def test_replacing_keeps_no_temporary_file(call: Any, workspace: Path) -> None:
    call("file.write", path="a", content="one")
    call("file.write", path="a", content="two")
    assert [(p.name, p.read_text()) for p in workspace.iterdir()] == [("a", "two")]


def test_creating_twice_with_the_same_content_is_one_creation(call: Any, workspace: Path) -> None:
    first = call("file.write", path="a", content="one", mode="create")
    assert call("file.write", path="a", content="one", mode="create") == first
    error = fails(call, "file.write", path="a", content="two", mode="create")
    assert (error.cls, error.retryable) == ("invalid", False)
    assert [(p.name, p.read_text()) for p in workspace.iterdir()] == [("a", "one")]


def test_appending_adds_at_the_end(call: Any, workspace: Path) -> None:
    for line in ("one\n", "two\n"):
        call("file.write", path="log/a", content=line, mode="append")
    assert (workspace / "log/a").read_text() == "one\ntwo\n"


def test_only_appending_is_not_safe_to_repeat() -> None:
    effect = tools()["file.write"].effect
    assert [effect(FileWriteArgs(path="a", content="", mode=m)) for m in ("replace", "create", "append")] == [
        "idempotent", "idempotent", "at_most_once",
    ]  # fmt: skip
    assert tools()["file.read"].effect(FileReadArgs(path="a")) == "pure"


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
@pytest.mark.parametrize("mode", ["replace", "append"])
def test_what_does_not_fit_leaves_the_old_content(call: Any, workspace: Path, mode: str) -> None:
    import resource
    import signal

    (workspace / "a").write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        error = fails(call, "file.write", path="a", content="x" * 5000, mode=mode)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert error.cls == "invalid"
    assert [(p.name, p.read_text()) for p in workspace.iterdir()] == [("a", "old")]
