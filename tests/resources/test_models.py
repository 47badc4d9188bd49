"""Holds what the model card promises about the shipped models."""

import csv
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS, EXAMPLES = ROOT / "resources" / "models", ROOT / "resources" / "examples"


def _load(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def agent():
    """The shipped model in the small agent loop of the training scripts."""
    yield from _agent("small.gguf")


@pytest.fixture(scope="module")
def reader():
    """The model that reads certificates, in the same loop."""
    yield from _agent("reader.gguf")


def _agent(model: str):
    pytest.importorskip("llama_cpp")
    names = (
        "agent_loop",
        "goods_in",
        "contract",
        "rules",
        "evaluate",
        "evaluate_goods_in",
        "dialogue",
        "vocabulary",
    )
    sys.path.insert(0, str(ROOT / "packaging" / "models"))
    try:
        import agent_loop

        yield agent_loop.Agent(str(MODELS / model))
    finally:
        sys.path.pop(0)
        for name in names:
            sys.modules.pop(name, None)


def test_the_shipped_models_are_at_most_25_megabytes():
    assert sum(p.stat().st_size for p in MODELS.iterdir()) <= 25_000_000


def test_every_text_of_the_contract_schema_is_bounded_and_ascii():
    contract = _load(MODELS / "small.contract.json")
    schemas = [contract["output"], *(t["parameters"] for t in contract["tools"])]
    for field in (f for s in schemas for f in s["properties"].values()):
        assert "enum" in field or (field["pattern"].isascii() and field["pattern"].endswith("}$")), field


def test_the_scorer_tells_the_faulty_example_windows_from_the_healthy_ones():
    np, ort = pytest.importorskip("numpy"), pytest.importorskip("onnxruntime")
    told = _load(MODELS / "anomaly.contract.json")
    session = ort.InferenceSession(str(MODELS / told["model"]), providers=["CPUExecutionProvider"])
    stored = _load(EXAMPLES / "sensor_windows.json")["windows"]
    score, by_channel = session.run(None, {"window": np.array(list(stored.values()), np.float32)})
    verdicts = dict(zip(stored, score > told["anomalous_above"], strict=True))
    for alarm in _load(EXAMPLES / "expected_answers.json"):
        assert verdicts[alarm["window"]] == (alarm["anomaly"] == "yes"), alarm["window"]
    assert not any(v for k, v in verdicts.items() if k.startswith("N-"))
    assert by_channel.shape == (len(stored), 4)


def test_the_surface_models_are_sure_and_right_on_plain_marks_and_unsure_of_faint_ones():
    np, ort = pytest.importorskip("numpy"), pytest.importorskip("onnxruntime")
    image = pytest.importorskip("PIL.Image")
    told = _load(MODELS / "surface.contract.json")
    with (EXAMPLES / "surfaces" / "labels.csv").open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == len(list((EXAMPLES / "surfaces").glob("*.png"))) == 24
    for name, about in told["models"].items():
        assert (MODELS / name).stat().st_size < 100_000
        session = ort.InferenceSession(str(MODELS / name), providers=["CPUExecutionProvider"])
        side = about["input"]["shape"][2]
        for row in rows:
            picture = image.open(EXAMPLES / "surfaces" / row["file"]).resize((side, side), image.Resampling.BOX)
            scores = session.run(None, {"image": np.asarray(picture, np.float32)[None, None] / 255})[0][0]
            if row["mark"] == "plain":
                assert told["labels"][int(scores.argmax())] == row["label"] and scores.max() >= told["sure_from"], row
            elif name == "surface.onnx":
                assert scores.max() < told["sure_from"], row


def test_llama_cpp_tokenizes_the_stored_strings_as_in_training(agent):
    for pair in _load(MODELS / "small.selftest.json"):
        assert agent.model.tokenize(pair["text"].encode(), add_bos=False, special=True) == pair["ids"], pair["text"]


def test_llama_cpp_tokenizes_the_strings_of_the_reader_as_in_training(reader):
    for pair in _load(MODELS / "reader.selftest.json"):
        assert reader.model.tokenize(pair["text"].encode(), add_bos=False, special=True) == pair["ids"], pair["text"]


def test_the_reader_finds_values_decides_and_writes_as_its_card_says(reader):
    import evaluate_goods_in as e
    import goods_in as c

    values = [
        ok for row in e.measure(reader, "read", "wording", [1], 20) for name, ok in row[1].items() if name != "remark"
    ]
    assert sum(values) >= 0.97 * len(values)
    decided = e.measure(reader, "decide", "iid", [1], 20)
    assert all(row[1]["book or desk"] for row in decided) and sum(row[0] for row in decided) >= 18
    assert sum(row[0] for row in e.measure(reader, "write", "iid", [1], 20)) >= 17
    assert set(c.SPLITS) == {"iid", "wording", "noise"}


def test_the_small_model_answers_the_example_alarms_as_the_rules_do(agent):
    import contract
    from evaluate import example_conversations

    wrong = [
        (window, result.final, want)
        for window, messages, answers, want in example_conversations()
        if (result := agent.run(messages, contract.TOOLS, answers)).final != want
    ]
    assert not wrong
