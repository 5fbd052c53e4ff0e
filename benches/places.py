#!/usr/bin/env python3
"""Where each scanner finds a key: one repository with one key in each of many places, made anew in a temporary directory,
and the scanners that are on PATH, each on files, on history and on the index, with the options by which it looks furthest.

places.py [KEYSWEEP]    prints a table in Markdown, with + for a key that stands in the output or in a report; a key counts
                        as found by its value alone, wherever the scanner says that it is. Nothing is sent anywhere.
"""

import base64
import gzip
import io
import os
import random
import re
import shutil
import string
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ALPHABET = string.ascii_letters + string.digits
RANDOM = random.Random(20261121)


def key() -> str:
    """The shape of an OpenAI project key; the parts are joined here so that this file holds none."""
    part = "".join(RANDOM.choice(ALPHABET) for _ in range(148))
    return "sk-" + "proj-" + part[:74] + "T3Blbk" + "FJ" + part[74:]


def git(repository: Path, *arguments: str, data: bytes | None = None) -> str:
    done = subprocess.run(["git", "-C", str(repository), *arguments], input=data, check=True, capture_output=True)
    return done.stdout.decode().strip()


def line(value: str) -> bytes:
    return f'OPENAI_API_KEY="{value}"\n'.encode()


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("settings.env", content)
    return out.getvalue()


