"""Makes synthetic alarm dialogues with their right answers; every choice comes from the given random.Random."""
import random
from dataclasses import dataclass, field

import contract
import rules
import vocabulary as v

SPLITS = ("iid", "wording", "machines", "noise")
CONSONANTS, VOWELS = "bcdfghjklmnprstvwzx", "aeiouy"


@dataclass
class Dialogue:
    """Chat messages, the tags of the rules they exercise, and the tool answers the loop may ask for."""

    messages: list
    tags: set = field(default_factory=set)
    tool_results: dict = field(default_factory=dict)
    tools: list = field(default_factory=list)


def invented_word(r: random.Random) -> str:
    """A word the model cannot know, so that it learns to live with such words."""
    word = "".join(r.choice(CONSONANTS) + r.choice(VOWELS) + (r.choice(CONSONANTS) if r.random() < 0.4 else "")
                   for _ in range(r.randint(1, 3)))
    return word.capitalize() if r.random() < 0.2 else word


def typo(r: random.Random, text: str) -> str:
    """Swap, drop or double one letter."""
    if len(text) < 4:
        return text
    i = r.randrange(len(text) - 1)
    return r.choice((text[:i] + text[i + 1] + text[i] + text[i + 2:], text[:i] + text[i + 1:], text[:i] + text[i] + text[i:]))


def phrase(r: random.Random, family: str, side: str) -> str:
    """What the machine says is wrong."""
    table = v.TRAIN if side == "train" else v.TEST
    nouns, predicates = table[family]
    words = f"{r.choice(nouns)} {r.choice(predicates)}"
    if side == "train" and r.random() < 0.25:
        parts = words.split()
        parts[r.randrange(len(parts))] = invented_word(r)
        words = " ".join(parts)
    return words


def alarm_text(r: random.Random, family: str, hazard: str | None, side: str, tags: set) -> str:
    """Free text of an alarm: a phrase, tails, and perhaps a danger, a denied danger or a harmless look-alike."""
    roll = r.random()
    if roll < 0.62:
        first = phrase(r, family, side)
    elif roll < 0.78:
        other = r.choice(list(rules.FAMILIES))
        first = phrase(r, other, side)
        if other != family:
            tags.add("text of another family")
    elif roll < 0.9 or side == "test":
        first = r.choice(v.NEUTRAL[side])
    else:
        first = " ".join(invented_word(r) for _ in range(r.randint(1, 4)))
    rest = r.sample(v.TAILS[side], r.choice((0, 0, 1, 1, 2)))
    if side == "train" and r.random() < 0.2:
        rest.append(" ".join(invented_word(r) for _ in range(r.randint(1, 3))))
    nouns = (v.TRAIN if side == "train" else v.TEST)[r.choice(list(rules.FAMILIES))][0]

    def framed(frames: list, kind: str) -> str:
        noun = invented_word(r) if side == "train" and r.random() < 0.3 else r.choice(nouns)
        if kind == "harmless":
            thing = invented_word(r) if side == "train" and r.random() < 0.3 else r.choice(v.HARMLESS[side])
        else:
            thing = r.choice(v.HAZARD_CUES[kind])
        return r.choice(frames).format(c=thing, n=noun)

    if hazard:
        rest.append(framed(v.HAZARD_FRAMES[side], hazard))
        if r.random() < 0.12:
            rest.append(framed(v.DENIAL_FRAMES[side], r.choice([h for h in rules.HAZARDS if h != hazard])))
            tags.add("danger next to a denied one")
        elif r.random() < 0.15:
            rest.append(framed(r.choice((v.DENIAL_FRAMES, v.HAZARD_FRAMES))[side], "harmless"))
    elif r.random() < 0.2:
        rest.append(framed(v.DENIAL_FRAMES[side], r.choice(rules.HAZARDS)))
        tags.add("danger denied")
    elif r.random() < 0.25:
        rest.append(framed(v.HAZARD_FRAMES[side], "harmless"))
        tags.add("harmless look-alike")
    elif r.random() < 0.12:
        rest.append(framed(v.DENIAL_FRAMES[side], "harmless"))
    elif r.random() < 0.25:
        rest.append(r.choice(v.DECOYS[side]))
        tags.add("harmless look-alike")
    r.shuffle(rest)
    if r.random() < 0.85:
        rest.insert(0, first)
    else:
        rest.append(first)
    text = r.choice((", ", ", ", ", ", "; ", " - ", " ")).join(p for p in rest if p)
    return text.upper() if side == "train" and r.random() < 0.02 else text[:1].upper() + text[1:] if r.random() < 0.3 else text


