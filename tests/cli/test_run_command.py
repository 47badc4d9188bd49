"""`run` and what comes after it: `watch`, `show`, `why`, `journal`, `continue`, `cancel`, `verify`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_kit import Ctl, Start


def test_a_run_that_completes_exits_with_0_and_says_its_result(ctl: Ctl, line: Path) -> None:
    done = ctl("run", line)
    assert done.code == 0
    assert "Completed" in done.out and "y  2" in done.out
    assert "\x1b" not in done.out, "no control codes without a terminal"


def test_json_output_is_one_document_with_the_outcome(ctl: Ctl, line: Path) -> None:
    done = ctl("run", line, "--json")
    assert done.code == 0 and done.err == ""
    assert done.json["status"] == "completed" and done.json["outputs"] == {"y": 2}
    assert [step["step"] for step in done.json["steps"]] == ["a", "b"]


def test_a_run_by_name_uses_the_library(ctl: Ctl, line: Path) -> None:
    assert ctl("check", line, "--add").code == 0
    assert ctl("run", "line", "--json").json["outputs"] == {"y": 2}


def test_a_run_that_waits_exits_with_3_and_says_what_to_type(ctl: Ctl, gate: Path) -> None:
    done = ctl("run", gate)
    assert done.code == 3
    question = ctl("questions", "--json").json[0]["question"]
    assert f"signalboxctl answer {question} approve|approve_with_changes|send_back|refuse" in done.out
    assert "Stop line 4 for bearing 6204?" in done.out


def test_an_answer_given_in_advance_is_used_when_the_step_asks(ctl: Ctl, gate: Path, data_dir: Path) -> None:
    changed = json.dumps({"value": {"part": "bearing 6204", "hours": 5}})
    done = ctl("run", gate, "--answer", f"approve=approve_with_changes:{changed}", "--as", "ann", "--json")
    assert done.code == 0
    assert done.json["outputs"]["decision"]["value"]["hours"] == 5
    assert json.loads((data_dir / "files" / "order.json").read_text())["hours"] == 5
    assert ctl("show", "--json").json["questions"][0]["answers"][0]["by"] == "ann"


def test_an_answer_in_advance_that_the_question_does_not_offer_is_refused(ctl: Ctl, gate: Path) -> None:
    done = ctl("run", gate, "--answer", "approve=perhaps")
    assert done.code == 2
    assert "'perhaps' is not an option of this question" in done.err
    assert len(ctl("questions", "--json").json) == 1, "the run is there and waits"


def test_inputs_are_read_as_their_schemas_say(ctl: Ctl, workflow: Callable[[str], Path], tmp_path: Path) -> None:
    file = workflow(
        """
format: 1
name: typed
inputs:
  log: {type: string, format: file}
  count: {type: integer}
  ratio: {type: number, default: 0.5}
  loud: {type: boolean}
  tags: {type: array, items: {type: string}}
  label: {type: string}
nodes:
  a:
    type: data.set
    params: {values: {all: "{{ run.inputs }}"}}
edges: []
outputs: {all: "{{ steps.a.output.all }}"}
"""
    )
    (tmp_path / "alarms.csv").write_text("a,b\n")
    given = ["-i", f"log={tmp_path / 'alarms.csv'}", "-i", "count=3", "-i", "loud=true", "-i", 'tags=["x"]']
    done = ctl("run", file, *given, "-i", "label=007", "--json")
    assert done.json["outputs"]["all"] == {
        "log": str(tmp_path / "alarms.csv"), "count": 3, "ratio": 0.5, "loud": True, "tags": ["x"], "label": "007",
    }  # fmt: skip
    for wrong, sentence in (
        (["-i", "log=/nowhere.csv"], "names a file that is not there: /nowhere.csv"),
        (["-i", f"log={file}", "-i", "count=many"], "must be integer, and 'many' is not"),
        (
            ["-i", f"log={file}", "-i", "count=2.5", *given[4:], "-i", "label=x"],
            "'count' is wrong",
        ),
        (["-i", f"log={file}"], "The input 'count' is missing"),
        (["-i", "colour=red"], "has no input 'colour'; it has: log, count"),
        (["-i", "count"], "has no '='"),
    ):
        refused = ctl("run", file, *wrong)
        assert refused.code == 2 and sentence in refused.err and refused.err.count("\n") == 1, refused.err
    assert len(ctl("runs", "--json").json) == 1, "nothing wrong was started"


def test_a_failed_run_exits_with_1_is_explained_and_can_be_continued(
    ctl: Ctl, workflow: Callable[[str], Path], data_dir: Path
) -> None:
    file = workflow(
        """
format: 1
name: reads
nodes:
  a:
    type: data.set
    params: {values: {x: 1}}
  b:
    type: file.read
    params: {path: "later-{{ input.input.x }}.txt"}
  c:
    type: data.set
    params: {values: {text: "{{ input.input }}"}}
edges:
  - a.output -> b.input
  - b.text -> c.input
