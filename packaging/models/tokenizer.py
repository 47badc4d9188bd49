"""Trains the byte-level BPE tokenizer of the small model and holds its chat template."""
import argparse
import importlib
import json
import random
import re
from pathlib import Path

from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ["<|pad|>", "<|end|>", "<|sys|>", "<|usr|>", "<|ast|>", "<|tool|>"]
# This pattern is what llama.cpp does for tokenizer.ggml.pre = "qwen2": single digits. A wrong name mis-tokenizes silently.
PRE_NAME = "qwen2"
PRE_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHAT_TEMPLATE = (
    "{%- for m in messages -%}"
    "{%- if m['role'] == 'system' -%}<|sys|>{{ m['content'] }}"
    "{%- if tools %}{%- for t in tools %}{{ '\\ntool ' + t['function']['name'] + '(' + "
    "(t['function']['parameters']['properties'].keys() | join(', ')) + '): ' + t['function']['description'] }}"
    "{%- endfor -%}{%- endif -%}<|end|>"
    "{%- elif m['role'] == 'user' -%}<|usr|>{{ m['content'] }}<|end|>"
    "{%- elif m['role'] == 'tool' -%}<|tool|>{{ m['content'] }}<|end|>"
    "{%- elif m['role'] == 'assistant' -%}<|ast|>{{ m['content'] }}<|end|>"
    "{%- endif -%}{%- endfor -%}{%- if add_generation_prompt -%}<|ast|>{%- endif -%}"
)
_template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(CHAT_TEMPLATE)


def render(messages: list, prompt: bool = False) -> str:
    """The text of a conversation, ready for the model when `prompt` is set."""
    return _template.render(messages=messages, tools=None, add_generation_prompt=prompt)


TASKS = {"alarms": "dialogue", "goods-in": "goods_in"}
"""What a model can be trained for, and the module that makes its dialogues."""


def train(task, path: Path, size: int, dialogues: int, seed: int) -> Tokenizer:
    """Learn merges from fresh dialogues and save them."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(PRE_PATTERN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tok.decoder = decoders.ByteLevel()
    r = random.Random(seed)

    def texts():
        # Runs of capitals are cut to one letter, so that no two capitals merge: a machine name is then spelled the same way
        # after a space and inside JSON, and a name that was never seen can be copied letter by letter.
        for _ in range(dialogues):
            for m in task.any_dialogue(r).messages:
                yield re.sub(r"([A-Z])[A-Z]+", r"\1", m["content"])

    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), min_frequency=20, show_progress=False
    )
    tok.train_from_iterator(texts(), trainer)
    tok.save(str(path))
    return tok


def self_test(task, tok: Tokenizer) -> list:
    """Pairs (text, ids) by which a loader can tell that its tokenizer is the one the model was trained with."""
    r = random.Random(5)
    texts = [render(d.messages) for d in task.shown(r)]
    texts += ["Zoë façade 日本語 🚀  two  spaces\n\n\ttab", "don't we'LL I'M 12345 3.14e-7", "a\r\nb \n c", "...!!! ??", '{"a": [1, 2]}', "  lead",
              "trail  ", "ÄÖÜß", "\u00a0nbsp\u2028ls", "№½²", "e\u0301combining", "<|end|> inline <|usr|>x"]
    return [{"text": t, "ids": tok.encode(t).ids} for t in texts]


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--task", choices=TASKS, default="alarms")
    ap.add_argument("--out", type=Path, default=Path("tokenizer.json"))
    ap.add_argument("--size", type=int, default=1536)
    ap.add_argument("--dialogues", type=int, default=20000)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--self-test", type=Path, help="also write (text, ids) pairs here")
    args = ap.parse_args()
    task = importlib.import_module(TASKS[args.task])
    made = train(task, args.out, args.size, args.dialogues, args.seed)
    if args.self_test:
        args.self_test.write_text(json.dumps(self_test(task, made), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    r = random.Random(3)
    lengths = [len(made.encode(render(task.any_dialogue(r).messages)).ids) for _ in range(1000)]
    print("vocabulary", made.get_vocab_size(), "tokens per dialogue: mean", sum(lengths) / len(lengths), "most", max(lengths))
