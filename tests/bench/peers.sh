#!/bin/sh
# The same chain of steps on this engine, LangGraph and DBOS: tests/bench/README.md says how and what it means.
#
#   tests/bench/peers.sh [--rounds N] [--slice SECONDS] [--folder FOLDER] [--json]
#
# The peers live in .venv-peers, made here from the product's own Python, so that all sides have the same SQLite.
set -eu
cd "$(dirname "$0")/../.."

PINS=tests/bench/peers/requirements.txt
VENV=.venv-peers
STAMP=$VENV/.ready

[ -x .venv/bin/python ] || { printf 'bench-peers: .venv is missing; run "make setup" first.\n' >&2; exit 1; }
if ! cmp -s "$PINS" "$STAMP"; then
    printf 'Making %s\n' "$VENV" >&2
    rm -rf "$VENV"
    .venv/bin/python -m venv "$VENV"
    LOG=$VENV/install.log
    "$VENV/bin/python" -m pip install --disable-pip-version-check -q -r "$PINS" >"$LOG" 2>&1 ||
        { tail -n 20 "$LOG" >&2; printf 'bench-peers: pip could not install the peers; see above.\n' >&2; exit 1; }
    cp "$PINS" "$STAMP"
fi
exec .venv/bin/python tests/bench/peers/compare.py .venv/bin/python "$VENV/bin/python" "$@"
