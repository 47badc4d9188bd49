"""Makes resources/models/surface.onnx and surface_texture.onnx, their contract and the example pictures; prints every figure of the card.

`surface.onnx`: a small convolutional network over a picture of half size. `surface_texture.onnx`: 15 fixed measurements of the
whole picture and a small network over these, so that the second opinion does not fail where the first one does.
"""
import argparse
import json
import os
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from PIL import Image  # noqa: E402
from surfaces import LABELS, SIDE, sample, surface  # noqa: E402
from torch import nn  # noqa: E402

ROOT = Path(__file__).resolve().parents[2] / "resources"
HALF = SIDE // 2
SURE = 0.9
LINES = 15  # side of the line filters


def tensor(pictures: np.ndarray, half: bool) -> np.ndarray:
    """As the engine feeds them: 0 to 1, brought to the input's size by averaging."""
    if half:
        pictures = np.stack([np.asarray(Image.fromarray(p).resize((HALF, HALF), Image.Resampling.BOX)) for p in pictures])
    return pictures[:, None].astype(np.float32) / 255


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 12, 5, 2, 2), nn.Conv2d(12, 20, 3, 2, 1)
        self.c, self.d = nn.Conv2d(20, 28, 3, 2, 1), nn.Conv2d(28, 28, 3, 1, 1)
        self.out = nn.Linear(56, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = (x - x.mean((2, 3), keepdim=True)) * 10
        for layer in (self.a, self.b, self.c, self.d):
            x = torch.relu(layer(x))
        return self.out(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1))


def line_filters() -> np.ndarray:
    """Five directions; each compares a short line with its two neighbours. The direction of the brush is left out."""
    y, x = np.mgrid[-(LINES // 2) : LINES // 2 + 1, -(LINES // 2) : LINES // 2 + 1].astype(np.float32)
    found = []
    for degrees in (30, 60, 90, 120, 150):
        angle = np.deg2rad(degrees)
        along, across = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
        inside = np.exp(-(along**2) / 30)
        middle, beside = inside * np.exp(-(across**2) / 1.5), inside * np.exp(-((np.abs(across) - 4) ** 2) / 4)
        found.append(middle / middle.sum() - beside / beside.sum())
    return np.stack(found)[:, None].astype(np.float32)


def measuring() -> tuple[list, list]:
    """Nodes from `image` to `measured` [N, 15]: three bands of detail, and the strongest line of each direction."""
    n = helper.make_node
    nodes, parts = [], []

    def mean(name: str, source: str, width: int) -> None:
        pad = width // 2
        nodes.append(n("AveragePool", [source], [name], kernel_shape=[width, width], pads=[pad] * 4, strides=[1, 1]))

    mean("soft3", "image", 3)
    mean("soft11", "image", 11)
    mean("soft61_", "soft11", 61)
    for name, fine, coarse in (("fine", "image", "soft3"), ("spot", "soft3", "soft11"), ("cloud", "soft11", "soft61_")):
        nodes.append(n("Sub", [fine, coarse], [name]))
        nodes.append(n("Mul", [name, name], [f"{name}_2"]))
        nodes.append(n("ReduceMean", [f"{name}_2"], [f"{name}_power"], axes=[2, 3], keepdims=0))
        nodes.append(n("Sqrt", [f"{name}_power"], [f"{name}_spread"]))
        nodes.append(n("ReduceMax", [name], [f"{name}_top"], axes=[2, 3], keepdims=0))
        nodes.append(n("ReduceMin", [name], [f"{name}_bottom"], axes=[2, 3], keepdims=0))
        parts += [f"{name}_spread", f"{name}_top", f"{name}_bottom"]
    nodes.append(n("Conv", ["image", "lines"], ["lined"], kernel_shape=[LINES, LINES]))
    nodes.append(n("Abs", ["lined"], ["strength"]))
    nodes.append(n("ReduceMax", ["strength"], ["line_most"], axes=[2, 3], keepdims=0))
    nodes.append(n("ReduceMean", ["strength"], ["line_mean"], axes=[1, 2, 3], keepdims=1))
    nodes.append(n("Flatten", ["line_mean"], ["line_mean_"], axis=1))
    nodes.append(n("Concat", [*parts, "line_most", "line_mean_"], ["measured"], axis=1))
    return nodes, [numpy_helper.from_array(line_filters(), "lines")]


def made(name: str, side: int, nodes: list, inits: list, outputs: dict) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, side, side])],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, shape) for k, shape in outputs.items()], inits,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="signalbox")
    model.ir_version = 9
    onnx.checker.check_model(model, full_check=True)
    return model


