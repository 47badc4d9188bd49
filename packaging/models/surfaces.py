"""Synthetic camera pictures of brushed metal: good ones, and ones with a scratch, pits or a stain. Seeded."""
import numpy as np

SIDE = 160
LABELS = ["good", "scratch", "pits", "stain"]
Y, X = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)


def blurred(x: np.ndarray, width: int, axis: int) -> np.ndarray:
    """A running mean along one axis."""
    pad = [(width // 2, width // 2) if a == axis else (0, 0) for a in range(2)]
    return np.apply_along_axis(lambda r: np.convolve(r, np.ones(width) / width, "valid"), axis, np.pad(x, pad, mode="reflect"))


def metal(r: np.random.Generator) -> np.ndarray:
    """Brushed metal under uneven light, with the camera's noise and a few specks of dust."""
    streaks = blurred(r.normal(0, r.uniform(14, 30), (SIDE, SIDE)), 41, 1) + r.normal(0, r.uniform(0.5, 1.8), (SIDE, 1))
    angle, slope = r.uniform(0, 2 * np.pi), r.uniform(5, 22)
    light = slope * ((X - 80) * np.cos(angle) + (Y - 80) * np.sin(angle)) / 80
    picture = r.uniform(115, 170) + light + streaks + r.normal(0, r.uniform(0.6, 1.6), (SIDE, SIDE))
    for _ in range(r.integers(0, 7)):
        y, x = r.integers(0, SIDE, 2)
        picture[y, x] += r.uniform(-18, 18)
    return picture


def scratch(r: np.random.Generator, depth: float) -> np.ndarray:
    """One to two thin lines, slightly bent, bright beside dark."""
    mark = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(r.integers(1, 3)):
        angle, length, bend = r.uniform(0, np.pi), r.uniform(35, 110), r.uniform(-0.004, 0.004)
        cx, cy = r.uniform(35, SIDE - 35, 2)
        along = (X - cx) * np.cos(angle) + (Y - cy) * np.sin(angle)
        across = -(X - cx) * np.sin(angle) + (Y - cy) * np.cos(angle) + bend * along**2
        ends = np.clip((length / 2 - np.abs(along)) / 6, 0, 1)
        width, sign = r.uniform(0.7, 1.5), r.choice([-1.0, 1.0])
        mark += sign * depth * ends * (np.exp(-(across**2) / (2 * width**2)) - 0.45 * np.exp(-((across - 2.4) ** 2) / (2 * width**2)))
    return mark


def pits(r: np.random.Generator, depth: float) -> np.ndarray:
    """Small dark holes with one lit edge."""
    mark = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(r.integers(1, 6)):
        cx, cy = r.uniform(12, SIDE - 12, 2)
        size = r.uniform(1.8, 5.0)
        far = np.hypot(X - cx, (Y - cy) * r.uniform(0.8, 1.25))
        mark -= depth * 1.5 / (1 + np.exp((far - size) * 2))
        mark += depth * 0.5 * np.exp(-((far - size - 1.2) ** 2) / 1.5) * np.clip(((X - cx) + (Y - cy)) / (size * 2), 0, 1)
    return mark


def stain(r: np.random.Generator, depth: float) -> np.ndarray:
    """A soft cloud, darker towards its rim as dried liquid is."""
    cx, cy = r.uniform(35, SIDE - 35, 2)
    a, b, turn = r.uniform(14, 34), r.uniform(12, 26), r.uniform(0, np.pi)
    u = ((X - cx) * np.cos(turn) + (Y - cy) * np.sin(turn)) / a
    v = (-(X - cx) * np.sin(turn) + (Y - cy) * np.cos(turn)) / b
    far = np.sqrt(u * u + v * v) + 0.10 * np.sin(3 * np.arctan2(v, u) + r.uniform(0, 6)) + 0.06 * np.sin(7 * np.arctan2(v, u) + r.uniform(0, 6))
    return -depth * 0.8 * (1 / (1 + np.exp((far - 1) * 9)) + 0.35 * np.exp(-((far - 0.95) ** 2) / 0.008))


MARKS = {"scratch": scratch, "pits": pits, "stain": stain}


def surface(r: np.random.Generator, label: str, low: float = 9, high: float = 45) -> np.ndarray:
    """One picture as the camera stores it; `low` to `high` grey levels is how deep its mark is."""
    picture = metal(r)
    if label in MARKS:
        picture += MARKS[label](r, r.uniform(low, high))
    return np.clip(picture.round(), 0, 255).astype(np.uint8)


def sample(n: int, seed: int, **depth: float) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and their labels' numbers; two in five are good."""
    r = np.random.default_rng(seed)
    kinds = r.choice(4, n, p=[0.4, 0.2, 0.2, 0.2])
    return np.stack([surface(r, LABELS[k], **depth) for k in kinds]), kinds
