"""Makes synthetic material certificates and what is done with them, with the right answers, from the given random.Random.

Three tasks, one for each agent of the goods-in template: read a certificate, decide about a delivery, write to the supplier.
"""
import random
from dataclasses import dataclass, field

from contract import compact

SPLITS = ("iid", "wording", "noise")
READ = "Read the certificate. Give its fields as one JSON object; a field that it does not state is none."
DECIDE = "Decide about the delivery: book it, or hand it to the supplier desk when a value or the remark is doubtful."
DESK = "hand off supplier(order, batch, fault): asks the supplier about a doubtful certificate"
WRITE = "Write the query to the supplier as one JSON object."
FIELDS = ("order", "article", "batch", "strength", "hardness", "remark")
BOOKED = {"decision": "book", "reason": "all values as agreed"}

LABELS = {
    "train": {
        "order": ("order", "order no", "purchase order", "PO number", "your order", "customer order", "PO", "order ref", "our ref your order"),
        "article": ("article", "article no", "item", "part number", "material", "item no", "product", "part", "your article"),
        "batch": ("batch", "batch no", "lot", "lot number", "charge", "batch code", "heat and batch", "lot no", "melt batch"),
        "strength": ("strength", "tensile strength", "UTS", "Rm", "strength Rm", "tensile", "ultimate strength", "mean strength"),
        "hardness": ("hardness", "Brinell hardness", "HBW", "hardness HB", "Brinell", "surface hardness", "mean hardness"),
        "remark": ("remark", "note", "comment", "remarks", "please note", "observation"),
    },
    "test": {
        "order": ("customer PO", "purchase order ref", "your order number"),
        "article": ("product no", "part no", "material number"),
        "batch": ("lot code", "batch ref", "charge no"),
        "strength": ("tensile strength Rm", "ultimate tensile", "strength mean"),
        "hardness": ("hardness Brinell", "hardness HBW", "hardness mean"),
        "remark": ("comments", "note please", "remark on this lot"),
    },
}
HEADS = {
    "train": ("Inspection certificate 3.1", "Certificate EN 10204 3.1", "TEST CERTIFICATE", "Works certificate", "Material certificate",
              "Quality record", "Mill certificate", "CERTIFICATE OF CONFORMITY", ""),
    "test": ("Certificate of analysis", "Inspection record 3.2", "MATERIAL TEST REPORT"),
}
TAILS = {
    "train": ("signed for the works", "valid without signature", "approved by inspection", "end of certificate", "tested as ordered",
              "page one of one", "issued by quality", "we confirm the above", ""),
    "test": ("released by the laboratory", "this record is complete", "stamp of the inspector"),
}
OTHER = ("weight", "length", "thickness", "elongation", "impact", "pieces", "width", "yield", "density", "temperature", "carbon", "roughness",
         "diameter", "bundles", "delivery note", "certificate no", "page", "furnace", "customer no")
OTHER_UNITS = ("kg", "mm", "%", "J", "pcs", "m", "C", "um", "", "")
OTHER_TEST = ("gauge", "bend test", "coil", "manganese", "packing list")
BAD = ("reworked", "re-tested", "deviation", "concession", "stored outdoors", "sample mixed", "second test", "out of calibration", "surface damage",
       "repaired", "use as is", "value estimated")
FINE = ("palletised", "dry storage", "packed in film", "as ordered", "oiled", "with label", "in two bundles", "delivered early", "part delivery",
        "marked with paint", "no comment", "straightened as agreed")
AROUND = {"train": ("lot was {0}", "{0}", "{0}, see file", "{0} on request", "as told, {0}", "{0} by us", "goods {0}", "{0} before shipping"),
          "test": ("please see: {0}", "{0} at the works", "the goods are {0}")}
SEPARATORS = (": ", ": ", ": ", " - ", " = ", "  ", " : ", ":")
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"


@dataclass
class Dialogue:
    """Chat messages and the tags of what they exercise; the last message is the right answer."""

    messages: list
    tags: set = field(default_factory=set)


@dataclass(frozen=True)
class Certificate:
    """What a certificate states; "none" where it does not."""

    order: str
    article: str
    batch: str
    strength: str
    hardness: str
    remark: str


def invented(r: random.Random) -> str:
    """A word that nobody knows."""
    return "".join(r.choice(CONSONANTS) + r.choice(VOWELS) + (r.choice(CONSONANTS) if r.random() < 0.3 else "") for _ in range(r.randint(2, 3)))


def letters(r: random.Random, n: int) -> str:
    return "".join(r.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(n))


