#!/usr/bin/env python3
"""Makes the archive of one platform from its wheel, so that both hold the same binary.

archive.py NAME VERSION DIST   reads DIST/*.whl; writes DIST/keysweep-VERSION-NAME.tar.gz (.zip for Windows) with the
                               binary, manual pages, completions and licences, and DIST/bin/keysweep[.exe]
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHELLS = {"bash": "keysweep.bash", "zsh": "_keysweep", "fish": "keysweep.fish", "powershell": "_keysweep.ps1", "nushell": "keysweep.nu"}


def main() -> int:
    if len(sys.argv) != 4:
        print("usage: archive.py NAME VERSION DIST", file=sys.stderr)
        return 2
    name, version, dist = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    wheels = sorted(dist.glob("*.whl"))
    if len(wheels) != 1:
        print(f"archive: {dist} holds {len(wheels)} wheels instead of one", file=sys.stderr)
        return 2
    binary = unpack(wheels[0], dist / "bin")
    folder = f"keysweep-{version}-{name}"
    files = [(binary, binary.name)]
    files += [(ROOT / licence, licence) for licence in ("LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md")]
    files += generated(binary, dist / "generated")
    if name.startswith("win32"):
        with zipfile.ZipFile(dist / f"{folder}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path, inside in files:
                archive.write(path, f"{folder}/{inside}")
    else:
        with tarfile.open(dist / f"{folder}.tar.gz", "w:gz") as archive:
            for path, inside in files:
                archive.add(path, f"{folder}/{inside}", filter=plain)
    return 0


def unpack(wheel: Path, to: Path) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        inside = next(name for name in archive.namelist() if "/scripts/keysweep" in name)
        target = to / Path(inside).name
        target.write_bytes(archive.read(inside))
    target.chmod(0o755)
    return target


def generated(binary: Path, to: Path) -> list[tuple[Path, str]]:
    """What the binary says of itself: completions and manual pages."""
    to.mkdir(parents=True, exist_ok=True)
    files = []
    for shell, name in SHELLS.items():
        path = to / name
        path.write_bytes(subprocess.run([binary, "completions", shell], check=True, stdout=subprocess.PIPE).stdout)
        files.append((path, f"completions/{name}"))
    pages = to / "man"
    pages.mkdir(exist_ok=True)
    subprocess.run([binary, "completions", "man", "--dir", pages], check=True)
    files += [(page, f"man/{page.name}") for page in sorted(pages.iterdir())]
    return files


def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    sys.exit(main())
