#!/bin/sh
# Tests what others do with our exports in Python: ONNX's own checker, and the recipe of docs/onnx.md in onnxruntime.
# The packages come from PyPI into an environment of their own; where they cannot be had, one line says so.
#
#   scripts/ci-python.sh            MAMBAAD_PYTHON=… takes a Python that has them
set -eu
cd "$(dirname "$0")/.."

kept=${RUNNER_TEMP:-/tmp}/mambaad-python
packages='onnx==1.23.2 onnxruntime==1.32.0 numpy pillow'

install() {
  [ -x "$kept/bin/python" ] || python3 -m venv "$kept" || return
  # shellcheck disable=SC2086
  timeout 600 "$kept/bin/python" -m pip install --quiet --disable-pip-version-check $packages
}

if [ -z "${MAMBAAD_PYTHON:-}" ]; then
  if ! install >"$kept.log" 2>&1; then
    echo "python: skipped, onnx and onnxruntime cannot be had from PyPI here (see $kept.log)" >&2
    exit 0
  fi
  MAMBAAD_PYTHON=$kept/bin/python
fi
export MAMBAAD_PYTHON
# Absent packages would skip the tests in silence.
"$MAMBAAD_PYTHON" -c 'import numpy, onnx, onnxruntime, PIL'
npx vitest run test/core/export/onnx-from-python