def digits(r: random.Random, n: int) -> str:
    return str(r.randint(10 ** (n - 1), 10**n - 1))


def remark(r: random.Random, side: str) -> tuple[str, bool]:
    """A remark and whether it makes the delivery doubtful."""
    bad = r.random() < 0.5
    words = r.choice(BAD if bad else FINE).split()
    around = r.choice(AROUND[side])
    if side == "train" and r.random() < 0.35:  # words that nobody knows, so that a remark is copied and not recalled
        around = f"{invented(r)} {{0}}" if r.random() < 0.5 else f"{{0}} {' '.join(invented(r) for _ in range(r.randint(1, 3)))}"
    if side == "train" and not bad and r.random() < 0.35:
        words = [invented(r) for _ in range(r.randint(1, 3))]
    return around.format(" ".join(words)), bad


def certificate(r: random.Random, side: str) -> tuple[Certificate, bool]:
    """Random facts; whether the remark is a doubtful one."""
    said, bad = remark(r, side) if r.random() < 0.45 else ("none", False)
    values = {
        "order": f"PO-{digits(r, 4)}", "article": f"{letters(r, 2)}-{digits(r, 3)}", "batch": f"{letters(r, 2)}{digits(r, 4)}",
        "strength": str(r.randint(180, 990)), "hardness": str(r.randint(60, 390)), "remark": said,
    }
    for name in ("order", "article", "batch", "strength", "hardness"):
        if r.random() < (0.05 if name in ("order", "article") else 0.11):
            values[name] = "none"
    return Certificate(**values), bad


def typo(r: random.Random, text: str) -> str:
    """Swap, drop or double one letter of a label."""
    if len(text) < 4:
        return text
    i = r.randrange(len(text) - 1)
    return r.choice((text[:i] + text[i + 1] + text[i] + text[i + 2:], text[:i] + text[i + 1:], text[:i] + text[i] + text[i:]))


def page(r: random.Random, c: Certificate, split: str) -> str:
    """The certificate as text: lines in any order, other values between them."""
    side = "test" if split == "wording" else "train"
    separator = r.choice(SEPARATORS)
    lines = []
    for name in FIELDS:
        value = getattr(c, name)
        if value == "none":
            if r.random() < 0.25:
                value = r.choice(("-", "not tested", "n/a", "--"))
            else:
                continue
        else:
            unit = {"strength": ("MPa", "MPa", "N/mm2", ""), "hardness": ("HB", "HB", "HBW", "")}.get(name, ("",))
            value = f"{value} {r.choice(unit)}".strip()
        label = r.choice(LABELS[side][name])
        if split == "train" and r.random() < 0.15:
            label = f"{label} {invented(r)}" if r.random() < 0.5 else f"{invented(r)} {label}"
        if split == "noise" or (split == "train" and r.random() < 0.2):
            label = typo(r, label)
        label = label.capitalize() if r.random() < 0.5 else label.upper() if r.random() < 0.05 else label
        lines.append(f"{label}{separator}{value}")
    for name in r.sample(OTHER, r.randint(0, 5)) + (r.sample(OTHER_TEST, 2) if side == "test" else []):
        if side == "train" and r.random() < 0.2:
            name = invented(r)
        value = digits(r, r.randint(1, 5)) if r.random() < 0.8 else f"{digits(r, 2)}.{r.randint(0, 9)}"
        lines.append(f"{name}{separator}{value} {r.choice(OTHER_UNITS)}".strip())
    if r.random() < 0.3:
        lines.append(f"date{separator}2026-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}")
    if r.random() < 0.5:
        r.shuffle(lines)
    supplier = " ".join(invented(r).capitalize() for _ in range(r.randint(1, 2))) + r.choice((" Steel", " GmbH", " Ltd", " Works", " Metals", ""))
    head = [line for line in (r.choice(HEADS[side]), supplier if r.random() < 0.7 else "") if line]
    tail = [line for line in (r.choice(TAILS[side]),) if line and r.random() < 0.6]
    return "\n".join([*head, *lines, *tail])


def read_dialogue(r: random.Random, split: str = "train") -> Dialogue:
    """A certificate and its fields."""
    c, _ = certificate(r, "test" if split == "wording" else "train")
    answer = {"final": {name: getattr(c, name) for name in FIELDS}}
    tags = {f"{name} missing" for name in FIELDS[:5] if getattr(c, name) == "none"} | {"read"}
    return Dialogue([{"role": "system", "content": READ}, {"role": "user", "content": page(r, c, split)},
                     {"role": "assistant", "content": compact(answer)}], tags)