def run(model: onnx.ModelProto, x: np.ndarray, output: int = 0) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": x[i : i + 64]})[output] for i in range(0, len(x), 64)])


def weights(**layers: nn.Module) -> list:
    return [numpy_helper.from_array(t.detach().numpy().T.copy() if t.dim() == 2 else t.detach().numpy(), f"{k}_{p}")
            for k, layer in layers.items() for p, t in layer.named_parameters()]


def network_model(net: Network) -> onnx.ModelProto:
    n = helper.make_node
    nodes = [n("ReduceMean", ["image"], ["level"], axes=[2, 3], keepdims=1), n("Sub", ["image", "level"], ["off"]), n("Mul", ["off", "ten"], ["x0"])]
    before = "x0"
    for name, kernel, stride in (("a", 5, 2), ("b", 3, 2), ("c", 3, 2), ("d", 3, 1)):
        nodes.append(n("Conv", [before, f"{name}_weight", f"{name}_bias"], [f"{name}_sum"], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4))
        nodes.append(n("Relu", [f"{name}_sum"], [f"{name}_x"]))
        before = f"{name}_x"
    nodes += [
        n("ReduceMax", [before], ["most"], axes=[2, 3], keepdims=0), n("ReduceMean", [before], ["mean"], axes=[2, 3], keepdims=0),
        n("Concat", ["most", "mean"], ["seen"], axis=1), n("MatMul", ["seen", "out_weight"], ["sums"]),
        n("Add", ["sums", "out_bias"], ["logits"]), n("Softmax", ["logits"], ["scores"], axis=1),
    ]
    inits = [numpy_helper.from_array(np.array(10, np.float32), "ten"), *weights(a=net.a, b=net.b, c=net.c, d=net.d, out=net.out)]
    return made("surface", HALF, nodes, inits, {"scores": ["N", 4]})


def texture_model(first: nn.Linear, last: nn.Linear, middle: np.ndarray, scale: np.ndarray) -> onnx.ModelProto:
    n = helper.make_node
    nodes, inits = measuring()
    nodes += [
        n("Sub", ["measured", "middle"], ["m0"]), n("Div", ["m0", "scale"], ["m1"]), n("MatMul", ["m1", "first_weight"], ["m2"]),
        n("Add", ["m2", "first_bias"], ["m3"]), n("Tanh", ["m3"], ["m4"]), n("MatMul", ["m4", "last_weight"], ["m5"]),
        n("Add", ["m5", "last_bias"], ["logits"]), n("Softmax", ["logits"], ["scores"], axis=1),
        n("Gather", ["measured", "which"], ["shown_"], axis=1), n("Abs", ["shown_"], ["shown"]), n("Mul", ["shown", "levels"], ["grey_levels"]),
    ]
    inits += [
        numpy_helper.from_array(middle, "middle"), numpy_helper.from_array(scale, "scale"),
        numpy_helper.from_array(np.array([5, 8], np.int64), "which"), numpy_helper.from_array(np.array(255, np.float32), "levels"),
        *weights(first=first, last=last),
    ]
    return made("surface_texture", SIDE, nodes, inits, {"scores": ["N", 4], "grey_levels": ["N", 2]})


