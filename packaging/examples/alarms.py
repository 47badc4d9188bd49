"""The alarms of interest in the example log, the service history and the manual that belong to them."""
from rules import Alarm

# The lookup of this alarm fails twice (HTTP 503) and then works.
FLAKY = ("CHIL-07", "E231")


def _a(machine: str, code: str, family: str, trend: str, level: int, text: str, anomaly: str = "yes", mode: str = "production",
       hazard: str | None = None) -> Alarm:
    return Alarm(machine, code, family, trend, level, anomaly, 0, mode, text, hazard)


# (day, hour after 06:00, earlier raises within 24 h, true family, alarm); the level of a healthy window is read from the window
ALARMS = (
    (0, 3, 0, "vibration", _a("PUMP-12", "E142", "vibration", "rising", 96, "bearing housing vibrates above limit, seen by operator")),
    (0, 5, 1, "pressure", _a("PRES-09", "E318", "pressure", "oscillating", 104, "hydraulic unit pressure unstable, at full load")),
    (0, 7, 0, "temperature", _a("BOIL-02", "E205", "temperature", "steady", 0, "outlet temperature alarm, after cleaning", "no")),
    (0, 9, 0, "motion", _a("CONV-33", "E611", "motion", "spiking", 112, "belt drive slips, order 4711")),
    (0, 14, 4, "electrical", _a("CNC-21", "E427", "electrical", "steady", 115, "drive current abnormal, second time this week")),
    (1, 1, 0, "temperature", _a("MIXR-03", "E244", "temperature", "spiking", 93, "winding heat warning, test run", "yes", "test")),
    (1, 4, 2, "temperature", _a("CHIL-07", "E231", "temperature", "rising", 121, "coolant does not hold temperature, since morning")),
    (1, 6, 0, "signal", _a("EXTR-05", "E509", "signal", "dropping", 34, "transmitter signal not plausible, after restart")),
    (1, 9, 0, "pressure", _a("PUMP-14", "V812", "unknown", "dropping", 28, "vendor message, suction line noisy")),
    (1, 12, 0, "vibration", _a("FAN-41", "E133", "vibration", "steady", 0, "casing rattles, night shift, no smoke", "no")),
    (1, 15, 3, "vibration", _a("PUMP-12", "E142", "vibration", "rising", 118, "bearing housing shakes strongly, night shift")),
    (2, 0, 0, "electrical", _a("CNC-22", "E451", "electrical", "dropping", 18, "phase monitor power fault, line 2 stopped")),
    (2, 3, 0, "motion", _a("ROBO-31", "E624", "motion", "oscillating", 98, "axis following error, during product change")),
    (2, 5, 1, "electrical", _a("EXTR-05", "E438", "electrical", "rising", 127, "motor draws wrong current, smell of burning at the motor",
                              hazard="burning")),
    (2, 8, 0, "pressure", _a("PRES-09", "E352", "pressure", "rising", 108, "manifold pressure deviates, maintenance informed")),
    (2, 11, 0, "vibration", _a("FAN-41", "X907", "unknown", "oscillating", 92, "collective alarm, please check")),
    (2, 16, 0, "pressure", _a("BOIL-02", "E347", "pressure", "steady", 111, "discharge pressure switch tripped, no gas smell")),
    (3, 2, 5, "motion", _a("CONV-33", "E611", "motion", "dropping", 44, "belt drive speed deviates, not the first time")),
    (3, 4, 0, "temperature", _a("CNC-21", "E216", "temperature", "oscillating", 117, "cabinet overheats, fire door closed")),
    (3, 7, 0, "vibration", _a("MIXR-03", "E157", "vibration", "dropping", 41, "gearbox is not running smooth, shift handover", "yes", "maintenance")),
    (3, 10, 1, "signal", _a("ROBO-31", "E540", "signal", "spiking", 105, "fieldbus node telegram missing, touch panel shows it")),
    (3, 13, 0, "vibration", _a("PUMP-14", "E149", "vibration", "steady", 136, "rotor shows high amplitude, smoke seen near coupling",
                              hazard="smoke")),
    (4, 1, 0, "temperature", _a("CHIL-07", "V733", "unknown", "steady", 109, "alarm without text, reported by PLC")),
    (4, 4, 3, "pressure", _a("PUMP-12", "E326", "pressure", "dropping", 23, "suction line is not at set pressure, ambient 31 C")),
    (4, 6, 0, "motion", _a("CNC-22", "E602", "motion", "rising", 86, "carriage position lag, quality hold")),
    (4, 9, 0, "vibration", _a("PRES-09", "E121", "vibration", "spiking", 131, "flywheel trembles, order 5120")),
)


def _h(work: str, days: int | None, recent: bool, orders: int) -> dict:
    return {"last_work": work, "days_since_work": days, "same_part_recent": recent, "work_orders": orders}


HISTORY = {
    ("PUMP-12", "E142"): _h("bearing replaced", 6, True, 3),
    ("PRES-09", "E318"): _h("impeller inspected", 88, False, 1),
    ("CONV-33", "E611"): _h("belt tightened", 41, False, 4),
    ("CNC-21", "E427"): _h("cable repaired", 120, False, 2),
    ("CHIL-07", "E231"): _h("coolant adjusted", 4, True, 5),
    ("EXTR-05", "E509"): _h("sensor replaced", 62, False, 1),
    ("PUMP-14", "V812"): _h("seal replaced", 210, False, 2),
    ("CNC-22", "E451"): _h("none", None, False, 0),
    ("ROBO-31", "E624"): _h("belt adjusted", 3, False, 1),
    ("EXTR-05", "E438"): _h("fuse replaced", 15, False, 2),
    ("PRES-09", "E352"): _h("filter cleaned", 7, True, 6),
    ("FAN-41", "X907"): _h("rotor cleaned", 33, False, 1),
    ("BOIL-02", "E347"): _h("valve inspected", 5, False, 2),
    ("CNC-21", "E216"): _h("valve cleaned", 19, False, 1),
    ("ROBO-31", "E540"): _h("cable tightened", 9, True, 2),
    ("PUMP-14", "E149"): _h("grease adjusted", 130, False, 3),
    ("CHIL-07", "V733"): _h("exchanger cleaned", 2, True, 7),
    ("PUMP-12", "E326"): _h("bearing replaced", 8, False, 3),
    ("CNC-22", "E602"): _h("encoder inspected", 300, False, 1),
    ("PRES-09", "E121"): _h("none", None, False, 0),
}
MANUAL = {
    "V812": {"family": "pressure", "note": "fault family pressure, pump controller group 3"},
    "V733": {"family": "temperature", "note": "fault family temperature, see sheet 12"},
    "V808": {"family": "vibration", "note": "fault family vibration, pump controller group 1"},
    "W140": {"family": "electrical", "note": "fault family electrical, drive option board"},
    "X311": {"family": "signal", "note": "fault family signal, channel 4"},
    "Z555": {"family": "motion", "note": "fault family motion, safety relay"},
}
