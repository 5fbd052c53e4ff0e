#!/usr/bin/env python3
"""Keeps every file that names the version equal to Cargo.toml, which is the one place where it is decided.

version.py          says which files differ; exit 1 if any does
version.py --write  brings them into line
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NUMBER = r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?"

# A file, and the patterns whose group 2 is the version.
PLACES = {
    "pyproject.toml": [rf'(^version = ")({NUMBER})(")', rf'(keysweep==)({NUMBER})(")'],
    "packaging/npm/keysweep/package.json": [
        rf'("version": ")({NUMBER})(")',
        rf'("@keysweep/[a-z0-9-]+": ")({NUMBER})(")',
    ],
}


def main() -> int:
    cargo = (ROOT / "Cargo.toml").read_text()
    version = re.search(rf'^version = "({NUMBER})"', cargo, re.M).group(1)
    stale = []
    for name, patterns in PLACES.items():
        text = new = (ROOT / name).read_text()
        for pattern in patterns:
            new, count = re.subn(pattern, rf"\g<1>{version}\g<3>", new, flags=re.M)
            if count == 0:
                print(f"version: {name} has no place for {pattern}", file=sys.stderr)
                return 2
        if new != text:
            stale.append(name)
            if "--write" in sys.argv[1:]:
                (ROOT / name).write_text(new)
    for name in stale:
        print(f"version: {name} {'is now' if '--write' in sys.argv[1:] else 'is not'} {version}")
    return 1 if stale and "--write" not in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