def tarred(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("settings.env")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


FILES = {
    "a call: `OpenAI(api_key=\"…\")`": ("call.py", lambda k: f'client = OpenAI(api_key="{k}")\n'.encode()),
    "a sentence that ends with it": ("notes.md", lambda k: f"The key is {k}.\n".encode()),
    "an address: `?key=…&b=1`": ("address.txt", lambda k: f"https://api.example.com/v1?key={k}&b=1\n".encode()),
    "an agent's list of permitted commands": (
        ".claude/settings.local.json",
        lambda k: ('{"permissions": {"allow": ["Bash(OPENAI_API_KEY=' + k + ')"]}}\n').encode(),
    ),
    "two string literals, joined by `+`": ("joined.py", lambda k: f'KEY = "{k[:60]}" + "{k[60:]}"\n'.encode()),
    "base64": ("secret.yaml", lambda k: b"data:\n  key: " + base64.b64encode(line(k)) + b"\n"),
    "hexadecimal": ("bytes.txt", lambda k: b"key: " + line(k).hex().encode() + b"\n"),
    "UTF-16": ("windows.txt", lambda k: line(k).decode().encode("utf-16")),
    "a file with NUL bytes": ("cache.bin", lambda k: b"\0\1\2" + line(k) + b"\0\3"),
    ".gz": ("log.gz", lambda k: gzip.compress(line(k), mtime=0)),
    ".zip": ("backup.zip", lambda k: zipped(line(k))),
    ".tar.gz": ("backup.tar.gz", lambda k: tarred(line(k))),
}


def plant(repository: Path) -> dict[str, str]:
    """The place of each key."""
    places = {}

    def new(place: str) -> str:
        places[place] = key()
        return places[place]

    def put(name: str, content: bytes) -> None:
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def commit(message: str, *arguments: str) -> None:
        git(repository, "add", "-A")
        git(repository, "commit", "-q", "--no-verify", "--allow-empty", "-m", message, *arguments)

    git(repository, "init", "-q", "-b", "main")
    put(".gitignore", b".env\n")
    commit("begin")
    for place, (name, content) in FILES.items():
        put(name, content(new(place)))
    commit("files")
    put("gone.py", line(new("a file deleted since")))
    commit("add")
    (repository / "gone.py").unlink()
    commit("remove")
    git(repository, "checkout", "-q", "-b", "side")
    put("side.txt", b"side\n")
    commit("side")
    git(repository, "checkout", "-q", "main")
    put("main.txt", b"main\n")
    commit("main")
    git(repository, "merge", "-q", "--no-commit", "--no-ff", "side")
    put("merged.txt", line(new("what only a merge brought in")))
    commit("merge")
    (repository / "merged.txt").unlink()
    commit("clean")
    commit("message " + new("a commit's message"))
    git(repository, "tag", "-a", "v1", "-m", new("a tag's message"))
    git(repository, "notes", "add", "-m", new("a note"))
    git(repository, "-c", f"user.name={new('an author’s name')}", "commit", "-q", "--allow-empty", "-m", "who")
    put("reflog.txt", line(new("a commit that only the reflog has")))
    commit("amended away")
    git(repository, "reset", "-q", "--hard", "HEAD~1")
    put("stash.txt", line(new("a stash")))
    git(repository, "add", "-A")
    git(repository, "stash", "-q")
    git(repository, "hash-object", "-w", "--stdin", data=line(new("an object that nothing refers to")))
    put("staged.py", line(new("staged, and clean in the working tree")))
    git(repository, "add", "staged.py")
    put("staged.py", b"clean\n")
    git(repository, "remote", "add", "origin", f"https://x:{new('a remote’s address')}@git.example.com/a.git")
    put(".env", line(new("an ignored .env")))
    put(f"{new('a file’s name')}.txt", b"nothing\n")
    return places


def commands(keysweep: str, repository: Path, report: Path) -> dict[str, list[list[str]]]:
    where = str(repository)
    deeper = ["--max-archive-depth=8", "--max-decode-depth=5"]
    return {
        "keysweep": [[keysweep, "scan", "--no-ignore", "--show-secrets", "-f", "json", where],
                     [keysweep, "history", "--show-secrets", "-f", "json", where],
                     [keysweep, "staged", "--show-secrets", "-f", "json"]],
        "gitleaks": [["gitleaks", "dir", *deeper, "-r", f"{report}1.json", where],
                     ["gitleaks", "git", *deeper, "--log-opts=--all --reflog -m", "-r", f"{report}2.json", where],
                     ["gitleaks", "git", "--staged", "-r", f"{report}3.json", where]],
        "betterleaks": [["betterleaks", "fs", "-o", f"{report}4.json", where],
                        ["betterleaks", "git", "--include=commit-messages,tag-messages,reflogs", "-o", f"{report}5.json", where],
                        ["betterleaks", "git", "--staged", "-o", f"{report}6.json", where]],
        "kingfisher": [["kingfisher", "scan", where, "--no-validate", "--no-update-check", "-f", "json"]],
        "ripsecrets": [["ripsecrets", where]],
    }


def main() -> int:
    keysweep = shutil.which(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("KEYSWEEP", "keysweep"))
    if keysweep is None:
        print("places: no keysweep on PATH; name the program", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as work:
        base = Path(work)
        # No setting of whoever runs this decides anything.
        (base / "gitconfig").write_text("[user]\nname = a\nemail = a@example.invalid\n")
        os.environ.update(GIT_CONFIG_GLOBAL=str(base / "gitconfig"), GIT_CONFIG_NOSYSTEM="1", HOME=work)
        repository = base / "repository"
        repository.mkdir()
        places = plant(repository)
        found = {}
        for name, runs in commands(str(Path(keysweep).resolve()), repository, base / "report").items():
            if name != "keysweep" and shutil.which(name) is None:
                print(f"not on PATH: {name}", file=sys.stderr)
                continue
            said = ""
            for run in runs:
                done = subprocess.run(run, cwd=repository, capture_output=True)
                said += (done.stdout + done.stderr).decode(errors="replace")
            said += "".join(path.read_text(errors="replace") for path in base.glob("report*.json"))
            for path in base.glob("report*.json"):
                path.unlink()
            # Reports may escape a slash or a plus sign; keys made here have neither.
            found[name] = {place for place, value in places.items() if re.search(re.escape(value), said)}
    print("| place | " + " | ".join(found) + " |")
    print("|---" * (len(found) + 1) + "|")
    for place in places:
        print(f"| {place} | " + " | ".join("+" if place in hits else "" for hits in found.values()) + " |")
    print(f"| **{len(places)} places** | " + " | ".join(f"**{len(hits)}**" for hits in found.values()) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
