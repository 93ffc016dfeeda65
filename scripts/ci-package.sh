#!/usr/bin/env bash
# Installs the packed product into empty folders, as users do, with nothing but the npm registry, and works with it:
# extract | train, extract | score on Node 20, 22 and 24, whose binaries the npm package `node` brings. Fails when
# onnxruntime is not there and used, or the product has grown beyond its limits.
#
#   scripts/ci-package.sh [FILE.tgz]      default: packs this checkout
set -euo pipefail
cd "$(dirname "$0")/.."
most_megabytes=220 most_packages=60

here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '%s\n' "$*" >&2; }
fail() { say "ci-package: $*"; exit 1; }
quiet=(--no-audit --no-fund --loglevel=error)

if [[ $# -gt 0 ]]; then
  cp "$1" "$work/mambaad.tgz"
else
  npm pack --loglevel=error --pack-destination "$work" >/dev/null
  mv "$work"/mambaad-*.tgz "$work/mambaad.tgz"
fi

# The places of a user who has never run the product.
export HOME=$work/home MAMBAAD_HOME=$work/data MAMBAAD_CACHE=$work/cache npm_config_cache=${npm_config_cache:-$(npm config get cache)}
mkdir -p "$HOME" "$MAMBAAD_HOME"
node scripts/formula-encoder.mjs "$MAMBAAD_HOME"

install() { # FOLDER NPM-VERSION
  mkdir "$1" && cd "$1" && echo '{"private":true}' >package.json
  npx --yes "npm@$2" install "${quiet[@]}" "$work/mambaad.tgz" >&2
  local megabytes packages
  megabytes=$(du -sm node_modules | cut -f1)
  packages=$(npm ls --all --parseable | grep -c node_modules/)
  say "npm $2: $megabytes MB, $packages packages, tarball $(du -m "$work/mambaad.tgz" | cut -f1) MB"
  ((megabytes <= most_megabytes)) || fail "installed size is $megabytes MB, more than $most_megabytes"
  ((packages <= most_packages)) || fail "$packages packages are installed, more than $most_packages"
  cd "$here"
}

runtime() { # PROGRAM…: the file of onnxruntime that doctor names
  "$@" doctor -q | node -p 'const { onnxruntime } = JSON.parse(fs.readFileSync(0, "utf8").split("\n")[0]); onnxruntime.path ?? onnxruntime.whyNot'
}

for npm in 10 11; do
  install "$work/npm$npm" $npm
  found=$(runtime node "$work/npm$npm/node_modules/mambaad/bin/run.js")
  [[ $found == */mambaad/vendor/*.node ]] || fail "npm $npm: onnxruntime is not the product's own: $found"
done
product=$work/npm10/node_modules/mambaad

for node in 20 22 24; do
  mkdir "$work/node$node" && (cd "$work/node$node" && echo '{"private":true}' >package.json && npm install "${quiet[@]}" "node@$node" >&2)
  mambaad() { "$work/node$node/node_modules/.bin/node" "$product/bin/run.js" "$@"; }
  cd "$work/node$node"
  mambaad synth -q --out parts --train 4 --test 2 --class gear --size 64 >/dev/null
  mambaad extract parts --split train --size 64 -q | mambaad train --out model --steps 2 -q >/dev/null
  mambaad extract parts --split test --size 64 -q | mambaad score --model model -v >scores.ndjson 2>said
  grep -q 'onnxruntime with our scan' said || fail "node $node: score does not run on onnxruntime: $(cat said)"
  scored=$(grep -c '"type":"score"' scores.ndjson)
  ((scored == 2)) || fail "node $node: $scored of 2 images scored"
  say "node $("$work/node$node/node_modules/.bin/node" --version): $scored images scored on onnxruntime"
  cd "$here"
done

# Without its runtime the product says so once and works; doctor --fix brings it back.
mv "$product/vendor" "$work/vendor"
cd "$work/node20"
said=$(mambaad extract parts --split test --size 64 --cache "$work/slow" 2>&1 >/dev/null)
[[ $said == *'doctor --fix onnxruntime'* ]] || fail "extract does not say that onnxruntime is absent: $said"
mambaad doctor --fix -q >/dev/null
found=$(runtime mambaad)
[[ $found == "$MAMBAAD_HOME"/parts/*.node ]] || fail "doctor --fix did not bring onnxruntime: $found"
say 'doctor --fix: brings onnxruntime where it is absent'