outputs: {text: "{{ steps.c.output.text }}"}
"""
    )
    done = ctl("run", file)
    assert done.code == 1 and "at b" in done.out and "(not_found)" in done.out
    assert "its policy allows 1 attempt" in ctl("why", "last", "b").out
    assert "the run had failed elsewhere" in ctl("why", "last", "c").out
    (data_dir / "files" / "later-1.txt").write_text("there now")
    again = ctl("continue", "last", "--json")
    assert again.code == 0 and again.json["outputs"] == {"text": "there now"}
    assert [step["by"] for step in again.json["steps"]] == ["reused", "attempt", "attempt"]
    assert "Reused, because nothing about them had changed: a." in ctl("why").out
    (data_dir / "files" / "later-2.txt").write_text("another")
    other = ctl("continue", "last", "--from", "b", "--set", 'b.input={"x": 2}', "--json")
    assert other.code == 0 and other.json["outputs"] == {"text": "another"}


def test_a_cancelled_run_exits_with_4(ctl: Ctl, gate: Path) -> None:
    assert ctl("run", gate).code == 3
    stored = ctl("cancel", "last", "--why", "wrong part", "--as", "ann", "--json")
    assert stored.code == 0 and stored.json["stored"] is True and stored.json["accepted"] is None
    assert ctl("watch", "--json").code == 4
    assert ctl("why").out.count("wrong part") == 1
    late = ctl("cancel", "last")
    assert late.code == 2 and "has ended already" in late.err


def test_the_journal_is_printed_as_it_is_stored(ctl: Ctl, line: Path) -> None:
    from engine.run.events import from_json

    ctl("run", line)
    lines = ctl("journal", "last").out.splitlines()
    events = [from_json(body) for body in lines]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].kind == "RunCompleted"
    assert ctl("journal", "last", "--after", len(events) - 1).out.splitlines() == lines[-1:]


def test_verify_finds_what_was_changed_behind_the_engines_back(ctl: Ctl, line: Path, data_dir: Path) -> None:
    import sqlite3

    ctl("run", line)
    assert ctl("verify").code == 0
    with sqlite3.connect(data_dir / "signalbox.sqlite") as database:
        database.execute("UPDATE event SET body = replace(body, '\"x\":1', '\"x\":7') WHERE body LIKE '%\"x\":1%'")
    database.close()
    done = ctl("verify", "--json")
    assert done.code == 1
    assert "not what was written" in done.json["faults"][0]["what"]


def test_runs_are_found_by_the_end_of_their_id_and_listed_newest_first(ctl: Ctl, line: Path) -> None:
    first = ctl("run", line, "--json").json["run"]
    second = ctl("run", line, "--json").json["run"]
    assert [row["run"] for row in ctl("runs", "--json").json] == [second, first]
    assert ctl("show", first[-8:], "--json").json["run"] == first
    assert ctl("show", "last", "--json").json["run"] == second
    unknown = ctl("show", "nothing")
    assert unknown.code == 2 and "There is no run 'nothing'" in unknown.err


def test_the_list_of_runs_tells_a_replay_and_a_run_that_goes_on_from_others(ctl: Ctl, line: Path) -> None:
    first = ctl("run", line, "--json").json["run"]
    step = ctl("show", first, "--json").json["steps"][0]["step"]
    again = ctl("replay", first, step, "--json").json["run"]
    assert [(row["run"], row["continues"], row["replays"]) for row in ctl("runs", "--json").json] == [
        (again, first, step),
        (first, None, None),
    ]
    shown = ctl("runs").out.splitlines()
    (row,) = [one for one in shown if again in one]
    assert f"replays {step} of {first[-8:]}" in row and not any("replays" in one for one in shown if again not in one)


def test_a_fresh_data_folder_has_no_runs_and_no_questions(ctl: Ctl) -> None:
    assert ctl("runs").out == "There are no runs yet.\n"
    assert ctl("questions", "--json").json == []
    assert ctl("show").code == 2


def test_usage_errors_exit_with_2_in_one_line(ctl: Ctl) -> None:
    for args in (["show", "--nope"], ["frobnicate"], ["run"], ["runs", "-n", "many"]):
        done = ctl(*args)
        assert done.code == 2 and done.err.count("\n") == 1 and "--help" in done.err, done.err


def test_every_command_explains_itself_with_an_example(ctl: Ctl) -> None:
    from engine.cli.app import app

    for command in app.registered_commands:
        done = ctl(str(command.name), "--help")
        assert done.code == 0 and f"signalboxctl {command.name}" in done.out


def test_a_part_of_the_table_of_commands_says_what_the_whole_says(ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.cli import app as table

    lines = (["--help"], ["models", "--help"], ["secrets", "set", "--help"], ["chek"], ["--help", "check"])
    said = [(done.code, done.out, done.err) for done in (ctl(*line) for line in lines)]
    monkeypatch.setattr(table, "_needed", lambda args: table.app)
    assert said == [(done.code, done.out, done.err) for done in (ctl(*line) for line in lines)]


def test_diff_names_what_changed(ctl: Ctl, line: Path, gate: Path) -> None:
    done = ctl("diff", line, gate)
    assert done.code == 0 and "~ name: 'line' -> 'gate-demo'" in done.out
    assert ctl("diff", line, line).out == "No difference.\n"


def test_the_schema_is_a_json_schema_of_workflow_files(ctl: Ctl) -> None:
    import jsonschema

    schema = ctl("schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "nodes" in schema["properties"]


def test_check_says_what_is_wrong_and_how_to_mend_it(ctl: Ctl, line: Path, workflow: Callable[[str], Path]) -> None:
    bad = workflow("format: 1\nname: bad\nnodes:\n  a:\n    type: data.sett\n    params: {}\nedges: []\n")
    done = ctl("check", line, bad, "--json")
    assert done.code == 2
    good, broken = done.json
    assert good["problems"] == [] and good["refused"] is None
    problem = broken["problems"][0]
    assert problem["node"] == "a" and problem["code"] and problem["sentence"] and problem["remedy"]
    assert ctl("check", line).code == 0


def test_a_terminal_that_knows_only_ascii_gets_everything_else_replaced(process: Start, gate: Path) -> None:
    gate.write_text(gate.read_text().replace("bearing 6204", "Lager für Öl"), encoding="utf-8")
    child = process("run", gate, env={"PYTHONIOENCODING": "ascii"})
    out, err = child.communicate(timeout=60)
    assert child.returncode == 3 and err == ""
    assert "Stop line 4 for Lager f?r ?l?" in out
