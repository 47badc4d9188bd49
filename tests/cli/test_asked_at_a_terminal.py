"""A step whose path comes from a file: asked, killed, edited, explained, as a person at a terminal meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_kit import Ctl, Start

CHOOSES = """
format: 1
name: chooses
inputs:
  notes: {type: string, format: file}
nodes:
  read:
    type: file.read
    params: {path: "{{ run.inputs.notes }}", parse: csv}
  write:
    type: file.write
    params: {path: "out/{{ steps.read.output[0].name }}.txt", content: "{{ steps.read.output[0].text }}"}
edges:
  - read.rows -> write.input
outputs: {path: "{{ steps.write.output.path }}"}
"""


@pytest.fixture
def chooses(workflow: Callable[[str], Path], tmp_path: Path) -> tuple[Path, str]:
    """The workflow, and the input that it is run with."""
    notes = tmp_path / "notes.csv"
    notes.write_text("name,text\nP-12,hello\n", "utf-8")
    return workflow(CHOOSES), f"notes={notes}"


def test_killed_between_question_and_answer_it_is_asked_once_and_the_edit_is_what_is_done(
    ctl: Ctl, process: Start, chooses: tuple[Path, str], data_dir: Path
) -> None:
    child = process("run", chooses[0], "--input", chooses[1])
    assert child.stdout is not None
    while "waits for a person" not in (line := child.stdout.readline()):
        assert line
    child.kill()
    child.wait()
    (question,) = ctl("questions", "--json").json
    (chosen,) = question["evidence"]["chosen_by"]
    assert chosen == {"argument": "path", "sources": ["file"], "from_steps": ["read"]}
    assert question["headline"] == "May the step “write” use this path?"
    assert "The path comes from a file (read)." in question["body"] and question["value"]["path"] == "out/P-12.txt"
    edited = {"value": {"path": "out/mine.txt", "content": "hello"}}
    answer = ("answer", question["question"], "approve_with_changes", "--values")
    for wrong in ({"content": "no path"}, {"path": ["out/x"], "content": ""}, {"path": "x", "content": "", "more": 1}):
        refused = ctl(*answer, json.dumps({"value": wrong}))
        assert refused.code == 2 and "value" in refused.err
    assert len(ctl("questions", "--json").json) == 1, "what cannot be taken leaves the question open"
    assert ctl(*answer, json.dumps(edited)).code == 0
    second = process("watch")
    _, err = second.communicate(timeout=30)
    assert second.returncode == 0, err
    written = [file.relative_to(data_dir).as_posix() for file in (data_dir / "files").rglob("*.txt")]
    assert written == ["files/out/mine.txt"]
    journal = [json.loads(line) for line in ctl("journal").out.splitlines()]
    asked = [event for event in journal if event["kind"] == "QuestionAsked"]
    (answered,) = [event for event in journal if event["kind"] == "QuestionAnswered"]
    (started,) = [event for event in journal if event["kind"] == "EffectStarted"]
    assert [event["form"]["value"]["path"] for event in asked] == ["out/P-12.txt"]
    assert answered["values"] == edited and started["args"] == edited["value"]
    why = ctl("why", "last", "write").out
    assert "It asked because the path comes from a file (read), and this site asks before such text chooses." in why
    assert "file" in ctl("show").out.split("result", 1)[1]
    steps = {step["step"]: step["sources"] for step in ctl("show", "--json").json["steps"]}
    assert steps["read"] == {"rows": ["file"]}


def test_a_refusal_fails_the_step_and_writes_nothing(ctl: Ctl, chooses: tuple[Path, str], data_dir: Path) -> None:
    assert ctl("run", chooses[0], "--input", chooses[1]).code == 3
    (question,) = ctl("questions", "--json").json
    assert ctl("answer", question["question"], "refuse", "--comment", "Not there.").code == 0
    ended = ctl("watch")
    assert ended.code == 1
    assert "A person refused the call of file.write. Not there (permission)." in ended.out
    assert not list((data_dir / "files").rglob("*.txt"))


@pytest.mark.parametrize(("rule", "code", "said"), [("refuse", 1, "'out/P-12.txt'"), ("allow", 0, "out/P-12.txt")])
def test_a_site_may_refuse_or_allow_instead(
    ctl: Ctl, chooses: tuple[Path, str], data_dir: Path, rule: str, code: int, said: str
) -> None:
    data_dir.mkdir(exist_ok=True)
    (data_dir / "settings.json").write_text(json.dumps({"trust": {"on_tainted": rule}}))
    done = ctl("run", chooses[0], "--input", chooses[1])
    assert done.code == code and said in done.out + done.err
    if rule == "refuse":
        why = "the path comes from a file (read) ('out/P-12.txt'), and here no such text may choose."
        assert f"file.write was not called: {why}" in ctl("why").out


def test_a_site_may_trust_its_files(ctl: Ctl, chooses: tuple[Path, str], data_dir: Path) -> None:
    data_dir.mkdir(exist_ok=True)
    (data_dir / "settings.json").write_text(json.dumps({"trust": {"untrusted": ["web", "tool"]}}))
    assert ctl("run", chooses[0], "--input", chooses[1]).code == 0
