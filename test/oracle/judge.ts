import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import type { PairFile } from "./accounts.ts";
import type { Verdict } from "./compare-books.ts";
import { judgeBooks } from "./judge-books.ts";
import { adminOf } from "./rows.ts";

const USAGE = `node test/oracle/judge.ts --stripe URL --sl URL --pair FILE [--id PAIR]
         [--leave-out ID,ID] [--open-from DAY]

Says from the sandbox Stripe's rows and the pair's settings alone what every account of the sandbox
Dynamics SL must hold, and lists what differs. Exit code 1 where anything does.

  --pair FILE    the settings: slipway.yaml with its pairs, or one pair's settings (YAML or JSON)
  --id PAIR      which pair of the file; default: its first
  --leave-out    ids of what waits for a person: nothing of them may stand in SL
  --open-from    the first day whose journals are not due yet, YYYY-MM-DD
`;

/** So many differences and waiting rows are listed; the rest is counted. */
const SHOWN_MAX = 50;

/** The settings of a pair as a file has them. */
export function pairIn(text: string, id?: string): PairFile {
  const file = parse(text) as { pairs?: Readonly<Record<string, PairFile>> };
  if (file.pairs === undefined) return file as PairFile;
  const found = id === undefined ? Object.values(file.pairs)[0] : file.pairs[id];
  if (found === undefined) throw new Error(`the file has no pair ${id ?? ""}`);
  return found;
}

/** What the oracle says, as a person reads it. */
export function report(verdict: Verdict): string {
  const { accounts, differences, late, unjudged, waiting, facts, days } = verdict;
  const rows = accounts.map(({ account, period, expected, found }) => {
    const mark = expected === found ? "" : "  DIFFERS";
    return `${period}  ${account.padEnd(20)} ${cents(expected)} ${cents(found)}${mark}`;
  });
  const last = days.at(-1);
  return [
    `${facts} facts; expected and found by period and account:`,
    ...rows,
    ...list("late", late),
    ...list("without a rule", unjudged),
    ...list("waiting rows", waiting),
    ...(last === undefined
      ? []
      : [
          `${last.day}: Stripe ${cents(last.stripe).trim()}, clearing ` +
            `${cents(last.clearing).trim()}, waiting ${cents(last.waiting).trim()}`,
        ]),
    ...list("differences", differences),
    differences.length === 0 ? "every account agrees to the cent" : "NOT in agreement",
  ].join("\n");
}

function list(name: string, words: readonly string[]): string[] {
  if (words.length === 0) return [];
  const more = words.length > SHOWN_MAX ? [`  and ${words.length - SHOWN_MAX} more`] : [];
  return [
    `${name}: ${words.length}`,
    ...words.slice(0, SHOWN_MAX).map((one) => `  ${one}`),
    ...more,
  ];
}

function cents(minor: number): string {
  return (minor / 100).toFixed(2).padStart(15);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stripe: { type: "string" },
      sl: { type: "string" },
      pair: { type: "string" },
      id: { type: "string" },
      "leave-out": { type: "string", default: "" },
      "open-from": { type: "string", default: "" },
    },
  });
  const { stripe, sl, pair, id } = values;
  if (stripe === undefined || sl === undefined || pair === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const verdict = await judgeBooks({
    stripe: adminOf(new URL(stripe).origin),
    sl: adminOf(new URL(sl).origin),
    pairFile: pairIn(readFileSync(pair, "utf8"), id),
    leftOut: values["leave-out"].split(",").filter((one) => one !== ""),
    openFrom: values["open-from"],
  });
  process.stdout.write(`${report(verdict)}\n`);
  process.exitCode = verdict.differences.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
