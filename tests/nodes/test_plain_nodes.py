"""Nodes that set, ask once or call one tool."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import StepError


def test_set_gives_its_values(run_node: Any) -> None:
    assert run_node("data.set", {"values": {"a": [1, None]}}) == {"output": {"a": [1, None]}}


def test_a_template_is_text_whatever_was_put_in(run_node: Any) -> None:
    assert run_node("data.template", {"text": "as it is\n"}) == {"output": "as it is\n"}
    assert run_node("data.template", {"text": {"b": 1, "a": "ü"}}) == {"output": '{"a":"ü","b":1}'}


def test_wait_passes_its_input_on(run_node: Any, context: Any) -> None:
    ctx = context()
    assert run_node("wait", {"seconds": 2}, {"input": 7}, ctx) == {"output": 7}
    assert ctx.log == [("sleep", 2.0)]


@pytest.mark.parametrize(("clock", "left"), [(1_767_225_500.0, 100.0), (1_767_225_700.0, 0.0)])
def test_wait_until_a_time_sleeps_what_is_left(run_node: Any, context: Any, clock: float, left: float) -> None:
    ctx = context(clock=clock)
    run_node("wait", {"until": "2026-01-01T01:00:00+01:00"}, {}, ctx)
    assert ctx.log == [("now",), ("sleep", left)]


def test_ask_sends_instructions_and_prompt(run_node: Any, context: Any) -> None:
    ctx = context(replies=["It shakes."])
    assert run_node("model.ask", {"role": "small", "instructions": "Sum up.", "prompt": {"b": 1, "a": 2}}, {}, ctx) == {
        "result": "It shakes."
    }
    assert ctx.log[0][1:3] == (
        "small",
        [{"role": "system", "content": "Sum up."}, {"role": "user", "content": '{"a":2,"b":1}'}],
    )


def test_ask_without_a_prompt_asks_its_input(run_node: Any, context: Any) -> None:
    ctx = context(replies=["x", "y"])
    run_node("model.ask", {"role": "small"}, {"input": "hello"}, ctx)
    assert ctx.log[0][2] == [{"role": "user", "content": "hello"}]
    run_node("model.ask", {"role": "small", "messages": [{"role": "user", "content": "hi"}]}, {}, ctx)
    assert ctx.log[1][2] == [{"role": "user", "content": "hi"}]


SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def test_ask_with_a_schema_gives_a_value_that_meets_it(run_node: Any, context: Any, says: Any) -> None:
    params = {"role": "small", "prompt": "?", "output": SCHEMA}
    ctx = context(replies=[{"n": 1}, says(' {"n": 2} ')])
    assert [run_node("model.ask", params, {}, ctx)["result"] for _ in range(2)] == [{"n": 1}, {"n": 2}]
    assert ctx.log[0][3]["schema"] == SCHEMA


@pytest.mark.parametrize("said", [{"n": "x"}, "no JSON", '{"n": NaN}', '{"n": 1', "[" * 300])
def test_an_answer_of_another_shape_blames_the_model_call(run_node: Any, context: Any, failing: Any, said: Any) -> None:
    error = failing(lambda: run_node("model.ask", {"role": "s", "output": SCHEMA}, {}, context(replies=[said])))
    assert (error.cls, error.redo_from) == ("schema", "1")


def test_an_answer_that_was_cut_off_is_a_failure(run_node: Any, context: Any, says: Any, failing: Any) -> None:
    for params in ({"role": "s"}, {"role": "s", "output": {}}):
        error = failing(
            lambda params=params: run_node("model.ask", params, {}, context(replies=[says("a", finish="length")]))
        )
        assert error.cls == "limit"
        assert "max_tokens" in error.message


CHOOSE = {"role": "small", "labels": ["low", "high"], "instructions": "Severity?", "text": "it shakes"}


def test_choose_gives_one_of_the_labels(run_node: Any, context: Any) -> None:
    ctx = context(replies=[{"choice": "high"}])
    assert run_node("model.choose", CHOOSE, {}, ctx) == {"result": "high"}
    assert ctx.log[0][2] == [
        {"role": "system", "content": "Severity?\nlabels: low, high"},
        {"role": "user", "content": "it shakes"},
    ]
    assert ctx.log[0][3]["schema"]["properties"]["choice"] == {"enum": ["low", "high"]}


def test_a_label_that_was_not_given_is_a_schema_failure(run_node: Any, context: Any, failing: Any) -> None:
    assert failing(lambda: run_node("model.choose", CHOOSE, {}, context(replies=[{"choice": "odd"}]))).cls == "schema"


@pytest.mark.parametrize(
    ("own", "roles", "confidence", "port"),
    [
        (0.8, None, 0.79, "unsure"), (0.8, None, 0.8, "result"), (None, 0.8, 0.5, "unsure"),
        (0.1, 0.8, 0.5, "result"), (None, None, 0.0, "result"), (0.8, None, None, "result"),
    ],
)  # fmt: skip
def test_under_its_confidence_a_choice_is_unsure(
    run_node: Any, context: Any, says: Any, own: Any, roles: Any, confidence: Any, port: str
) -> None:
    said = says({"choice": "low"}, confidence=confidence, model={"unsure_below": roles})
    params = {**CHOOSE, "unsure_below": own}
    assert run_node("model.choose", params, {}, context(replies=[said])) == {port: "low"}


def test_onnx_says_which_scores_are_above(run_node: Any, context: Any) -> None:
    ctx = context(outputs={"score": [[1.0], [4.0], [3.5]], "other": [9.0]})
    params = {"role": "scorer", "inputs": {"window": [[1, 2]]}, "threshold": 3.5, "score": "score"}
    output = run_node("onnx.run", params, {}, ctx)["output"]
    assert output == {"score": [[1.0], [4.0], [3.5]], "other": [9.0], "above": True, "above_at": [1]}
    assert ctx.log == [("run_model", "scorer", {"window": [[1, 2]]})]


def test_onnx_takes_its_input_and_needs_an_object(run_node: Any, context: Any, failing: Any) -> None:
    ctx = context(outputs={"score": 1.0})
    assert run_node("onnx.run", {"role": "s"}, {"input": {"x": [1]}}, ctx) == {"output": {"score": 1.0}}
    assert failing(lambda: run_node("onnx.run", {"role": "s"}, {"input": [1]}, ctx)).cls == "schema"
    error = failing(
        lambda: run_node("onnx.run", {"role": "s", "inputs": {"x": 1}, "threshold": 1, "score": "no"}, {}, ctx)
    )
    assert "it has score" in error.message


def test_reading_a_file_calls_the_tool_without_the_defaults(run_node: Any, context: Any) -> None:
    ctx = context(results=[[{"a": "1"}]])
    params = {"path": "a.csv", "parse": "csv", "tool": {"description": "x"}}
    assert run_node("file.read", params, {}, ctx) == {"rows": [{"a": "1"}]}
    assert ctx.log[0][1:3] == ("file.read", {"path": "a.csv", "parse": "csv"})


def test_writing_takes_its_content_or_its_input(run_node: Any, context: Any) -> None:
    ctx = context(results=[{"path": "a"}] * 3)
    run_node("file.write", {"path": "a", "content": "x"}, {"input": "y"}, ctx)
    run_node("file.write", {"path": "a"}, {"input": "y"}, ctx)
    run_node("file.write", {"path": "a", "content": None}, {"input": "y"}, ctx)
    assert [entry[2]["content"] for entry in ctx.log] == ["x", "y", None]


def test_a_request_gives_body_and_response(run_node: Any, context: Any) -> None:
    response = {"status": 200, "headers": {}, "body": {"a": 1}}
    ctx = context(results=[response])
    params = {"url": "http://h", "method": "POST", "json": {"b": 2}, "timeout_s": 3}
    assert run_node("http.request", params, {}, ctx) == {"body": {"a": 1}, "response": response}
    assert ctx.log[0][2:] == (
        {"url": "http://h", "method": "POST", "json": {"b": 2}, "timeout_s": 3.0},
        {"timeout_s": 3.0},
    )


def test_a_statement_gives_rows_and_count(run_node: Any, context: Any) -> None:
    ctx = context(results=[{"rows": [{"n": 1}], "affected": 0}])
    assert run_node("sql.query", {"database": "a.db", "sql": "SELECT 1"}, {}, ctx) == {
        "rows": [{"n": 1}],
        "affected": 0,
    }


def test_a_program_gives_its_output_and_everything(run_node: Any, context: Any) -> None:
    result = {"exit_code": 0, "output": "x", "stderr": ""}
    ctx = context(results=[result])
    assert run_node("command.run", {"argv": ["x"], "effect": "pure"}, {}, ctx) == {"output": "x", "result": result}
    assert ctx.log[0][2] == {"argv": ["x"], "effect": "pure"}


def test_a_tools_failure_is_the_steps_failure(run_node: Any, context: Any) -> None:
    ctx = context(results=[StepError("rate_limit", "later", retry_after_s=5)])
    with pytest.raises(StepError) as caught:
        run_node("http.request", {"url": "http://h"}, {}, ctx)
    assert caught.value.retry_after_s == 5