def machine_name(r: random.Random, split: str) -> str:
    """A known machine, an unknown one, or (in training) a random name, so that names are copied and not remembered."""
    if split == "machines":
        kind = r.choice(v.MACHINES["test"])
    elif split == "train" and r.random() < 0.3:
        kind = "".join(r.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(r.randint(2, 6)))
        if kind in v.MACHINES["test"]:
            return machine_name(r, split)
    else:
        kind = r.choice(v.MACHINES["train"])
    return f"{kind}-{r.randint(1, 99):02d}"


def level_for(r: random.Random, trend: str, anomaly: str) -> int:
    """A level over all bands, with extra weight at their borders."""
    if anomaly == "no" and r.random() < 0.85:
        return r.randint(40, 92)
    if r.random() < 0.3:
        return r.choice((20, 40, 60) if trend == "dropping" else (90, 110, 130)) + r.randint(-2, 2)
    return r.randint(3, 79) if trend == "dropping" else r.randint(70, 152)


def alarm(r: random.Random, split: str, tags: set) -> tuple[rules.Alarm, str]:
    """An alarm and its true family (which a vendor code hides)."""
    side = "test" if split == "wording" else "train"
    family = r.choice(list(rules.FAMILIES))
    harder = split == "train"  # training sees more of what is hard
    vendor = r.random() < (0.32 if harder else 0.2)
    anomaly = r.choices(("yes", "no", "unknown"), (0.76, 0.14, 0.1))[0]
    mode = r.choices(rules.MODES, (0.88, 0.06, 0.06))[0]
    hazard = r.choice(rules.HAZARDS) if r.random() < (0.25 if harder else 0.2) else None
    trend = r.choice(rules.TRENDS)
    if anomaly == "no" and r.random() < 0.5:
        trend = "steady"
    text = alarm_text(r, family, hazard, side, tags)
    if split == "noise":
        for _ in range(r.randint(1, 3)):
            text = typo(r, text)
    elif split == "train" and r.random() < 0.15:
        text = typo(r, text)
    letter = r.choice("VWXZ") if vendor else "E"
    digit = r.choice("0123456789") if vendor else rules.CODE_DIGIT[family]
    return rules.Alarm(
        machine_name(r, split), f"{letter}{digit}{r.randint(0, 99):02d}", "unknown" if vendor else family, trend,
        level_for(r, trend, anomaly), anomaly, r.choice((0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 7, 12)), mode, text, hazard,
    ), family


def tool_text(r: random.Random, body: dict) -> str:
    """A tool result as the model sees it; some HTTP tools wrap the body."""
    return contract.canonical({"body": body, "status": 200} if r.random() < 0.15 else body)


def history(r: random.Random, a: rules.Alarm, cause: str) -> tuple[str, bool | None]:
    """What the lookup answers, and whether the same part was worked on recently (None: the lookup failed)."""
    if r.random() < 0.07:
        return r.choice((contract.canonical({"error": r.choice(("service unavailable", "timeout", "not found", "HTTP 503"))}),
                         "error: " + r.choice(("timeout", "connection refused", "503")))), None
    recent = r.random() < 0.42
    own = rules.CAUSES[cause][1]
    part = own if own != "none" and (recent or r.random() < 0.4) else r.choice([p for p in rules.PARTS if p != "none"])
    days = r.randint(1, 9) if recent or r.random() < 0.4 else r.randint(10, 400)
    body = {"code": a.code, "days_since_work": days, "last_work": f"{part} {r.choice(v.WORK)}", "machine": a.machine,
            "same_part_recent": recent, "work_orders": r.randint(1, 9)}
    if not recent and r.random() < 0.12:
        body.update(days_since_work=None, last_work="none", work_orders=0)
    return tool_text(r, body), recent


