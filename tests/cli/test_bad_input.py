"""What nobody should give us: each one clear sentence on stderr, exit code 2, nothing started, no traceback."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_kit import LINE, Ctl

BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(9))
EXPRESSION_BOMB = "{{ " + ".map(a, ".join(["[1,2,3,4,5,6,7,8,9]"] * 9) + ", a" + ")" * 8 + " }}"

FILES: dict[str, tuple[bytes, str]] = {
    "a YAML bomb": (f"format: 1\nname: bomb\n{BOMB}".encode(), "anchor"),
    "JSON nested 100,000 deep": (b'{"format": 1, "name": "deep", "nodes": ' + b"[" * 100_000, "deep"),
    "YAML nested 100,000 deep": (b"format: 1\nname: deep\nnodes: " + b"[" * 100_000, "deep"),
    "50 MB": (b"format: 1\nname: big\n#" + b"x" * 50_000_000, "too large (50.0 MB)"),
    "NaN": (b'{"format": 1, "name": "nan", "nodes": {}, "edges": [], "outputs": {"x": NaN}}', "NaN"),
    "YAML not-a-number": (b"format: 1\nname: nan\nnodes: {}\nedges: []\noutputs: {x: .nan}\n", "nan"),
    "invalid UTF-8": (b"format: 1\nname: \xff\xfe\n", "UTF-8"),
    "duplicate keys": (b"format: 1\nname: twice\nname: again\nnodes: {}\nedges: []\n", "twice"),
    "duplicate JSON keys": (b'{"format": 1, "format": 1, "name": "x"}', "twice"),
    "format 99": (b"format: 99\nname: future\nnodes: {}\nedges: []\n", "99"),
    "a tag that makes objects": (b"format: 1\nname: !!python/object/apply:os.system [ls]\n", "tag"),
    "a list": (b"- 1\n- 2\n", "workflow"),
    "nothing": (b"", ""),
    "NUL": (b"format: 1\nname: nul\0\n", "NUL"),
    "unknown node type": (
        b"format: 1\nname: unknown\nnodes:\n  a:\n    type: coffee.brew\nedges: []\n",
        "coffee.brew",
    ),
    "an expression bomb": (
        b"format: 1\nname: bomb\nnodes:\n  a:\n    type: data.set\n    params: {values: {x: '"
        + EXPRESSION_BOMB.encode() + b"'}}\nedges: []\n",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_bad_workflow_file_is_refused_in_one_sentence(ctl: Ctl, tmp_path: Path, data_dir: Path, name: str) -> None:
    content, word = FILES[name]
    file = tmp_path / "bad.workflow.yaml"
    file.write_bytes(content)
    began = time.process_time()
    done = ctl("run", file)
    took = time.process_time() - began
    if name == "an expression bomb" and done.code == 1:  # stopped while it ran: the run failed, quickly
        assert took < 2.0
        assert "expression" in done.out
        return
    assert done.code == 2, done
    assert done.out == "" and done.err.count("\n") == 1 and len(done.err) < 600, done.err
    assert word.lower() in done.err.lower()
    assert took < 2.0, "refused before it is worked through"
    assert list(data_dir.iterdir()) == [], "nothing was started"
    checked = ctl("check", file)
    assert checked.code == 2


def test_an_expression_bomb_is_stopped_in_half_a_second(ctl: Ctl, tmp_path: Path) -> None:
    file = tmp_path / "bomb.workflow.yaml"
    file.write_bytes(FILES["an expression bomb"][0])
    ctl("check", file)  # what is loaded once is not the bomb's
    began = time.process_time()
    done = ctl("check", file, "--json")
    took = time.process_time() - began
    if done.code == 0:
        began = time.process_time()
        assert ctl("run", file, "--json").code == 1
        took = time.process_time() - began
    assert took < 0.5


def test_files_that_are_not_there_or_not_files_are_named(ctl: Ctl, tmp_path: Path) -> None:
    for given in (tmp_path / "missing.yaml", tmp_path):
        done = ctl("run", given)
        assert done.code == 2 and str(given) in done.err and done.err.count("\n") == 1
    unknown = ctl("run", "nightly")
    assert unknown.code == 2 and "nightly" in unknown.err


def test_a_gguf_that_is_not_one_is_named(ctl: Ctl, data_dir: Path) -> None:
    (data_dir / "models").mkdir()
    (data_dir / "models" / "mine.gguf").write_bytes(b"this is no model" * 100)
    (data_dir / "settings.json").write_text('{"roles": {"small": {"model": "mine.gguf"}}}')
    done = ctl("models", "--json")
    assert done.code == 2
    fault = next(one["fault"] for one in done.json if one["role"] == "small")
    assert "mine.gguf" in fault and "GGUF" in fault


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"{", "JSON"), (b'{"roles": 3}', "roles"), (b'{"colour": 1}', "no setting"), (b"\xff", "UTF-8")],
)
def test_settings_that_cannot_be_understood_are_named(
    ctl: Ctl, data_dir: Path, line: Path, content: bytes, word: str
) -> None:
    (data_dir / "settings.json").write_bytes(content)
    done = ctl("run", line)
    assert done.code == 2 and "settings.json" in done.err and word in done.err and done.err.count("\n") == 1


@pytest.mark.parametrize("command", ["run", "runs", "watch", "verify", "engine"])
def test_a_truncated_database_is_left_alone_and_named(ctl: Ctl, data_dir: Path, line: Path, command: str) -> None:
    assert ctl("run", line).code == 0
    file = data_dir / "signalbox.sqlite"
    for rest in ("-wal", "-shm"):
        file.with_name(file.name + rest).unlink(missing_ok=True)
    cut = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(cut)
    done = ctl(command, *([line] if command == "run" else []))
    assert done.code == 2 and "cut off" in done.err and done.err.count("\n") == 1
    assert file.read_bytes() == cut


def test_a_foreign_file_in_the_place_of_the_database_is_named(ctl: Ctl, data_dir: Path, line: Path) -> None:
    (data_dir / "signalbox.sqlite").write_bytes(b"not a database at all" * 50)
    done = ctl("run", line)
    assert done.code == 2 and "not a Signalbox data file" in done.err


def test_a_folder_that_may_not_be_written_is_named(ctl: Ctl, tmp_path: Path, line: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
    if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a read-only file system needs root on Linux")
    try:
        for data in (folder, folder / "data"):
            for command in (["run", line], ["run", line, "--detach"], ["engine"], ["check", line, "--add"]):
                done = ctl(*command, "--data-dir", data)
                assert done.code == 2 and str(folder) in done.err and done.err.count("\n") == 1, done.err
            assert ctl("runs", "--data-dir", data).code == 0, "looking needs no writing"
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_what_a_file_says_cannot_command_the_terminal(ctl: Ctl, workflow: Callable[[str], Path]) -> None:
    file = workflow(LINE.replace("values: {x: 1}", r'values: {x: 1, "\x1b]0;owned\x07": "\x1b[2J"}'))
    done = ctl("run", file)
    assert "\x1b" not in done.out + done.err and "\x07" not in done.out + done.err
