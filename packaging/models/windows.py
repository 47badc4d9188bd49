"""Synthetic sensor windows: four load-coupled channels of one machine, healthy or with one fault; standard library only."""
import math
import random

SAMPLES = 64
CHANNELS = ("vibration", "temperature", "pressure", "current")
UNITS = ("mm/s", "degC", "bar", "A")
LIMITS = (7.1, 90.0, 10.0, 32.0)
FAMILY_CHANNEL = {"vibration": 0, "temperature": 1, "pressure": 2, "electrical": 3, "signal": 2, "motion": 3}
FAULTS = ("drift", "noise", "spike", "step", "stuck", "oscillation")


def healthy(r: random.Random) -> list:
    """A window of normal work: a slow load curve that all channels follow, each in its own way."""
    load, f, phase = r.uniform(0.6, 1.0), r.uniform(0.02, 0.06), r.uniform(0, 2 * math.pi)
    amp = [load * (1 + 0.12 * math.sin(2 * math.pi * f * t + phase)) for t in range(SAMPLES)]
    return [
        [3.0 + 1.5 * a * a + r.gauss(0, 0.08) for a in amp],
        [42 + 18 * a + r.gauss(0, 0.4) for a in amp],
        [7.2 - 1.3 * a + r.gauss(0, 0.06) for a in amp],
        [6 + 15 * a + r.gauss(0, 0.2) for a in amp],
    ]


def faulty(r: random.Random, fault: str) -> list:
    """A window with one of the generic faults that the scorer is measured with."""
    w, size, start = healthy(r), r.uniform(0.5, 1.6), r.randrange(10, 44)
    after = range(start, SAMPLES)
    if fault == "drift":
        for t in after:
            w[1][t] += 7 * size * (t - start) / (SAMPLES - start)
    elif fault == "noise":
        for t in after:
            w[0][t] += r.gauss(0, 0.25 * size)
    elif fault == "spike":
        w[r.randrange(4)][start] *= 1 + 0.25 * size
    elif fault == "step":
        for t in after:
            w[2][t] -= 0.7 * size
    elif fault == "stuck":
        c = r.randrange(4)
        w[c][start:] = [w[c][start]] * (SAMPLES - start)
    else:
        for t in after:
            w[3][t] += 1.6 * size * math.sin(2 * math.pi * 0.22 * t)
    return w


def alarming(r: random.Random, family: str, trend: str, level: int) -> list:
    """A window whose family's channel shows `trend` and whose worst reading is `level` % of the limit."""
    w, c = healthy(r), FAMILY_CHANNEL[family]
    limit = LIMITS[c]
    usual = sum(w[c]) / SAMPLES / limit * 100
    curve = {
        "rising": lambda t: usual + (level - usual) * (t / (SAMPLES - 1)) ** 1.4,
        "dropping": lambda t: usual + (level - usual) * (t / (SAMPLES - 1)) ** 1.4,
        "steady": lambda t: level - 1.5,
        "oscillating": lambda t: level - 16 + 15 * math.sin(2 * math.pi * t / 10.5),
        "spiking": lambda t: level if t in (17, 18, 39, 55) else usual,
    }[trend]
    worst = min if trend == "dropping" else max
    w[c] = [max(0.0, (curve(t) + r.gauss(0, 0.4)) * limit / 100) for t in range(SAMPLES)]
    at = w[c].index(worst(w[c]))
    w[c] = [max(x, level * limit / 100) if trend == "dropping" else min(x, level * limit / 100) for x in w[c]]
    w[c][at] = level * limit / 100
    return w


def rounded(w: list) -> list:
    """As a logger would store it."""
    return [[round(x, 2) for x in channel] for channel in w]


def percent(w: list, channel: int, trend: str) -> int:
    """The reading furthest from normal, in % of the channel's limit."""
    return round((min if trend == "dropping" else max)(w[channel]) / LIMITS[channel] * 100)
