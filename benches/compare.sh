#!/usr/bin/env bash
# Times keysweep and whatever other scanners are on PATH on the same files, in one run.
#   benches/compare.sh TREE [HYPERFINE OPTION...]    a tree, with hyperfine; the floor is ripgrep with one literal
#   benches/compare.sh --classes DIR [MIB]           generated content by class (benches/classes.rs, kept in DIR), MB/s
# A missing tool is left out and named. KEYSWEEP names a binary to time instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
[ -n "${KEYSWEEP:-}" ] || { cargo build --release --quiet; KEYSWEEP=$PWD/target/release/keysweep; }
names=() commands=()
add() { # name, program, command
    if command -v "$2" >/dev/null; then names+=("$1"); commands+=("$3"); else echo "not on PATH: $2" >&2; fi
}
# Each command ends where the path goes.
scanners() { # options of keysweep
    add keysweep "$KEYSWEEP" "'$KEYSWEEP' scan --quiet $1"
    add gitleaks gitleaks "gitleaks dir --no-banner"
    add betterleaks betterleaks "betterleaks fs --no-banner"
    add kingfisher kingfisher "kingfisher scan --git-history none --no-validate --no-update-check"
    add ripsecrets ripsecrets ripsecrets
}

if [ "$1" = --classes ]; then
    [ $# -ge 2 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
    directory=$2 mib=${3:-16}
    cargo run --release --quiet --example classes -- "$directory" "$mib"
    scanners '--threads 1'
    # One core for each, where the system can say so.
    pin=$(command -v taskset >/dev/null && echo 'taskset -c 0' || true)
    printf '%-24s' class; printf '%14s' "${names[@]}"; echo
    for file in "$directory"/*; do
        printf '%-24s' "$(basename "$file")"
        for command in "${commands[@]}"; do
            start=$(date +%s%N)
            # Some of them take hours for a few of these.
            if eval "timeout 60 $pin $command '$file'" >/dev/null 2>&1 || [ $? -ne 124 ]; then
                printf '%14s' $(($(stat -c %s "$file") * 1000 / ($(date +%s%N) - start + 1)))
            else
                printf '%14s' '> 60 s'
            fi
        done
        echo
    done
    exit
fi

tree=$(realpath "$1")
shift
scanners ''
arguments=()
for i in "${!names[@]}"; do arguments+=(-n "${names[$i]}" "${commands[$i]} '$tree'"); done
if command -v rg >/dev/null; then arguments+=(-n 'rg, one literal' "rg -c --hidden -g '!.git' T3BlbkFJ '$tree'"); fi
hyperfine --ignore-failure --warmup 1 "$@" "${arguments[@]}"
