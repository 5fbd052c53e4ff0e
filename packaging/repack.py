"""Compresses a wheel again, as tightly as deflate can: repack.py WHEEL. Takes a quarter of a minute and three per cent off.

What is inside stays as it is, so the wheel's own RECORD holds. Needs the package zopflipy."""

import sys
import zipfile
from pathlib import Path

import zopfli


def repack(wheel: Path) -> None:
    smaller = wheel.with_suffix(".repacked")
    with zipfile.ZipFile(wheel) as old, zopfli.ZipFile(smaller, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(smaller) as new:
        same = [info.filename for info in old.infolist()] == [info.filename for info in new.infolist()]
        for info in old.infolist():
            other = new.getinfo(info.filename)
            same = same and old.read(info) == new.read(other) and info.external_attr == other.external_attr
    if not same:
        sys.exit(f"repack: {wheel} and its copy differ")
    before, after = wheel.stat().st_size, smaller.stat().st_size
    smaller.replace(wheel)
    print(f"{wheel.name}: {before} -> {after} bytes")


if __name__ == "__main__":
    for wheel in sys.argv[1:]:
        repack(Path(wheel))
