"""Makes resources/models/anomaly.onnx: a Mahalanobis scorer for raw sensor windows, with its features inside the graph."""
import argparse
import json
import os
import random
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import windows  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

ROOT = Path(__file__).resolve().parents[2] / "resources"
C, N = len(windows.CHANNELS), windows.SAMPLES
PAIRS = [(a, b) for a in range(C) for b in range(a + 1, C)]
KINDS = 8  # features of each channel, see graph()


def sample(n: int, seed: int, fault: str | None = None) -> np.ndarray:
    """Windows as a logger stores them."""
    r = random.Random(seed)
    return np.array([windows.rounded(windows.faulty(r, fault) if fault else windows.healthy(r)) for _ in range(n)], np.float32)


def constants(**values: np.ndarray) -> list:
    return [numpy_helper.from_array(np.asarray(v), k) for k, v in values.items()]


def feature_nodes() -> tuple[list, list]:
    """Nodes from `window` [N,4,64] to `features` [N, 4*8+6]: level, spread, roughness, jump, trend, extremes, stillness, correlation."""
    n = helper.make_node
    nodes = [
        n("ReduceMean", ["window"], ["mean"], axes=[2], keepdims=1),
        n("Sub", ["window", "mean"], ["centred"]),
        n("Mul", ["centred", "centred"], ["squared"]),
        n("ReduceMean", ["squared"], ["variance"], axes=[2], keepdims=1),
        n("Add", ["variance", "tiny"], ["variance_"]),
        n("Sqrt", ["variance_"], ["spread"]),
        n("Slice", ["window", "one", "end", "time"], ["later"]),
        n("Slice", ["window", "zero", "last", "time"], ["earlier"]),
        n("Sub", ["later", "earlier"], ["step"]),
        n("Abs", ["step"], ["jump"]),
        n("Mul", ["step", "step"], ["step2"]),
        n("ReduceMean", ["step2"], ["rough2"], axes=[2], keepdims=1),
        n("Add", ["rough2", "tiny"], ["rough2_"]),
        n("Sqrt", ["rough2_"], ["roughness"]),
        n("ReduceMax", ["jump"], ["biggest_jump"], axes=[2], keepdims=1),
        n("Less", ["jump", "still"], ["is_still"]),
        n("Cast", ["is_still"], ["still_"], to=TensorProto.FLOAT),
        n("ReduceMean", ["still_"], ["stillness"], axes=[2], keepdims=1),
        n("Slice", ["window", "late", "end", "time"], ["tail"]),
        n("Slice", ["window", "zero", "soon", "time"], ["head"]),
        n("ReduceMean", ["tail"], ["tail_mean"], axes=[2], keepdims=1),
        n("ReduceMean", ["head"], ["head_mean"], axes=[2], keepdims=1),
        n("Sub", ["tail_mean", "head_mean"], ["trend"]),
        n("ReduceMax", ["centred"], ["top"], axes=[2], keepdims=1),
        n("ReduceMin", ["centred"], ["bottom"], axes=[2], keepdims=1),
        n("Concat", ["mean", "spread", "roughness", "biggest_jump", "stillness", "trend", "top", "bottom"], ["by_channel"], axis=2),
        n("Flatten", ["by_channel"], ["flat"], axis=1),
        n("Div", ["centred", "spread"], ["unit"]),
        n("Gather", ["unit", "left"], ["unit_left"], axis=1),
        n("Gather", ["unit", "right"], ["unit_right"], axis=1),
        n("Mul", ["unit_left", "unit_right"], ["products"]),
        n("ReduceMean", ["products"], ["correlation"], axes=[2], keepdims=0),
        n("Concat", ["flat", "correlation"], ["features"], axis=1),
    ]
    i = lambda *x: np.array(x, np.int64)  # noqa: E731
    return nodes, constants(
        tiny=np.array(1e-6, np.float32), still=np.array(1e-5, np.float32), one=i(1), zero=i(0), end=i(N), last=i(N - 1), time=i(2),
        late=i(N - N // 4), soon=i(N // 4), left=i(*(a for a, _ in PAIRS)), right=i(*(b for _, b in PAIRS)),
    )


def model(nodes: list, inits: list, outputs: dict) -> onnx.ModelProto:
    """A checked model in an old enough dialect for every runtime we meet."""
    graph = helper.make_graph(
        nodes, "anomaly", [helper.make_tensor_value_info("window", TensorProto.FLOAT, ["N", C, N])],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, shape) for k, shape in outputs.items()], inits,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="signalbox")
    made.ir_version = 9
    onnx.checker.check_model(made, full_check=True)
    return made