def agent_dialogue(r: random.Random, split: str = "train") -> Dialogue:
    """A whole agent conversation: tool calls where facts are missing, then the final answer."""
    tags: set = set()
    a, true_family = alarm(r, split, tags)
    tools = list(contract.TOOLS)
    if r.random() < 0.08:
        tools = r.choice(([], tools[:1], tools[1:]))
        tags.add("a tool is not wired")
    if r.random() < 0.2:
        tools.reverse()
    wired = {t["name"] for t in tools}
    messages = [{"role": "system", "content": contract.system(tools)}, {"role": "user", "content": contract.user_text(a)}]
    results: dict = {}

    def call(name: str, args: dict, result: str) -> None:
        turn = contract.compact({"tool": name, "args": args})
        results[turn] = result
        messages.extend(({"role": "assistant", "content": turn}, {"role": "tool", "content": result}))

    family, recent = a.family, None
    if rules.needs_no_lookup(a):
        tags.add("planned work" if a.mode != "production" else "normal readings")
    else:
        if family == "unknown" and "search_manual" in wired:
            roll = r.random()
            if roll < 0.72:
                family = true_family
                tags.add("vendor code found")
            else:
                tags.add("vendor code not found")
            note = ", ".join(n for n in (f"fault family {family}", r.choice(v.NOTES)) if n)
            found = {"code": a.code, "family": family, "note": note}
            call("search_manual", {"code": a.code}, tool_text(r, found) if roll < 0.93 else
                 contract.canonical({"error": r.choice(("not found", "timeout"))}))
        elif family == "unknown":
            tags.add("vendor code not found")
        if "lookup_history" in wired:
            cause = rules.answer(a, family, None)["cause"]
            text, recent = history(r, a, cause)
            call("lookup_history", {"machine": a.machine, "code": a.code}, text)
            tags.add({True: "same part worked on", False: "no recent work", None: "lookup failed"}[recent])
        tags.add(f"trend {a.trend}")
        tags.add("three repeats or more" if a.repeats >= 3 else "fewer repeats")
        if a.hazard:
            tags.add("danger in the text")
    final = rules.answer(a, family, recent)
    tags.add(f"severity {final['severity']}")
    messages.append({"role": "assistant", "content": contract.compact({"final": final})})
    return Dialogue(messages, tags, results, tools)


def choose_dialogue(r: random.Random, split: str = "train") -> Dialogue:
    """One question with listed labels, as `model.choose` asks it."""
    tags: set = set()
    a, family = alarm(r, split, tags)
    side = "test" if split == "wording" else "train"
    task = r.choice(("severity", "severity", "danger", "family"))
    if task == "severity":
        labels, user, label = list(rules.SEVERITIES), contract.user_text(a), rules.answer(a, a.family, None)["severity"]
    elif task == "danger":
        labels, user, label = ["danger", "safe"], a.text, "danger" if a.hazard else "safe"
    else:
        labels, user, label = list(rules.FAMILIES), phrase(r, family, side), family
    if r.random() < 0.5:
        r.shuffle(labels)
    asks = [f"Choose the {task}.", "Choose one label for the text.", f"Which {task} fits?", "Pick the right label.",
            f"Classify the alarm by {task}.", f"Decide the {task} of this alarm."]
    head = r.choice(asks)
    if split == "train" and r.random() < 0.2:
        head += " " + " ".join(invented_word(r) for _ in range(r.randint(1, 5))) + "."
    messages = [{"role": "system", "content": f"{head}\nlabels: {', '.join(labels)}"}, {"role": "user", "content": user},
                {"role": "assistant", "content": contract.compact({"choice": label})}]
    return Dialogue(messages, {f"choose {task}"})


def ask_dialogue(r: random.Random, split: str = "train") -> Dialogue:
    """A plain question: the summary sentence of an alarm."""
    a, _ = alarm(r, split, set())
    head = r.choice(("Summarise the alarm in one sentence.", "Write one sentence about this alarm.", "Describe the alarm briefly."))
    return Dialogue([{"role": "system", "content": head}, {"role": "user", "content": contract.user_text(a)},
                     {"role": "assistant", "content": rules.answer(a, a.family, None)["summary"]}], {"ask"})


def shown(r: random.Random) -> list:
    """One whole conversation of each split."""
    return [agent_dialogue(r, split) for split in SPLITS]


def any_dialogue(r: random.Random) -> Dialogue:
    """One training dialogue."""
    roll = r.random()
    return (agent_dialogue if roll < 0.86 else choose_dialogue if roll < 0.97 else ask_dialogue)(r)
