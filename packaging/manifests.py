#!/usr/bin/env python3
"""Writes the manifests of Homebrew, Scoop and winget for a release.

manifests.py VERSION SHA256SUMS OUT_DIR
"""

import json
import sys
from pathlib import Path

HOME = "https://github.com/keysweep/keysweep"
ABOUT = "Finds leaked AI API keys in working trees, staged changes and git history, fast and offline"


def main() -> int:
    if len(sys.argv) != 4:
        print("usage: manifests.py VERSION SHA256SUMS OUT_DIR", file=sys.stderr)
        return 2
    version, out = sys.argv[1], Path(sys.argv[3])
    sums = {}
    for line in Path(sys.argv[2]).read_text().splitlines():
        digest, name = line.split(maxsplit=1)
        sums[name.lstrip("*")] = digest

    def asset(platform: str, ending: str) -> tuple[str, str]:
        name = f"keysweep-{version}-{platform}.{ending}"
        if name not in sums:
            raise SystemExit(f"manifests: {sys.argv[2]} has no line for {name}")
        return f"{HOME}/releases/download/v{version}/{name}", sums[name]

    out.mkdir(parents=True, exist_ok=True)
    (out / "keysweep.rb").write_text(homebrew(version, asset))
    (out / "keysweep.json").write_text(scoop(version, asset))
    for name, text in winget(version, asset).items():
        (out / name).write_text(text)
    return 0


def homebrew(version, asset) -> str:
    def block(platform):
        url, digest = asset(platform, "tar.gz")
        return f'      url "{url}"\n      sha256 "{digest}"\n'

    return f"""class Keysweep < Formula
  desc "{ABOUT}"
  homepage "{HOME}"
  version "{version}"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
{block("darwin-arm64")}    end
    on_intel do
{block("darwin-x64")}    end
  end

  on_linux do
    on_arm do
{block("linux-arm64")}    end
    on_intel do
{block("linux-x64")}    end
  end

  def install
    bin.install "keysweep"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/keysweep.bash" => "keysweep"
    zsh_completion.install "completions/_keysweep"
    fish_completion.install "completions/keysweep.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/keysweep --version")
    (testpath/"clean").write "nothing here"
    system bin/"keysweep", "scan", testpath
  end
end
"""


def scoop(version, asset) -> str:
    architecture = {}
    for name, platform in (("64bit", "win32-x64"), ("arm64", "win32-arm64")):
        url, digest = asset(platform, "zip")
        architecture[name] = {"url": url, "hash": digest, "extract_dir": f"keysweep-{version}-{platform}"}
    manifest = {
        "version": version,
        "description": ABOUT,
        "homepage": HOME,
        "license": "MIT|Apache-2.0",
        "architecture": architecture,
        "bin": "keysweep.exe",
        "checkver": "github",
    }
    return json.dumps(manifest, indent=4) + "\n"


def winget(version, asset) -> dict[str, str]:
    installers = ""
    for architecture, platform in (("x64", "win32-x64"), ("arm64", "win32-arm64")):
        url, digest = asset(platform, "zip")
        installers += f"""- Architecture: {architecture}
  InstallerUrl: {url}
  InstallerSha256: {digest.upper()}
  NestedInstallerFiles:
  - RelativeFilePath: keysweep-{version}-{platform}\\keysweep.exe
    PortableCommandAlias: keysweep
"""
    head = f"PackageIdentifier: keysweep.keysweep\nPackageVersion: {version}\n"
    return {
        "keysweep.keysweep.yaml": head + "DefaultLocale: en-US\nManifestType: version\nManifestVersion: 1.6.0\n",
        "keysweep.keysweep.installer.yaml": head
        + "InstallerType: zip\nNestedInstallerType: portable\nInstallers:\n"
        + installers
        + "ManifestType: installer\nManifestVersion: 1.6.0\n",
        "keysweep.keysweep.locale.en-US.yaml": head
        + "PackageLocale: en-US\nPublisher: keysweep\nPackageName: keysweep\nLicense: MIT OR Apache-2.0\n"
        + f"PackageUrl: {HOME}\nShortDescription: {ABOUT}\nManifestType: defaultLocale\nManifestVersion: 1.6.0\n",
    }


if __name__ == "__main__":
    sys.exit(main())