def run(made: onnx.ModelProto, x: np.ndarray) -> list:
    return onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"window": x})


def scorer(healthy: np.ndarray) -> onnx.ModelProto:
    """Fit on healthy windows; score 1 is an ordinary window."""
    nodes, inits = feature_nodes()
    width = C * KINDS + len(PAIRS)
    features = run(model(nodes, inits, {"features": ["N", width]}), healthy)[0].astype(np.float64)
    middle, scale = features.mean(0), features.std(0) + 1e-3
    z = (features - middle) / scale
    whiten = np.linalg.cholesky(np.linalg.inv(np.cov(z.T) + 1e-2 * np.eye(width)))
    n = helper.make_node
    nodes += [
        n("Sub", ["features", "middle"], ["off"]),
        n("Div", ["off", "scale"], ["z"]),
        n("MatMul", ["z", "whiten"], ["white"]),
        n("Mul", ["white", "white"], ["white2"]),
        n("ReduceMean", ["white2"], ["distance2"], axes=[1], keepdims=0),
        n("Sqrt", ["distance2"], ["score"]),
        # How far each channel's own features are off, for the person who looks; correlations are left out.
        n("Slice", ["z", "zero", "own", "one"], ["z_own"]),
        n("Reshape", ["z_own", "shape"], ["z_channel"]),
        n("Mul", ["z_channel", "z_channel"], ["z2"]),
        n("ReduceMean", ["z2"], ["z2_mean"], axes=[2], keepdims=0),
        n("Sqrt", ["z2_mean"], ["by_channel_score"]),
    ]
    inits += constants(middle=middle.astype(np.float32), scale=scale.astype(np.float32), whiten=whiten.astype(np.float32),
                       own=np.array([C * KINDS], np.int64), shape=np.array([0, C, KINDS], np.int64))
    return model(nodes, inits, {"score": ["N"], "by_channel_score": ["N", C]})


def area(low: np.ndarray, high: np.ndarray) -> float:
    """AUROC: how often a fault scores above a healthy window."""
    ranks = np.argsort(np.argsort(np.r_[low, high]))[len(low):]
    return float((ranks.sum() - len(high) * (len(high) - 1) / 2) / (len(low) * len(high)))


def describe(threshold: float, path: Path) -> None:
    """Write what a workflow has to know about the scorer."""
    path.write_text(json.dumps({
        "format": 1,
        "model": "anomaly.onnx",
        "input": {"name": "window", "type": "float32", "shape": ["N", C, N], "channels": windows.CHANNELS, "units": windows.UNITS,
                  "seconds_per_sample": 1, "note": "raw readings, not scaled; the graph does the rest"},
        "outputs": {"score": {"shape": ["N"], "note": "1 is an ordinary healthy window"},
                    "by_channel_score": {"shape": ["N", C], "note": "how far each channel's own features are off, in standard deviations"}},
        "anomalous_above": threshold,
    }, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", type=Path, default=ROOT / "models" / "anomaly.onnx")
    args = ap.parse_args()
    made = scorer(sample(6000, 1))
    onnx.save(made, args.out)
    pick = run(made, sample(4000, 2))[0]
    threshold = round(float(np.quantile(pick, 0.995)), 2)
    describe(threshold, args.out.with_name("anomaly.contract.json"))
    print("bytes", args.out.stat().st_size, "threshold (99.5 % of 4000 other healthy windows)", threshold)
    for seed in (3, 4, 5):
        low = run(made, sample(1000, 10 * seed))[0]
        print(f"seed {seed}: false alarms {np.mean(low > threshold):.4f}", *(
            f"{k}: AUROC {area(low, s):.3f} found {np.mean(s > threshold):.3f}"
            for k in windows.FAULTS for s in [run(made, sample(400, 10 * seed + 1, k))[0]]), sep="\n  ")
    stored = json.loads((ROOT / "examples" / "sensor_windows.json").read_text())["windows"]
    scores = run(made, np.array(list(stored.values()), np.float32))
    for key, score, parts in zip(stored, *scores, strict=True):
        print(key, round(float(score), 2), "ABOVE" if score > threshold else "below", windows.CHANNELS[int(parts.argmax())], parts.round(1))
