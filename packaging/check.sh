#!/usr/bin/env bash
# Builds the wheel and the npm packages of this machine once, and blocks a commit through each of the ways in:
# pip, pre-commit and prek (the python id, with the wheel from a folder), npm, and the archive that a release has.
# Needs python3 with venv, node with npm, and git. Leaves the binary in target/release, as packaging/pypi/.cargo has it built.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=$work/gitconfig GIT_CONFIG_NOSYSTEM=1 PRE_COMMIT_HOME=$work/pre-commit-home PREK_HOME=$work/prek-home PIP_DISABLE_PIP_VERSION_CHECK=1
git config --global user.name check
git config --global user.email check@example.invalid
git config --global init.defaultBranch main
git config --global protocol.file.allow always

say() { printf '\n-- %s\n' "$*"; }
fail() { printf 'packaging: %s\n' "$*" >&2; exit 1; }

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) name=linux-x64 ;;
  Linux-aarch64) name=linux-arm64 ;;
  Darwin-x86_64) name=darwin-x64 ;;
  Darwin-arm64) name=darwin-arm64 ;;
  *) fail "no npm package for $(uname -s) $(uname -m)" ;;
esac

say "versions"
python3 packaging/version.py

say "tools"
PATH=$(.ci/tools):$PATH

say "wheel"
(cd packaging/pypi && maturin build --release --locked --compatibility linux --compression-level 9 --out "$work/wheels" \
  --target-dir "$target" >"$work/build.log" 2>&1) || { cat "$work/build.log"; exit 1; }
wheel=$(echo "$work"/wheels/*.whl)
python3 packaging/repack.py "$wheel"
size=$(wc -c <"$wheel")
printf '%s: %s bytes\n' "$(basename "$wheel")" "$size"
[ "$size" -le 4000000 ] || fail "the wheel is larger than 4 MB"
[[ $(python3 -m zipfile -l "$wheel") == *sboms/*cyclonedx* ]] || fail "the wheel holds no SBOM"

say "archive"
cp -r "$work/wheels" "$work/dist"
python3 packaging/archive.py "$name" check "$work/dist"
for inside in keysweep completions/_keysweep completions/keysweep.nu man/keysweep-scan.1 LICENSE-MIT; do
  tar -tzf "$work"/dist/keysweep-check-$name.tar.gz "keysweep-check-$name/$inside" >/dev/null || fail "the archive holds no $inside"
done
binary=$work/dist/bin/keysweep
python3 packaging/picture.py "$binary" docs/scan.svg --check

# A key of the right shape that stands in no file of ours.
key="sk-proj-$(python3 - <<'PY'
import random, string
random.seed(7)
letters = string.ascii_letters + string.digits
half = lambda: "".join(random.choice(letters) for _ in range(74))
print(half() + "T3Blbk" + "FJ" + half()[:-1] + "A")
PY
)"

# repository DIR: a repository with one harmless commit.
repository() {
  git init -q "$1"
  (cd "$1" && echo harmless >file && git add file && git commit -qm harmless)
}

# blocked DIR: a commit with a key fails, and one without passes.
blocked() {
  (cd "$1"
   printf 'OPENAI_API_KEY=%s\n' "$key" >leak.txt
   git add leak.txt
   if git commit -qm leak >"$work/out" 2>&1; then cat "$work/out"; fail "$2: a commit with a key passed"; fi
   if grep -q "$key" "$work/out"; then fail "$2: the key is in the output"; fi
   grep -qi 'openai' "$work/out" || { cat "$work/out"; fail "$2: the commit failed for another reason"; }
   git rm -q --cached leak.txt && rm leak.txt
   echo more >>file
   git add file
   git commit -qm more >"$work/out" 2>&1 || { cat "$work/out"; fail "$2: a harmless commit failed"; })
  printf '%s: blocked\n' "$2"
}

say "pip"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-index --find-links "$work/wheels" keysweep
"$work/venv/bin/keysweep" --version
repository "$work/pip"
(cd "$work/pip" && "$work/venv/bin/keysweep" hook install >/dev/null)
blocked "$work/pip" pip

say "binary"
repository "$work/archive"
(cd "$work/archive" && "$binary" hook install >/dev/null)
blocked "$work/archive" binary

# The repository as it is committed here, with a tag, is what a user would name by its address.
git clone -q --no-hardlinks "$root" "$work/keysweep"
git -C "$work/keysweep" tag v0-check
for framework in pre-commit prek; do
  say "$framework"
  repository "$work/$framework"
  (cd "$work/$framework"
   printf 'repos:\n- repo: %s\n  rev: v0-check\n  hooks:\n  - id: keysweep\n' "$work/keysweep" >.pre-commit-config.yaml
   git add .pre-commit-config.yaml
   export PIP_FIND_LINKS=$work/wheels UV_FIND_LINKS=$work/wheels
   started=$(date +%s)
   "$framework" install --install-hooks >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
   printf '%s: installed in %s s\n' "$framework" $(($(date +%s) - started)))
  blocked "$work/$framework" "$framework"
done

say "npm"
node packaging/npm/platform.mjs "$name" "$binary" "$work/npm"
(cd "$work" && npm pack --silent "./npm/$name" "$root/packaging/npm/keysweep" >/dev/null)
repository "$work/node"
(cd "$work/node"
 printf '{"name":"app","version":"1.0.0","private":true}\n' >package.json
 printf 'node_modules\n' >.gitignore
 npm install --silent --no-audit --no-fund --offline "$work"/keysweep-"$name"-*.tgz "$work"/keysweep-[0-9]*.tgz >/dev/null 2>&1
 node_modules/.bin/keysweep --version
 node_modules/.bin/keysweep hook install >/dev/null)
blocked "$work/node" npm

say "all ways in hold"
