#!/bin/sh
# Sets Signalbox up in .venv: finds Python, brings what is missing where it may, builds the llama-cpp-python wheel once.
#
#   packaging/setup.sh            set up (does nothing when that is done already)
#
# PYTHON=/path/to/python          the interpreter to use (3.11 or newer)
# SIGNALBOX_MODELS=no             leave out the on-device models: no compiler needed, no demo either
# SIGNALBOX_CMAKE_ARGS="-D…"      further flags for llama.cpp, such as -DGGML_CUDA=ON; give them before the first build
# XDG_CACHE_HOME                  built wheels are kept in $XDG_CACHE_HOME/signalbox/wheels (default ~/.cache/…)
set -eu
cd "$(dirname "$0")/.."

VENV=.venv
STAMP=$VENV/.signalbox-ready
MODELS=${SIGNALBOX_MODELS:-yes}
BUILD_TOOLS="gcc g++ cmake ninja-build"
# What Qt's own libraries link to and a Debian without a desktop lacks (a font of the system's for scripts that ours
# leaves out), and a screen in memory for the tests that want a real window system.
QT_LIBRARIES="libegl1 libgl1 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 \
libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 fonts-dejavu-core xvfb xauth xdotool"
LLAMA_FLAGS="-DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF \
-DLLAMA_BUILD_SERVER=OFF -DLLAMA_CURL=OFF -DGGML_NATIVE=OFF ${SIGNALBOX_CMAKE_ARGS:-}"

say() { printf '%s\n' "$*"; }
refuse() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Debian packages, where we may install them; otherwise one sentence that says what to type.
bring() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing system packages: $*"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
            >"$LOG" 2>&1 || { tail -n 20 "$LOG" >&2; refuse "apt-get could not install: $*"; }
    else
        refuse "missing: $*. Install them (on Debian and Ubuntu: sudo apt-get install $*), then run this again."
    fi
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    [ -n "${PYTHON:-}" ] && set -- "$PYTHON" || set -- python3.11 python3.12 python3.13 python3
    for candidate in "$@"; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
}

make_venv() {
    python=$(find_python)
    if [ -z "$python" ]; then
        [ -z "${PYTHON:-}" ] || refuse "PYTHON=$PYTHON is not a Python of version 3.11 or newer."
        bring python3 python3-venv
        python=$(find_python)
        [ -n "$python" ] || refuse "Python 3.11 or newer is needed, and this system's package is older."
    fi
    # Debian keeps ensurepip, which venv needs, in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        bring "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    say "Making $VENV with $("$python" --version)"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
}

wheel_in() {
    for wheel in "$1/llama_cpp_python-$LLAMA_VERSION-"*".whl"; do
        case $wheel in
        *linux*) case $wheel in *"$(uname -m).whl") ;; *) continue ;; esac ;;
        esac
        [ -f "$wheel" ] && printf '%s' "$wheel" && return
    done
    return 0
}

build_wheel() {
    missing=""
    command -v cc >/dev/null || command -v gcc >/dev/null || missing=yes
    for tool in c++ cmake ninja; do command -v $tool >/dev/null || missing=yes; done
    # shellcheck disable=SC2086
    [ -z "$missing" ] || bring $BUILD_TOOLS
    say "Building llama-cpp-python $LLAMA_VERSION, once: 4 to 8 minutes on two cores. It is kept in $WHEELS"
    mkdir -p "$WHEELS"
    building=$(mktemp -d "$WHEELS/building.XXXXXX")
    CMAKE_ARGS=$LLAMA_FLAGS CMAKE_GENERATOR=Ninja \
        CMAKE_BUILD_PARALLEL_LEVEL=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) \
        "$VENV/bin/python" -m pip wheel --no-deps --no-binary llama-cpp-python --no-cache-dir \
        -w "$building" "llama-cpp-python==$LLAMA_VERSION" >"$LOG" 2>&1 &
    pid=$!
    trap 'kill $pid 2>/dev/null; rm -rf "$building"' INT TERM EXIT
    seconds=0
    while kill -0 $pid 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        [ $((seconds % 30)) -ne 0 ] || say "  … $((seconds / 60)) min $((seconds % 60)) s"
    done
    trap - INT TERM EXIT
    if ! wait $pid; then
        rm -rf "$building"
        tail -n 30 "$LOG" >&2
        refuse "llama-cpp-python could not be built; the whole log is $LOG. SIGNALBOX_MODELS=no sets up without models."
    fi
    mv "$building"/*.whl "$WHEELS/"
    rm -rf "$building"
}

# Everything that decides what gets installed: the pins, the project's dependencies, this script and its switches.
wanted() {
    { cat constraints.txt packaging/setup.sh; sed '/^# ---- ruff/,$d' pyproject.toml; say "$MODELS $PWD"; } | cksum
}

[ "$(cat "$STAMP" 2>/dev/null || true)" != "$(wanted)" ] || exit 0

cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
WHEELS=${cache:-$PWD/.cache}/signalbox/wheels
mkdir -p "$WHEELS" 2>/dev/null || WHEELS=$PWD/.cache/signalbox/wheels  # a home that is missing or read-only
LOG=$(mktemp "${TMPDIR:-/tmp}/signalbox-setup.XXXXXX")
"$VENV/bin/python" -c 'import pip' 2>/dev/null && new_enough "$VENV/bin/python" || make_venv
rm -f "$STAMP"

# Qt loads with what is here, or it says which library it lacks; only then is anything brought.
bring_qt() {
    [ "$(uname -s)" = Linux ] || return 0
    if qt=$("$VENV/bin/python" packaging/qt_loads.py 2>&1) && command -v Xvfb >/dev/null && command -v xdotool >/dev/null; then
        return 0
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        # shellcheck disable=SC2086
        bring $QT_LIBRARIES
        qt=$("$VENV/bin/python" packaging/qt_loads.py 2>&1) || refuse "Qt does not load: $qt"
    elif [ -n "$qt" ]; then
        # shellcheck disable=SC2086
        refuse "Qt does not load: $qt. On Debian and Ubuntu: sudo apt-get install $QT_LIBRARIES"
    else
        say "Xvfb and xdotool are missing: the few tests that need a window system are skipped."
    fi
}

pip() { PYTHONWARNINGS=ignore "$VENV/bin/python" -m pip --disable-pip-version-check -q "$@"; }
extras=dev,postgres,designer,devices,mcp,remote
links=""
pip install -c constraints.txt setuptools
if [ "$MODELS" = yes ]; then
    extras=$extras,models
    LLAMA_VERSION=$(sed -n 's/^llama-cpp-python==//p' constraints.txt)
    [ -n "$(wheel_in "$WHEELS")" ] || build_wheel
    links=$(wheel_in "$WHEELS")
    [ -n "$links" ] || refuse "the wheel of llama-cpp-python $LLAMA_VERSION is not in $WHEELS after building it."
fi
say "Installing Python packages into $VENV (several hundred megabytes the first time)"
pip install -c constraints.txt --no-build-isolation -e ".[$extras]" ${links:+"$links"}
bring_qt
wanted >"$STAMP"
rm -f "$LOG"
say "Ready: $VENV/bin/signalbox and $VENV/bin/signalboxctl --help"
