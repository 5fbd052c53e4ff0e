#!/usr/bin/env python3
"""Draws the README's picture from a real run.

picture.py BINARY OUT.svg          writes it
picture.py BINARY OUT.svg --check  exit 1 if a run of today looks different
"""

import html
import random
import re
import string
import subprocess
import sys
import tempfile
from pathlib import Path

COLORS = {
    "30": "#6e7681", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea",
    "90": "#8b949e", "91": "#ffa198", "92": "#aff5b4", "93": "#f2cc60", "94": "#a5d6ff", "95": "#e2c5ff", "96": "#b3f0ff",
}
WIDTH, LINE, CHARACTER, MARGIN = 100, 20, 8.4, 16


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print("usage: picture.py BINARY OUT.svg [--check]", file=sys.stderr)
        return 2
    picture = draw(run(Path(sys.argv[1]).resolve()))
    out = Path(sys.argv[2])
    if sys.argv[3:] == ["--check"]:
        if out.read_text() != picture:
            print(f"picture: {out} is not what a run prints; make it anew without --check", file=sys.stderr)
            return 1
        return 0
    out.write_text(picture)
    return 0


def run(binary: Path) -> str:
    """A scan of two small files. The keys are random and stand in no file of the repository."""
    letters = string.ascii_letters + string.digits
    source = random.Random(2026)
    half = lambda length: "".join(source.choice(letters) for _ in range(length))
    openai = "sk-proj-" + half(74) + "T3Blbk" + "FJ" + half(72) + "wA"
    mistral = half(32)
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "src").mkdir()
        (project / "src" / "chat.py").write_text(f'from openai import OpenAI\n\nclient = OpenAI(api_key="{openai}")\n')
        (project / "deploy.env").write_text(f"REGION=eu\nMISTRAL_API_KEY={mistral}\n")
        result = subprocess.run(
            [binary, "scan", "--color", "always"], cwd=project, stdout=subprocess.PIPE, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": directory, "COLUMNS": str(WIDTH), "TERM": "xterm-256color"},
        )
        if result.returncode != 1:
            raise SystemExit(f"picture: the scan ended with {result.returncode} instead of 1")
        return "$ keysweep scan\n" + result.stdout.decode()


def draw(text: str) -> str:
    lines = text.rstrip("\n").split("\n")
    rows = []
    for number, line in enumerate(lines):
        spans, style = [], {"color": "#e6edf3", "bold": False}
        for part in re.split(r"(\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\)", line):
            codes = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
            if codes:
                for code in (codes.group(1) or "0").split(";"):
                    if code in ("0", ""):
                        style = {"color": "#e6edf3", "bold": False}
                    elif code == "1":
                        style["bold"] = True
                    elif code == "2":
                        style["color"] = "#8b949e"
                    elif code in COLORS:
                        style["color"] = COLORS[code]
            elif part and not part.startswith("\x1b"):
                weight = ' font-weight="bold"' if style["bold"] else ""
                spans.append(f'<tspan fill="{style["color"]}"{weight}>{html.escape(part[:WIDTH + 20])}</tspan>')
        y = MARGIN + LINE * (number + 1)
        rows.append(f'<text x="{MARGIN}" y="{y}" xml:space="preserve">{"".join(spans)}</text>')
    longest = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
    width, height = int(longest * CHARACTER) + 2 * MARGIN, LINE * len(lines) + 2 * MARGIN + 8
    style = "font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 14px"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="keysweep scan finds two keys and says where to revoke them">\n'
        f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>\n<g style="{style}">\n' + "\n".join(rows) + "\n</g>\n</svg>\n"
    )


if __name__ == "__main__":
    sys.exit(main())
