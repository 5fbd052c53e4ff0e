// Makes the npm package of one platform from a built binary:
//   node packaging/npm/platform.mjs linux-x64 target/release/keysweep OUT_DIR
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [name, binary, out] = process.argv.slice(2);
const match = /^(darwin|linux|win32)-(arm64|x64)(-musl)?$/.exec(name ?? "");
if (!match || !binary || !out) {
  process.stderr.write("usage: platform.mjs OS-CPU[-musl] BINARY OUT_DIR\n");
  process.exit(2);
}
const [, os, cpu, musl] = match;
const launcher = JSON.parse(readFileSync(new URL("./keysweep/package.json", import.meta.url)));
const file = os === "win32" ? "keysweep.exe" : "keysweep";
const folder = join(out, name);
mkdirSync(folder, { recursive: true });
copyFileSync(binary, join(folder, file));
chmodSync(join(folder, file), 0o755);
const { version, license, repository } = launcher;
const about = {
  name: `@keysweep/${name}`,
  version,
  description: `The keysweep binary for ${name}`,
  license,
  repository,
  os: [os],
  cpu: [cpu],
  ...(os === "linux" ? { libc: [musl ? "musl" : "glibc"] } : {}),
  files: [file],
  preferUnplugged: true,
  publishConfig: { access: "public", provenance: true },
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(about, null, 2)}\n`);
