"""Word lists of the synthetic alarm texts; the `test` side shares no content word with the `train` side."""

MACHINES = {
    "train": ("PUMP", "CNC", "CONV", "CHIL", "ROBO", "PRES", "EXTR", "BOIL", "FAN", "MIXR"),
    "test": ("OVEN", "AGV", "LATHE", "SAW", "WELD", "DRYER", "CRANE", "HOIST", "TURB", "MILL"),
}

# family -> (nouns, predicates)
TRAIN = {
    "vibration": (
        ["bearing housing", "shaft", "drive end", "gearbox", "rotor", "casing", "coupling side", "flywheel", "support frame"],
        ["shakes strongly", "vibrates above limit", "shows high amplitude", "rattles", "is not running smooth", "trembles",
         "vibration alarm", "hums and shakes", "velocity above alert"],
    ),
    "temperature": (
        ["oil", "winding", "coolant", "heater zone", "outlet", "cabinet", "return water", "mould half", "radiator"],
        ["is too hot", "overheats", "temperature out of band", "heat warning", "thermal limit reached", "does not hold temperature",
         "temperature alarm", "warms up too fast", "degrees out of range"],
    ),
    "pressure": (
        ["suction line", "hydraulic unit", "air supply", "discharge", "accumulator", "manifold", "clamp circuit", "vacuum side"],
        ["pressure deviates", "bar value out of range", "pressure alarm", "pressure switch tripped", "is not at set pressure",
         "pressure unstable", "delivers wrong pressure", "pressure guard active"],
    ),
    "electrical": (
        ["motor", "inverter", "supply", "breaker", "drive", "phase monitor", "capacitor bank", "feeder cell"],
        ["current abnormal", "draws wrong current", "electrical trip", "amperage warning", "power fault", "line current alarm",
         "ampere reading wrong", "overcurrent relay active"],
    ),
    "signal": (
        ["transmitter", "probe", "fieldbus node", "remote module", "level sensor", "gateway", "encoder card", "input channel"],
        ["signal not plausible", "reading is suspect", "quality bit bad", "value invalid", "link degraded", "reports garbage",
         "data out of step", "telegram missing"],
    ),
    "motion": (
        ["axis", "belt drive", "carriage", "turntable", "feeder", "spool", "slide", "gripper arm"],
        ["following error", "speed deviates", "position lag", "does not track", "slips", "stalls now and then",
         "moves in jerks", "misses its target"],
    ),
}
TEST = {
    "vibration": (["spindle nose", "impeller wheel", "blower hub", "pedestal", "crankcase"],
                  ["wobbles badly", "oscillates mechanically", "resonates", "judders", "noisy and unsteady"]),
    "temperature": (["furnace wall", "lubricant sump", "stator", "chamber", "nozzle tip"],
                    ["gets scorching", "runs warm", "is overheated", "cooling insufficient", "thermostat complaint"]),
    "pressure": (["brake cylinder", "boiler drum", "pneumatic hose", "reservoir", "injector rail"],
                 ["psi far off", "compression faulty", "vessel overloaded", "loses tightness", "hPa mismatch"]),
    "electrical": (["transformer", "rectifier", "busbar", "contact block", "UPS battery"],
                   ["voltage sags", "consumes excessive watts", "blew again", "earth leakage", "tripping repeatedly"]),
    "signal": (["thermocouple", "antenna", "barcode reader", "controller rack", "flowmeter"],
               ["sends nonsense", "frozen telemetry", "packets lost", "unreadable measurement", "checksum mismatch"]),
    "motion": (["ballscrew", "elevator chain", "lift table", "rotary joint", "shuttle"],
               ["overshoots", "jams occasionally", "hesitates", "creeps sideways", "cannot reach home"]),
}
NEUTRAL = {
    "train": ["fault group active", "see display", "collective alarm", "please check", "vendor message", "alarm without text", ""],
    "test": ["undefined trouble", "consult screen", "general malfunction", "unspecified incident"],
}
TAILS = {
    "train": ["night shift", "after restart", "line 3", "seen by operator", "during product change", "second time this week",
              "no planned stop", "since morning", "at full load", "after cleaning", "shift handover", "reported by PLC", "at start-up",
              "ambient 31 C", "test run was yesterday", "maintenance informed", "no change since noon", "not the first time",
              "Schicht B", "Halle Nord", "touch panel shows it", "person informed", "order 4711", "without load", "quality hold"],
    "test": ["weekend crew", "post outage", "bay seven", "noticed by supervisor", "while warming", "humid weather",
             "crane moving overhead", "Frühschicht", "nach Umbau", "auditors visiting", "batch 90233", "customer waiting",
             "ticket already open", "recipe switched", "roof rain"],
}
# Danger words are a closed vocabulary, stated in the model card: a model trained from nothing cannot guess unseen ones.
HAZARD_CUES = {
    "smoke": ["smoke", "fumes"],
    "fire": ["fire", "flames"],
    "sparks": ["sparks", "arcing"],
    "burning": ["burning smell", "smell of burning"],
    "gas": ["gas smell", "smell of gas"],
    "person": ["person in the guard", "person trapped"],
}
HAZARD_FRAMES = {
    "train": ["{c}", "{c} seen", "{c} reported", "operator reports {c}", "{c} at the {n}", "with {c}", "slight {c} near {n}",
              "there is {c}", "{c} since restart", "no alarm before, {c}", "{c}, not acknowledged", "and {c}", "also {c} here"],
    "test": ["{c} around {n}", "somebody noticed {c}", "{c} coming out of {n}", "colleague shouts {c}", "heavy {c} behind {n}",
             "{c} visible from corridor"],
}
DENIAL_FRAMES = {
    "train": ["no {c}", "no {c} seen", "without {c}", "no {c} at the {n}", "checked, no {c}", "no {c} reported", "no sign of {c}",
              "operator reports no {c}", "still no {c}"],
    "test": ["inspected thoroughly, no {c}", "no {c} around {n}", "runs without {c} today", "luckily no {c}",
             "supervisor confirms no {c}"],
}
DECOYS = {
    "train": ["fire door closed", "smoke detector tested", "spark plug new", "gas meter read", "fire extinguisher checked",
              "person informed", "burning-in done"],
    "test": ["fire door wedged", "smoke detector humming", "gas meter replaced lately", "fire extinguisher expired"],
}
# Harmless things that appear in the same frames as dangers, so that the frame's words decide nothing.
HARMLESS = {
    "train": ["noise", "dust", "water drops", "a squeak", "vibration", "new operator", "old label", "warning lamp", "loose paper", "fault"],
    "test": ["a rattle", "condensation", "paint chips", "beeping", "visitors", "green light"],
}
WORK = ["replaced", "cleaned", "adjusted", "inspected", "tightened", "repaired"]
NOTES = ["pump controller group 3", "see sheet 12", "drive option board", "safety relay", "channel 4", "heater card", "rev B", "not listed", ""]
