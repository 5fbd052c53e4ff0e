#!/usr/bin/env bash
# Times keysweep and whatever other scanners are on PATH on the same files, in one run.
#   benches/compare.sh TREE [HYPERFINE OPTION...]    a tree, with hyperfine; the floor is ripgrep with one literal
#   benches/compare.sh --classes DIR [MIB]           generated content by class, adversarial ones among them
#                                                    (benches/classes.rs, kept in DIR), MB/s
#   benches/compare.sh --history REPO [OPTION...]    a whole history; the floor is git reading every object
#   benches/compare.sh --change REPO N [OPTION...]   what the last N commits bring in
#   benches/compare.sh --staged REPO [OPTION...]     one staged line in a clone of REPO; the floor is git diff --cached
#   benches/compare.sh --start [OPTION...]           starting and doing nothing; the floor is true
# A missing tool is left out and named. KEYSWEEP names a binary to time instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,11p' "$0" >&2; exit 2; }
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
    [ $# -ge 2 ] || { sed -n '2,11p' "$0" >&2; exit 2; }
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

# times OPTION...: runs what was added, and says how many times as long as the first each takes.
times() {
    local arguments=()
    for i in "${!names[@]}"; do arguments+=(-n "${names[$i]}" "${commands[$i]}"); done
    hyperfine --shell=none --ignore-failure --warmup 1 "$@" "${arguments[@]}"
}

case $1 in
--history)
    repository=$(realpath "$2")
    shift 2
    add keysweep "$KEYSWEEP" "'$KEYSWEEP' history --quiet '$repository'"
    add git git "git -C '$repository' cat-file --batch-all-objects --unordered --batch"
    add kingfisher kingfisher "kingfisher scan '$repository' --no-validate --no-update-check"
    add betterleaks betterleaks "betterleaks git --no-banner '$repository'"
    add gitleaks gitleaks "gitleaks git --no-banner '$repository'"
    times --output=null "$@"
    exit
    ;;
--change)
    repository=$(realpath "$2") count=$3
    shift 3
    add keysweep "$KEYSWEEP" "'$KEYSWEEP' history --quiet --range HEAD~$count..HEAD '$repository'"
    add git git "git -C '$repository' log -p --no-ext-diff --no-textconv HEAD~$count..HEAD"
    add betterleaks betterleaks "betterleaks git --no-banner --log-opts=HEAD~$count..HEAD '$repository'"
    add gitleaks gitleaks "gitleaks git --no-banner --log-opts=HEAD~$count..HEAD '$repository'"
    times --output=null "$@"
    exit
    ;;
--staged)
    repository=$(realpath "$2")
    shift 2
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    git clone --quiet --shared "$repository" "$work/clone"
    cd "$work/clone"
    printf 'one more line\n' >>keysweep-bench.txt
    git add keysweep-bench.txt
    add keysweep "$KEYSWEEP" "'$KEYSWEEP' staged --quiet"
    add git git 'git diff --cached --name-only'
    add betterleaks betterleaks 'betterleaks git --no-banner --pre-commit --staged'
    add gitleaks gitleaks 'gitleaks git --no-banner --pre-commit --staged'
    times --output=null "$@"
    exit
    ;;
--start)
    shift
    add keysweep "$KEYSWEEP" "'$KEYSWEEP' --version"
    add 'keysweep, one empty file' "$KEYSWEEP" "'$KEYSWEEP' scan --quiet /dev/null"
    add true true true
    add betterleaks betterleaks 'betterleaks --version'
    add gitleaks gitleaks 'gitleaks version'
    times "$@"
    exit
    ;;
esac

tree=$(realpath "$1")
shift
scanners ''
arguments=()
for i in "${!names[@]}"; do arguments+=(-n "${names[$i]}" "${commands[$i]} '$tree'"); done
if command -v rg >/dev/null; then arguments+=(-n 'rg, one literal' "rg -c --hidden -g '!.git' T3BlbkFJ '$tree'"); fi
hyperfine --ignore-failure --warmup 1 "$@" "${arguments[@]}"
