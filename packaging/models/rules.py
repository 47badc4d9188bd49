"""The rules of the alarm domain: what a right answer is, said once for training, evaluation and the example data."""
from dataclasses import dataclass

TRENDS = ("rising", "steady", "oscillating", "spiking", "dropping")
SEVERITIES = ("low", "medium", "high", "critical")
MODES = ("production", "test", "maintenance")
HAZARDS = ("smoke", "fire", "sparks", "burning", "gas", "person")

# family -> cause for each trend, in the order of TRENDS
FAMILIES = {
    "vibration": ("bearing_wear", "lubrication_low", "misalignment", "imbalance", "loose_mount"),
    "temperature": ("coolant_low", "exchanger_fouled", "valve_stuck", "overload", "heater_fault"),
    "pressure": ("filter_clogged", "regulator_fault", "cavitation", "water_hammer", "seal_leak"),
    "electrical": ("overload", "insulation_fault", "phase_imbalance", "power_dip", "phase_loss"),
    "signal": ("sensor_drift", "sensor_stuck", "wiring_loose", "interference", "comms_loss"),
    "motion": ("lubrication_low", "overload", "encoder_fault", "belt_slip", "belt_worn"),
}
CODE_DIGIT = {"vibration": "1", "temperature": "2", "pressure": "3", "electrical": "4", "signal": "5", "motion": "6"}

# cause -> (action, part, mechanical: a critical one stops the machine)
CAUSES = {
    "bearing_wear": ("replace_part", "bearing", True),
    "lubrication_low": ("relubricate", "grease", True),
    "misalignment": ("realign", "coupling", True),
    "imbalance": ("rebalance", "rotor", True),
    "loose_mount": ("tighten", "mount", True),
    "coolant_low": ("refill", "coolant", False),
    "exchanger_fouled": ("clean", "exchanger", False),
    "valve_stuck": ("clean", "valve", False),
    "overload": ("reduce_load", "none", True),
    "heater_fault": ("replace_part", "heater", False),
    "filter_clogged": ("replace_part", "filter", False),
    "regulator_fault": ("adjust", "regulator", False),
    "cavitation": ("adjust", "impeller", True),
    "water_hammer": ("adjust", "valve", False),
    "seal_leak": ("replace_part", "seal", True),
    "insulation_fault": ("test_insulation", "cable", True),
    "phase_imbalance": ("check_supply", "contactor", False),
    "power_dip": ("check_supply", "none", False),
    "phase_loss": ("check_supply", "fuse", True),
    "sensor_drift": ("recalibrate", "sensor", False),
    "sensor_stuck": ("replace_part", "sensor", False),
    "wiring_loose": ("tighten", "cable", False),
    "interference": ("check_wiring", "cable", False),
    "comms_loss": ("restart", "switch", False),
    "encoder_fault": ("replace_part", "encoder", True),
    "belt_slip": ("tighten", "belt", True),
    "belt_worn": ("replace_part", "belt", True),
    "unknown": ("inspect", "none", False),
    "no_fault": ("monitor", "none", False),
    "planned_work": ("close_alarm", "none", False),
}
ACTIONS = tuple(sorted({a for a, _, _ in CAUSES.values()} | {"stop_machine", "recheck_repair"}))
PARTS = tuple(sorted({p for _, p, _ in CAUSES.values()}))


@dataclass(frozen=True)
class Alarm:
    """What host code knows about one alarm before the model is asked."""

    machine: str
    code: str
    family: str  # "unknown" for a vendor code
    trend: str
    level: int  # the reading furthest from normal, in % of its limit
    anomaly: str  # yes | no | unknown: the verdict of the window scorer
    repeats: int
    mode: str
    text: str
    hazard: str | None = None  # what the text says; the model has to read it, it is not a fact line


def needs_no_lookup(a: Alarm) -> bool:
    """Whether the answer follows from the alarm alone: planned work or normal readings, and nobody in danger."""
    return a.hazard is None and (a.mode != "production" or a.anomaly == "no")


def severity_step(trend: str, level: int) -> int:
    """Where the level lies between the bands; a dropping reading is worse the lower it gets."""
    if trend == "dropping":
        return sum(level < b for b in (60, 40, 20))
    return sum(level >= b for b in (90, 110, 130))


def answer(a: Alarm, family: str, recent: bool | None) -> dict:
    """The right final object; `family` after the manual was read, `recent` is None without a history."""
    hazard = "no hazard" if a.hazard is None else f"hazard {a.hazard}"
    if needs_no_lookup(a):
        if a.mode != "production":
            return _final(f"{a.machine} in {a.mode} mode, {hazard}.", "planned_work", "low", "close_alarm", "none")
        return _final(f"{a.machine} readings normal, {hazard}.", "no_fault", "low", "monitor", "none")
    cause = FAMILIES[family][TRENDS.index(a.trend)] if family in FAMILIES else "unknown"
    step = min(3, severity_step(a.trend, a.level) + (a.repeats >= 3))
    severity = "critical" if a.hazard else SEVERITIES[step]
    action, part, mechanical = CAUSES[cause]
    if a.hazard or (severity == "critical" and mechanical):
        action = "stop_machine"
    elif severity == "low":
        action, part = "monitor", "none"
    elif recent:
        action = "recheck_repair"
    work = "no history" if recent is None else "recent repair" if recent else "no recent repair"
    times = f"{a.repeats} repeat" + ("" if a.repeats == 1 else "s")
    summary = f"{a.machine} {family} {a.trend}, level {a.level} %, {times}, {hazard}, {work}."
    return _final(summary, cause, severity, action, part)


def _final(summary: str, cause: str, severity: str, action: str, part: str) -> dict:
    # The summary comes first: writing the facts down before deciding is what lets a small model decide.
    return {"summary": summary, "cause": cause, "severity": severity, "action": action, "part": part}
