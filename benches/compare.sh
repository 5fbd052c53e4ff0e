#!/usr/bin/env bash
# Times keysweep and whatever other scanners are on PATH on the same tree, in one run, with hyperfine.
#   benches/compare.sh TREE [HYPERFINE OPTION...]
# The floor is ripgrep with one literal; a missing tool is left out and named.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
tree=$(realpath "$1")
shift
cargo build --release --quiet
commands=() names=()
add() { # name, program, command
    if command -v "$2" >/dev/null; then names+=("$1"); commands+=("$3"); else echo "not on PATH: $2" >&2; fi
}
add keysweep cargo "$PWD/target/release/keysweep scan --quiet '$tree'"
add 'rg, one literal' rg "rg -c --hidden -g '!.git' T3BlbkFJ '$tree'"
add gitleaks gitleaks "gitleaks dir --no-banner '$tree'"
add betterleaks betterleaks "betterleaks fs --no-banner '$tree'"
add kingfisher kingfisher "kingfisher scan --git-history none --no-validate --no-update-check '$tree'"
add ripsecrets ripsecrets "ripsecrets '$tree'"
arguments=()
for i in "${!names[@]}"; do arguments+=(-n "${names[$i]}" "${commands[$i]}"); done
hyperfine --ignore-failure --warmup 1 "$@" "${arguments[@]}"
