import { toDecimal } from "../../../base/money.ts";
import { CannotAsk, tried } from "./asking.ts";
import { nameOf, type ProbeBench, SCREEN_NUMBER, screenOf, type TestDocument } from "./bench.ts";

type Signal = AbortSignal | undefined;

const PAYERS = new Set(["PA", "PP", "CM"]);

/**
 * Reverses what the probes released: a debit memo on the clearing account for their money, a credit
 * memo on the sales account for their invoices, and both applied. Names all that stays.
 */
export async function cleanUp(bench: ProbeBench, signal: Signal): Promise<readonly string[]> {
  const troubles: string[] = [];
  for (const customerId of new Set(bench.documents.map((document) => document.customerId))) {
    troubles.push(...(await reverse(bench, customerId, signal)));
    troubles.push(...(await settle(bench, customerId, signal)));
  }
  return [...(await namesOf(bench, signal)), ...troubles];
}

async function reverse(bench: ProbeBench, customerId: string, signal: Signal): Promise<string[]> {
  const troubles: string[] = [];
  for (const [side, type] of [
    ["cash", "DM"],
    ["sales", "CM"],
  ] as const) {
    const minor = bench.net(side, customerId);
    if (minor <= 0) continue;
    const trouble = await attempt(() => bench.booked(type, { minor, customerId }, signal));
    if (trouble !== undefined) troubles.push(`not reversed on the ${side} account: ${trouble}`);
  }
  return troubles;
}

/** Applies what is open on both sides, oldest first. */
async function settle(bench: ProbeBench, customerId: string, signal: Signal): Promise<string[]> {
  const own = [...bench.released].filter((document) => document.customerId === customerId);
  const payers = own.filter(({ type }) => PAYERS.has(type));
  const targets = own.filter(({ type }) => !PAYERS.has(type));
  const troubles: string[] = [];
  for (const payer of payers) {
    for (const target of targets) {
      const trouble = await attempt(() => match(bench, { payer, target }, signal));
      if (trouble !== undefined) {
        troubles.push(`${nameOf(payer)} is not applied to ${nameOf(target)}: ${trouble}`);
      }
    }
  }
  return troubles;
}

async function match(
  bench: ProbeBench,
  { payer, target }: Readonly<{ payer: TestDocument; target: TestDocument }>,
  signal: Signal,
): Promise<void> {
  const [left, open] = [await bench.balance(payer, signal), await bench.balance(target, signal)];
  if (left === undefined || open === undefined || left.minor <= 0n || open.minor <= 0n) return;
  const amount = left.minor < open.minor ? left : open;
  const refused = await bench.apply(payer, { target, amount }, signal);
  if (refused !== undefined) throw new CannotAsk(refused);
}

async function namesOf(bench: ProbeBench, signal: Signal): Promise<string[]> {
  const names: string[] = [];
  for (const document of bench.documents) {
    if (bench.released.has(document)) {
      names.push(`released: ${nameOf(document)}${await openWords(bench, document, signal)}`);
    } else {
      const screen = SCREEN_NUMBER[screenOf(document.type)];
      names.push(`held: ${nameOf(document)}, to be voided in ${screen}`);
    }
  }
  names.push(...bench.alsoReleased.map((what) => `released: ${what}`));
  for (const [batNbr, screen] of bench.heldBatches) {
    names.push(`held: batch ${batNbr}, to be voided in ${screen}`);
  }
  return names;
}

/** A document is named also where SL does not tell any more what it has open. */
async function openWords(bench: ProbeBench, document: TestDocument, signal: Signal) {
  let words = "";
  const trouble = await attempt(async () => {
    const open = await bench.balance(document, signal);
    if (open !== undefined) words = `, ${toDecimal(open)} open`;
  });
  return trouble === undefined ? words : `, balance unknown: ${trouble}`;
}

/** The words of whatever went wrong; the names of what is left matter more than its kind. */
async function attempt(step: () => Promise<unknown>): Promise<string | undefined> {
  try {
    const end = await tried(step);
    return "refused" in end ? end.refused : undefined;
  } catch (thrown) {
    if (thrown instanceof Error) return thrown.message;
    throw thrown;
  }
}
