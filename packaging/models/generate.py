"""Prints sample dialogues and checks that the word lists are disjoint and that no word gives an answer away."""
import argparse
import random
import re
from collections import Counter, defaultdict

import dialogue
import vocabulary as v


def words(*parts: object) -> set:
    """The content words of nested word lists."""
    found: set = set()
    for part in parts:
        if isinstance(part, str):
            found |= {w for w in re.findall(r"[^\W\d_]{3,}", part.lower())}
        elif isinstance(part, dict):
            found |= words(*part.values())
        else:
            found |= words(*part)
    return found


def shared_words() -> set:
    """Content words on both sides, less the closed danger vocabulary and the smallest function words."""
    train = words(v.TRAIN, v.NEUTRAL["train"], v.TAILS["train"], v.HAZARD_FRAMES["train"], v.DENIAL_FRAMES["train"],
                  v.DECOYS["train"], v.HARMLESS["train"])
    test = words(v.TEST, v.NEUTRAL["test"], v.TAILS["test"], v.HAZARD_FRAMES["test"], v.DENIAL_FRAMES["test"],
                 v.HARMLESS["test"])
    return (train & test) - words(v.HAZARD_CUES) - {"and", "out", "without"}


def give_away_words(n: int, seed: int) -> list:
    """Words of the alarm text that occur often and nearly always with the same severity although they are no danger words."""
    r, seen, total = random.Random(seed), defaultdict(Counter), Counter()
    for _ in range(n):
        d = dialogue.agent_dialogue(r)
        severity = next(t for t in d.tags if t.startswith("severity"))
        total[severity] += 1
        for word in words(d.messages[1]["content"].rsplit("text: ", 1)[-1]):
            seen[word][severity] += 1
    base = max(total.values()) / n
    rows = [(max(c.values()) / sum(c.values()), sum(c.values()), w, c.most_common(1)[0][0]) for w, c in seen.items() if sum(c.values()) >= 30]
    return sorted((row for row in rows if row[0] > base + 0.35), reverse=True)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--show", type=int, default=3)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    r = random.Random(args.seed)
    for split in ("train", *dialogue.SPLITS):
        for _ in range(args.show):
            d = dialogue.agent_dialogue(r, split)
            print(f"--- {split} {sorted(d.tags)}", *(f"[{m['role']}] {m['content']}" for m in d.messages), sep="\n")
    print("words on both sides:", sorted(shared_words()))
    print("words that give the severity away:", give_away_words(6000, 2)[:20])
