import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MUTANTS, type Mutant, type Patch } from "./mutants-list.ts";

/** How many runs a broken guard may survive. */
const RUNS_PER_MUTANT = 200;
/** Of so many runs these are in each of the modes that have seeds of their own. */
const RUNS_OF_MODE: Readonly<Record<NonNullable<Mutant["mode"]>, number>> = {
  "sales-order": Math.floor((RUNS_PER_MUTANT * 2) / 7),
  aftermath: Math.floor(RUNS_PER_MUTANT / 7),
  returns: Math.floor(RUNS_PER_MUTANT / 7),
  summary: Math.floor(RUNS_PER_MUTANT / 12),
};

const ROOT = join(import.meta.dirname, "../..");
/** What the campaign needs of the project. */
const COPIED = [
  ...["src", "sandbox", "migrations", "test/oracle", "test/torture", "test/support"],
  ...["package.json"],
];

/** What became of a mutant: `found` with the first difference, or why it did not run. */
export type MutantResult = Readonly<{
  name: string;
  /** What holds while the guard is whole. */
  breaks: string;
  verdict: "found" | "survived" | "broken";
  /** After how many runs. */
  runs: number;
  words: string;
}>;

/** The mutants of these names, or all. @throws Error for a name that none has */
export function chooseMutants(names: readonly string[]): readonly Mutant[] {
  const unknown = names.filter((name) => !MUTANTS.some((mutant) => mutant.name === name));
  if (unknown.length > 0) throw new Error(`there is no mutant ${unknown.join(", ")}`);
  return names.length === 0 ? MUTANTS : MUTANTS.filter(({ name }) => names.includes(name));
}

/** Breaks the guard in a copy of the project, and runs the copy's campaign against it. */
export async function tryMutant(mutant: Mutant, campaign: Campaign): Promise<MutantResult> {
  const { name, breaks } = mutant;
  const copy = mkdtempSync(join(tmpdir(), `slipway-mutant-${name}-`));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "junction");
    for (const patch of mutant.patches) apply(copy, patch);
    const { mode } = mutant;
    return { name, breaks, ...judged(await runCopy(copy, { ...campaign, mode })) };
  } catch (thrown) {
    return { name, breaks, verdict: "broken", runs: 0, words: String(thrown) };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** @throws Error where the text to break is not there exactly once */
function apply(copy: string, { file, find, replace }: Patch): void {
  const path = join(copy, file);
  const before = readFileSync(path, "utf8");
  const count = before.split(find).length - 1;
  if (count !== 1) throw new Error(`${file} holds ${count} times: ${find}`);
  writeFileSync(
    path,
    before.replace(find, () => replace),
  );
}

type Output = Readonly<{ code: number | null; text: string }>;

type Campaign = Readonly<{ serverUrl: string; firstSeed: number; jobs: number }>;

/** Runs of other modes say nothing about a guard of one mode: they are left out. */
async function runCopy(
  copy: string,
  { serverUrl, firstSeed, jobs, mode }: Campaign & Readonly<{ mode: Mutant["mode"] | undefined }>,
): Promise<Output> {
  const options = {
    server: serverUrl,
    runs: mode === undefined ? RUNS_PER_MUTANT : RUNS_OF_MODE[mode],
    seed: firstSeed,
    jobs,
    "real-every": 0,
    ...(mode === undefined ? {} : { mode }),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [join(copy, "test/torture/main.ts"), ...args, "--stop"], {
    cwd: copy,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });
}

function judged({ code, text }: Output): Omit<MutantResult, "name" | "breaks"> {
  const runs = Number(/^(\d+) runs from seed/m.exec(text)?.[1] ?? 0);
  const difference = /^seed \d+ differs:\n {2}(.+)$/m.exec(text)?.[1];
  if (code === 0) return { verdict: "survived", runs, words: "no difference" };
  if (difference === undefined || runs === 0 || difference.includes("process has ended")) {
    return { verdict: "broken", runs, words: text.slice(-600) };
  }
  return { verdict: "found", runs, words: difference };
}

const WORDS_WIDTH = 90;

/** The closing table: each broken guard, after how many runs it was found, and by which words. */
export function mutantsTable(results: readonly MutantResult[]): string {
  const rows = [
    ["broken guard", "what it breaks", "found after", "the first difference"],
    ...results.map(({ name, breaks, verdict, runs, words }) => {
      const after = verdict === "found" ? `${runs} runs` : verdict.toUpperCase();
      const line = words.replaceAll(/\s+/g, " ");
      const cut = line.length > WORDS_WIDTH ? `${line.slice(0, WORDS_WIDTH - 1)}…` : line;
      return [name, breaks, after, cut];
    }),
  ];
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "))
    .join("\n");
}
