#!/bin/sh
# Tests the engines that a plain machine does not have: WebGPU on SwiftShader, and TensorFlow on the processor.
# Both come from package registries; what cannot be had is skipped with a line that says so.
#
#   scripts/ci-engines.sh [webgpu] [tensorflow]      default: both
set -eu
cd "$(dirname "$0")/.."

swiftshader=/usr/lib/chromium/vk_swiftshader_icd.json
tensorflow=${MAMBAAD_TFJS_NODE:-${RUNNER_TEMP:-/tmp}/mambaad-tensorflow}

# Debian's chromium-common holds a Vulkan device made of software, and the loader. It is unpacked, not installed, so
# that this works without root and on other distributions.
fetch_swiftshader() {
  [ -f "${MAMBAAD_SWIFTSHADER:-$swiftshader}" ] && return
  mirror=https://deb.debian.org/debian-security
  folder=$(mktemp -d)
  curl -sSfL "$mirror/dists/bookworm-security/main/binary-amd64/Packages.xz" | xz -dc >"$folder/Packages" || return 1
  field() { awk -v name="$1:" '/^Package: /{ours = $2 == "chromium-common"} ours && $1 == name {print $2}' "$folder/Packages"; }
  curl -sSfL "$mirror/$(field Filename)" -o "$folder/chromium-common.deb" || return 1
  echo "$(field SHA256)  $folder/chromium-common.deb" | sha256sum --check --quiet || return 1
  dpkg -x "$folder/chromium-common.deb" "$folder" || return 1
  MAMBAAD_SWIFTSHADER=$folder$swiftshader
  export MAMBAAD_SWIFTSHADER
}

test_webgpu() {
  if ! fetch_swiftshader; then
    echo 'webgpu: skipped, chromium-common could not be downloaded' >&2
    return
  fi
  npx vitest run test/core/runtime/webgpu.test.ts test/core/kernels/selective-scan/webgpu test/core/ops/padding
  device=${MAMBAAD_SWIFTSHADER:-$swiftshader}
  XDG_RUNTIME_DIR=/tmp VK_DRIVER_FILES=$device LD_LIBRARY_PATH=$(dirname "$device") verify webgpu
}

# The parity fixtures through the program itself, where it is built and the fixtures are there.
verify() {
  fixtures=${MAMBAAD_SHARED:-../shared}/fixtures
  if [ -f dist/commands/verify.js ] && [ -d "$fixtures" ]; then
    # 4: some files of the folder are for other tests.
    node bin/run.js verify "$fixtures" --engine "$1" >/dev/null || [ $? -eq 4 ]
  fi
}

test_tensorflow() {
  if [ -z "${MAMBAAD_TFJS_NODE:-}" ] && ! node scripts/build-tensorflow.mjs "$tensorflow"; then
    echo 'tensorflow: skipped, the wheel could not be had or the binding did not build' >&2
    return
  fi
  MAMBAAD_TFJS_NODE=$tensorflow
  export MAMBAAD_TFJS_NODE
  npx vitest run test/core/kernels/selective-scan/tensorflow test/core/runtime/engine test/core/ops/padding
  verify tensorflow
}

for engine in ${*:-webgpu tensorflow}; do
  "test_$engine"
done