def limits(r: random.Random, value: str, spread: int) -> tuple[int, int, str]:
    """Agreed limits, and how the value stands to them: ok, low, high or missing."""
    if value == "none":
        low = r.randint(10, 80) * 10
        return low, low + spread, "missing"
    how = r.choices(("ok", "low", "high"), (0.7, 0.16, 0.14))[0]
    number = int(value)
    low = number - r.randint(0, spread) if how == "ok" else number + r.randint(1, 90) if how == "low" else number - spread - r.randint(1, 90)
    low = max(1, low)
    high = low + spread
    return low, high, "ok" if low <= number <= high else "low" if number < low else "high"


def facts(c: Certificate, checks: dict) -> str:
    """What the host knows of a delivery, one fact a line, as the template writes it."""
    lines = [f"order: {c.order}", f"article: {c.article}", f"batch: {c.batch}"]
    for name, unit in (("strength", "MPa"), ("hardness", "HB")):
        low, high, how = checks[name]
        lines.append(f"{name}: {getattr(c, name)} {unit}, agreed {low} to {high}: {how}")
    return "\n".join([*lines, f"remark: {c.remark}"])


def doubt(c: Certificate, checks: dict, bad: bool) -> str:
    """The first thing that is doubtful, or "" when nothing is."""
    if c.batch == "none":
        return "batch not stated"
    for name, unit in (("strength", "MPa"), ("hardness", "HB")):
        low, high, how = checks[name]
        if how == "missing":
            return f"{name} not stated"
        if how != "ok":
            return f"{name} {getattr(c, name)} {unit}, agreed {low} to {high}"
    return f"remark {c.remark}" if bad else ""


def desk(c: Certificate, fault: str) -> dict:
    """The hand-off to the supplier desk."""
    reason = "the remark is doubtful" if fault.startswith("remark") else f"{fault.split()[0]} is not as agreed"
    return {"hand_off": "supplier", "reason": reason, "goal": "ask the supplier",
            "fields": {"order": c.order, "batch": c.batch, "fault": fault}}


def delivery(r: random.Random, split: str) -> tuple[Certificate, dict, bool]:
    """A certificate, its checks, and whether its remark is doubtful."""
    c, bad = certificate(r, "test" if split == "wording" else "train")
    return c, {"strength": limits(r, c.strength, r.randint(4, 20) * 10), "hardness": limits(r, c.hardness, r.randint(3, 9) * 10)}, bad


def decide_dialogue(r: random.Random, split: str = "train") -> Dialogue:
    """A delivery, and whether it is booked or handed to the supplier desk."""
    c, checks, bad = delivery(r, split)
    fault = doubt(c, checks, bad)
    answer = desk(c, fault) if fault else {"final": BOOKED}
    return Dialogue([{"role": "system", "content": f"{DECIDE}\n{DESK}"}, {"role": "user", "content": facts(c, checks)},
                     {"role": "assistant", "content": compact(answer)}], {"decide", "decide desk" if fault else "decide book"})


def letter(c: Certificate, fault: str) -> dict:
    """The query to the supplier."""
    asks = ("Please send it." if fault.endswith("not stated") else "Please explain." if fault.startswith("remark")
            else "Please confirm or correct it.")
    return {"subject": f"{c.order}, batch {c.batch}", "text": f"Your certificate says: {fault}. {asks}"}


def write_dialogue(r: random.Random, split: str = "train") -> Dialogue:
    """A fault, and the letter about it."""
    c, checks, bad = delivery(r, split)
    fault = doubt(c, checks, bad) or "hardness not stated"
    user = f"order: {c.order}\nbatch: {c.batch}\nfault: {fault}"
    return Dialogue([{"role": "system", "content": WRITE}, {"role": "user", "content": user},
                     {"role": "assistant", "content": compact({"final": letter(c, fault)})}], {"write"})


def shown(r: random.Random) -> list:
    """One conversation of each task."""
    return [make(r, split) for split in SPLITS for make in (read_dialogue, decide_dialogue, write_dialogue)]


def any_dialogue(r: random.Random) -> Dialogue:
    """One training dialogue."""
    roll = r.random()
    return (read_dialogue if roll < 0.62 else decide_dialogue if roll < 0.85 else write_dialogue)(r, "train")


if __name__ == "__main__":
    for split in ("train", *SPLITS):
        r = random.Random(f"show {split}")
        for make in (read_dialogue, decide_dialogue, write_dialogue):
            d = make(r, split)
            print(f"--- {split} {sorted(d.tags)}", *(f"[{m['role']}] {m['content']}" for m in d.messages), sep="\n")
