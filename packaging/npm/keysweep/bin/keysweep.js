#!/usr/bin/env node
// Starts the binary of this platform's package. A scanner that cannot start must not look like a clean scan: exit 2.
"use strict";

const { spawnSync } = require("node:child_process");
const os = require("node:os");

function isMusl() {
  if (process.platform !== "linux") return false;
  const report = typeof process.report?.getReport === "function" ? process.report.getReport() : undefined;
  return report !== undefined && !report.header?.glibcVersionRuntime;
}

function fail(message) {
  process.stderr.write(`keysweep: ${message}\n`);
  process.exit(2);
}

function binary() {
  const given = process.env.KEYSWEEP_BINARY;
  if (given) return given;
  const target = `${process.platform}-${process.arch}`;
  const file = process.platform === "win32" ? "keysweep.exe" : "keysweep";
  const names = isMusl() ? [`${target}-musl`, target] : [target, `${target}-musl`];
  for (const name of names) {
    try {
      return require.resolve(`@keysweep/${name}/${file}`);
    } catch {
      // The next one, or the message below.
    }
  }
  return fail(
    `cannot start: no package @keysweep/${names[0]} is installed; ` +
      "install again without --omit=optional, or set KEYSWEEP_BINARY to a keysweep binary",
  );
}

const result = spawnSync(binary(), process.argv.slice(2), { stdio: "inherit", windowsHide: true });
if (result.error) fail(`cannot start: ${result.error.message}; reinstall the package keysweep`);
if (result.signal) process.exit(128 + (os.constants.signals[result.signal] ?? 0));
process.exit(result.status ?? 2);
