#!/bin/sh
# Tests the engines that a plain machine does not have: WebGPU on SwiftShader, and TensorFlow on the processor; and runs
# the parity fixtures through the program on each of them and on the plain-JavaScript engine.
# What they need comes from package registries; what cannot be had is skipped with one line that says so.
#
#   scripts/ci-engines.sh [webgpu] [tensorflow] [cpu]      default: all
set -eu
cd "$(dirname "$0")/.."

swiftshader=/usr/lib/chromium/vk_swiftshader_icd.json
kept=${RUNNER_TEMP:-/tmp}/mambaad-engines
log=$kept/log
mkdir -p "$kept"

say() { echo "$*" >&2; }
skipped() { say "$1: skipped, $2 (see $log)"; }

# Debian's chromium-common holds a Vulkan device made of software, and the loader. It is unpacked, not installed.
unpack_chromium() (
  rm -rf "$kept/chromium" && mkdir -p "$kept/chromium" && cd "$kept/chromium" || return
  download || { timeout 300 apt-get update && download; } || return
  dpkg -x chromium-common_*.deb .
)
download() { timeout 300 apt-get -o APT::Sandbox::User=root download chromium-common; }

test_webgpu() {
  [ -f "${MAMBAAD_SWIFTSHADER:=$swiftshader}" ] || MAMBAAD_SWIFTSHADER=$kept/chromium$swiftshader
  if ! { [ -f "$MAMBAAD_SWIFTSHADER" ] || unpack_chromium; } >"$log" 2>&1; then
    skipped webgpu 'chromium-common, which holds SwiftShader, cannot be had here'
    return
  fi
  export MAMBAAD_SWIFTSHADER
  npx vitest run test/core/runtime/webgpu test/core/kernels/webgpu test/core/kernels/selective-scan/webgpu \
    test/core/ops/padding test/core/training/device
  (
    export XDG_RUNTIME_DIR=/tmp VK_DRIVER_FILES="$MAMBAAD_SWIFTSHADER"
    LD_LIBRARY_PATH=$(dirname "$MAMBAAD_SWIFTSHADER")
    export LD_LIBRARY_PATH
    verify webgpu
    node bench/gpu-scan.mjs --small
  )
}

test_tensorflow() {
  if [ -z "${MAMBAAD_TFJS_NODE:-}" ]; then
    MAMBAAD_TFJS_NODE=$kept/tensorflow
    if ! timeout 900 node scripts/build-tensorflow.mjs "$MAMBAAD_TFJS_NODE" >"$log" 2>&1; then
      skipped tensorflow 'the wheel cannot be had here or the binding does not build'
      return
    fi
  fi
  export MAMBAAD_TFJS_NODE
  npx vitest run test/core/kernels/selective-scan/tensorflow test/core/runtime/engine \
    test/core/ops/padding test/core/training/device
  verify tensorflow
}

test_cpu() { verify cpu; }

# The parity fixtures through the program itself.
verify() {
  # 4: the fixture of an encoder whose weights are not on this machine.
  node bin/run.js verify test/fixtures --engine "$1" >/dev/null || [ $? -eq 4 ]
}

for engine in ${*:-webgpu tensorflow cpu}; do
  "test_$engine"
done