def train(net: nn.Module, x: torch.Tensor, y: torch.Tensor, rounds: int, rate: float, flip: bool) -> None:
    r = torch.Generator().manual_seed(7)
    steps = rounds * (len(x) // 50)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for _ in range(rounds):
        order = torch.randperm(len(x), generator=r)
        for i in range(0, len(x) // 50 * 50, 50):
            batch = x[order[i : i + 50]]
            if flip:
                dims = [d for d in (2, 3) if torch.rand((), generator=r) < 0.5]
                batch = batch.flip(dims)
            loss = nn.functional.cross_entropy(net(batch), y[order[i : i + 50]], label_smoothing=0.01)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    net.eval()


def wilson(hits: int, n: int) -> str:
    if not n:
        return "none"
    p, z = hits / n, 1.96
    middle, half = (p + z * z / 2 / n) / (1 + z * z / n), z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return f"{p:.3f} ({middle - half:.3f}-{middle + half:.3f}, n={n})"


def figures(name: str, scores: np.ndarray, y: np.ndarray) -> None:
    guess, sure = scores.argmax(1), scores.max(1) >= SURE
    print(f"  {name}: right {wilson(int((guess == y).sum()), len(y))}; sure of {sure.mean():.3f}, then right "
          f"{wilson(int((guess == y)[sure].sum()), int(sure.sum()))}; unsure and right {wilson(int((guess == y)[~sure].sum()), int((~sure).sum()))}")
    bad = y != 0
    print(f"    marks passed as good while sure {wilson(int((sure & (guess == 0) & bad).sum()), int(bad.sum()))}; "
          f"good ones rejected while sure {wilson(int((sure & (guess != 0) & ~bad).sum()), int((~bad).sum()))}")
    for k, label in enumerate(LABELS):
        print(f"    {label}: {wilson(int((guess == y)[y == k].sum()), int((y == k).sum()))} as", *(f"{o} {int((guess[y == k] == j).sum())}" for j, o in enumerate(LABELS)))


def examples(models: dict[str, onnx.ModelProto], folder: Path) -> None:
    """24 pictures: five of each label, and four with marks at the edge of what can be seen."""
    folder.mkdir(parents=True, exist_ok=True)
    r = np.random.default_rng(2026)
    wanted = [(label, {}) for _ in range(5) for label in LABELS] + [(label, {"low": 4.0, "high": 7.0}) for label in ("scratch", "pits", "stain", "scratch")]
    rows = []
    for k, (label, depth) in enumerate(wanted, 1):
        picture = surface(r, label, **({"low": 16.0, "high": 40.0} | depth))
        name = f"P-{k:02d}.png"
        Image.fromarray(picture).save(folder / name, optimize=True)
        told = [run(m, tensor(picture[None], half))[0] for m, half in zip(models.values(), (True, False), strict=True)]
        rows.append(f"{name},{label},{'faint' if depth else 'plain'}")
        print(f"  {name} {label:8} {'faint' if depth else 'plain'}", *(f"{LABELS[int(s.argmax())]} {s.max():.3f}" for s in told))
    (folder / "labels.csv").write_text("\n".join(["file,label,mark", *rows]) + "\n", encoding="utf-8")


def describe(path: Path) -> None:
    """Write what a workflow has to know about both models."""
    shape = {"type": "float32", "note": "grey, 0 to 1; the engine makes it from a file value that is an image"}
    path.write_text(json.dumps({
        "format": 1, "labels": LABELS, "sure_from": SURE,
        "models": {
            "surface.onnx": {"input": {"name": "image", "shape": ["N", 1, HALF, HALF], **shape}, "outputs": {"scores": ["N", 4]}},
            "surface_texture.onnx": {
                "input": {"name": "image", "shape": ["N", 1, SIDE, SIDE], **shape},
                "outputs": {"scores": ["N", 4], "grey_levels": ["N", 2]},
                "grey_levels": ["darkest spot against its surroundings", "darkest cloud against its surroundings"],
            },
        },
    }, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--n", type=int, default=7000)
    ap.add_argument("--rounds", type=int, default=18)
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    pictures, labels = sample(args.n, 1)
    x, y = torch.from_numpy(tensor(pictures, True)), torch.from_numpy(labels)
    net = Network()
    train(net, x, y, args.rounds, 4e-3, flip=True)
    surface_onnx = network_model(net)
    measured = run(made("measuring", SIDE, *measuring(), {"measured": ["N", 15]}), tensor(pictures, False))
    middle, scale = measured.mean(0), measured.std(0) + 1e-6
    first, last = nn.Linear(15, 24), nn.Linear(24, 4)
    train(nn.Sequential(first, nn.Tanh(), last), torch.from_numpy((measured - middle) / scale), y, 40, 1e-2, flip=False)
    texture_onnx = texture_model(first, last, middle, scale)
    models = {"surface.onnx": surface_onnx, "surface_texture.onnx": texture_onnx}
    for name, model in models.items():
        onnx.save(model, ROOT / "models" / name)
        print(name, (ROOT / "models" / name).stat().st_size, "bytes")
    for seed, words, depth in ((11, "as in training", {}), (12, "as in training", {}), (13, "faint marks, 4 to 8 grey levels", {"low": 4.0, "high": 8.0})):
        pictures, labels = sample(1000, seed, **depth)
        print(f"test seed {seed}, {words}")
        told = [run(m, tensor(pictures, half)) for m, half in zip(models.values(), (True, False), strict=True)]
        for name, scores in zip(models, told, strict=True):
            figures(name, scores, labels)
        wrong = [scores.argmax(1) != labels for scores in told]
        print(f"  both wrong {wilson(int((wrong[0] & wrong[1]).sum()), len(labels))}; agree {wilson(int((told[0].argmax(1) == told[1].argmax(1)).sum()), len(labels))}")
    describe(ROOT / "models" / "surface.contract.json")
    examples(models, ROOT / "examples" / "surfaces")
