#!/bin/sh
# Builds dist/signalbox (one folder, two programs) and tries both: each must do its job and say nothing on stderr.
set -eu
cd "$(dirname "$0")/.."
BIN=$PWD/.venv/bin
LOG=${TMPDIR:-/tmp}/signalbox-bundle.$$

echo "Freezing into dist/signalbox; this takes some minutes"
rm -rf build/bundle dist/signalbox
"$BIN/pyinstaller" --noconfirm --log-level WARN --workpath build/bundle --distpath dist packaging/signalbox.spec \
    >"$LOG" 2>&1 || { tail -n 40 "$LOG" >&2; echo "bundle: PyInstaller failed; the whole log is $LOG" >&2; exit 1; }
rm -f "$LOG"

# An empty home, another working folder, no Python in sight, no network where the system lets a program have none: only
# what is in the folder may be used.
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
alone() {
    if unshare -rn ip link set lo up 2>/dev/null; then
        unshare -rn sh -c 'ip link set lo up && exec "$@"' sh "$@"
    else
        "$@"
    fi
}
try() {
    echo "dist/signalbox/$*"
    (cd "$away" && alone env -i HOME="$away" PATH=/usr/bin:/bin LANG=C QT_QPA_PLATFORM=offscreen \
        "$OLDPWD/dist/signalbox/$@" 2>"$away/stderr") || { cat "$away/stderr" >&2; echo "bundle: $1 failed" >&2; exit 1; }
    [ ! -s "$away/stderr" ] || { cat "$away/stderr" >&2; echo "bundle: $1 said something on stderr" >&2; exit 1; }
}
try signalboxctl self-test
try signalbox --self-test
du -sh dist/signalbox
