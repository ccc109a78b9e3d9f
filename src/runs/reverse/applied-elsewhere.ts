import { HubError } from "../../base/errors.ts";
import { type Money, toDecimal } from "../../base/money.ts";
import type { ApplicationRow } from "../../erp/port.ts";
import type { ReversibleDraft, ShownWorth } from "../../mapping/index.ts";
import { canListApplications } from "../apply/apply-route.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { isOfShare, type StoredIntent } from "./reversal.ts";

/** A document that is to go back, as the hub booked it and as SL shows it now. */
export type ReadOriginal = Readonly<{
  original: StoredIntent;
  /** Its content: as it was booked, or as SL gave it back. */
  draft: ReversibleDraft;
  /** Absent of one in the base currency. */
  worth?: ShownWorth | undefined;
  numbers: DocumentReceipt;
  total: Money;
  /** What is open of it, and what was taken of it; undefined for a journal. */
  open: Money | undefined;
  used: Money | undefined;
}>;

/**
 * Asserts that the documents were applied among themselves alone, or to invoices that SL had, which
 * are waited for. One that has paid something else, or that something else has paid, would leave
 * that other document closed by money that is gone, and no contract of SL takes an application
 * back: a person does, in 08.240.
 *
 * @throws HubError `reverse.applied_elsewhere` with what to take back there
 */
export async function assertOwnApplications(
  { erp }: Pick<PairRuntime, "erp">,
  read: readonly ReadOriginal[],
): Promise<void> {
  const own = read.filter(({ used }) => used !== undefined);
  const isListed = own.length > 0 && (await canListApplications({ erp }));
  // SL applies within one customer and one currency alone.
  const groups = Map.groupBy(own, ({ numbers, total }) => `${total.currency} ${idOf(numbers)}`);
  for (const [group, documents] of groups) {
    const customerId = group.slice(group.indexOf(" ") + 1);
    if (isListed) {
      const numbers = documents.map((one) => one.numbers);
      const all = rowsElsewhere(await erp.listApplications(customerId, numbers), documents);
      const foreign = all.filter((row) => !isGivenBack(row, documents));
      if (foreign.length > 0) throw elsewhere(customerId, foreign.map(rowText));
      continue;
    }
    const [credits, debits] = [usedOf(documents, true), usedOf(documents, false)];
    if (credits === debits) continue;
    throw elsewhere(customerId, [
      `what is applied of ${documents.map(nameOf).join(", ")}, which is not all among them`,
    ]);
  }
}

function idOf({ customerId }: DocumentReceipt): string {
  return customerId.trim();
}

/** What is applied between these documents and others, as far as nobody has taken it back. */
export function rowsElsewhere(
  rows: readonly ApplicationRow[],
  documents: readonly Pick<ReadOriginal, "numbers">[],
): readonly ApplicationRow[] {
  return standing(rows.filter((row) => isForeign(row, documents)));
}

/** Documents of 08.240 that take a whole payment back, and not its application alone. */
const VOIDING = ["RP", "NS"];

/** What invoices of SL have of a charge is waited for, until a person has taken it back. */
export function isGivenBack(
  row: ApplicationRow,
  documents: readonly Pick<ReadOriginal, "original" | "numbers">[],
): boolean {
  const shares = documents.filter(({ original }) => isOfShare(original));
  const isVoided = VOIDING.includes(row.target.type.trim());
  return !row.isPending && !isVoided && shares.some(({ numbers }) => isSame(row.payer, numbers));
}

/** 08.240 takes an application back by a second row of the opposite amount, and keeps the first. */
function standing(rows: readonly ApplicationRow[]): readonly ApplicationRow[] {
  const between = ({ payer, target, isPending, amount }: ApplicationRow) =>
    [payer, target]
      .flatMap(({ type, refNbr }) => [type.trim(), refNbr.trim()])
      .concat(String(isPending), amount.currency)
      .join(" ");
  return [...Map.groupBy(rows, between).values()].flatMap((group) => {
    const minor = group.reduce((all, { amount }) => all + amount.minor, 0n);
    const newest = group.filter(({ amount }) => amount.minor > 0n).at(-1) ?? group[0];
    if (minor === 0n || newest === undefined) return [];
    return [{ ...newest, amount: { ...newest.amount, minor } }];
  });
}

/** One side of it is a document that goes back, and the other one is not; or it is pending. */
function isForeign(
  row: ApplicationRow,
  documents: readonly Pick<ReadOriginal, "numbers">[],
): boolean {
  const has = (of: Readonly<{ type: string; refNbr: string }>) =>
    documents.some(({ numbers }) => isSame(of, numbers));
  const [payer, target] = [has(row.payer), has(row.target)];
  return row.isPending ? payer || target : payer !== target;
}

function isSame(
  a: Readonly<{ type: string; refNbr: string }>,
  b: Readonly<{ type: string; refNbr: string }>,
): boolean {
  return a.type.trim() === b.type.trim() && a.refNbr.trim() === b.refNbr.trim();
}

function usedOf(documents: readonly ReadOriginal[], isCredit: boolean): bigint {
  return documents
    .filter(({ numbers }) => ["PA", "PP", "CM"].includes(numbers.type) === isCredit)
    .reduce((all, { used }) => all + (used?.minor ?? 0n), 0n);
}

function nameOf({ numbers }: ReadOriginal): string {
  return `${numbers.type} ${numbers.refNbr}`;
}

function rowText({ payer, target, amount, batNbr, isPending }: ApplicationRow): string {
  const names = `${payer.type} ${payer.refNbr} to ${target.type} ${target.refNbr}`;
  const pending = isPending ? ", not released" : "";
  return `${toDecimal(amount)} ${amount.currency} of ${names} (batch ${batNbr}${pending})`;
}

function elsewhere(customerId: string, applications: readonly string[]): HubError {
  const list = applications.join("; ");
  return new HubError(
    "reverse.applied_elsewhere",
    `Of customer ${customerId} is applied: ${list}`,
    {
      facts: { customerId, applications: list },
    },
  );
}
