import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";

/** The next number after `last`: plus one, zero padded to the length of the stored last number. */
export function nextNumber(last: string): string {
  const match = /^(.*?)(\d*)$/.exec(last);
  const digits = match?.[2] ?? "";
  const prefix = match?.[1] ?? "";
  return prefix + String(Number(digits || "0") + 1).padStart(digits.length || 6, "0");
}

/** The number before `number`, as voiding moves the counter back. */
export function previousNumber(number: string): string {
  const match = /^(.*?)(\d+)$/.exec(number);
  if (match === null) return number;
  const digits = match[2] ?? "";
  return (match[1] ?? "") + String(Number(digits) - 1).padStart(digits.length, "0");
}

/** Takes the next batch number of the module; each module's set-up row has its own counter. */
export function takeBatchNumber(world: World, module: "AR" | "GL"): string {
  const [table, setup] =
    module === "AR"
      ? (["ARSetup", world.receivablesSetup] as const)
      : (["GLSetup", world.ledgerSetup] as const);
  let number = nextNumber(text(setup, "LastBatNbr"));
  while (world.store.get("Batch", module, number) !== undefined) number = nextNumber(number);
  world.store.patch(table, setup, { LastBatNbr: number });
  return number;
}

/** Takes the next invoice or memo number (ARSetup.LastRefNbr) that is not registered yet. */
export function takeDocumentNumber(world: World): string {
  const setup = world.receivablesSetup;
  let number = nextNumber(text(setup, "LastRefNbr"));
  while (world.store.get("RefNbr", number) !== undefined) number = nextNumber(number);
  world.store.patch("ARSetup", setup, { LastRefNbr: number });
  return number;
}

/** The first line number of a document; SL counts up from the smallest smallint. */
const FIRST_LINE = -32768;

/** The line number after those of `lines`. */
export function nextLineNumber(lines: readonly Row[]): number {
  return lines.reduce((next, line) => Math.max(next, num(line, "LineNbr") + 1), FIRST_LINE);
}
