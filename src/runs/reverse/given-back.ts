import { HubError } from "../../base/errors.ts";
import { type Money, money, subtract, toDecimal } from "../../base/money.ts";
import type { ApplicationRow } from "../../erp/port.ts";
import { canListApplications } from "../apply/apply-route.ts";
import type { RunContext } from "../context.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import type { Door } from "../write/door.ts";
import { type DocumentReceipt, isOver } from "../write/intent.ts";
import type { PersonWait } from "../write/person-wait.ts";
import { readBooked } from "../write/read-booked.ts";
import { waitOn } from "../write/release-by-person.ts";
import { BACK, partOfReversal } from "../write/reversal-parts.ts";
import { isGivenBack, type ReadOriginal, rowsElsewhere } from "./applied-elsewhere.ts";
import { isBegun, type SeenOpen } from "./order-back.ts";
import { isOfShare } from "./reversal.ts";

/** Where people take applications back: no contract of SL's does. */
const REVERSAL_SCREEN = "Payment Reversal (08.240)";

/** 08.240 can void the payment as well, which its reversal would take back a second time. */
const ALONE = "Reverse the application alone, not the payment, and release that batch.";

/** What invoices of SL have taken of a payment that is to go back. */
type Taken = Readonly<{ numbers: DocumentReceipt; amount: Money; rows: readonly ApplicationRow[] }>;

/** The documents as they will be once the invoices have given the money back, and how they do. */
export type GivenBack = Readonly<{
  read: readonly ReadOriginal[];
  /** What a person does in SL, in words and in order; empty where nothing is applied to others. */
  byHand: readonly string[];
}>;

/**
 * Money that the hub has applied to invoices which SL had before stays applied until a person gives
 * it back in 08.240: then the invoices are open as they were, and the payment goes back alone.
 *
 * @throws HubError `reverse.unsupported` for money in another currency that is applied still
 */
export async function planGivenBack(
  { erp }: Pick<PairRuntime, "erp">,
  read: readonly ReadOriginal[],
): Promise<GivenBack> {
  const taken = await takenElsewhere({ erp }, read);
  const adjusted = read.map((one) => {
    const own = taken.find(({ numbers }) => numbers === one.numbers);
    if (own === undefined || one.open === undefined || one.used === undefined) return one;
    if (one.draft.rate !== undefined) throw inOtherCurrency(own);
    const { amount } = own;
    const open = money(one.open.minor + amount.minor, amount.currency);
    return { ...one, open, used: money(one.used.minor - amount.minor, amount.currency) };
  });
  const steps = taken.map((one) => `${toGiveBack(one)}. ${ALONE}`);
  const seen = "The hub sees it there and books the documents below.";
  return { read: adjusted, byHand: steps.length === 0 ? [] : [...steps, seen] };
}

/** Who must be able to see what is applied, and until when. */
type Looking = Parameters<typeof canListApplications>[0];

/** A document that goes back, and what was taken of it. */
type Used = Pick<ReadOriginal, "original" | "numbers" | "used">;

async function takenElsewhere(looking: Looking, all: readonly Used[]): Promise<readonly Taken[]> {
  const taken: Taken[] = [];
  for (const { original, numbers, used } of all) {
    if (used === undefined || used.minor === 0n || !isOfShare(original)) continue;
    const customerId = numbers.customerId.trim();
    const own = all.filter((one) => one.numbers.customerId.trim() === customerId);
    if (await canListApplications(looking)) {
      const listed = await looking.erp.listApplications(customerId, [numbers], looking.signal);
      const rows = rowsElsewhere(listed, own).filter(
        (row) => isGivenBack(row, own) && row.payer.refNbr.trim() === numbers.refNbr.trim(),
      );
      const minor = rows.reduce((sum, { amount }) => sum + amount.minor, 0n);
      if (minor > 0n) taken.push({ numbers, rows, amount: money(minor, used.currency) });
      continue;
    }
    // Without the view all that was taken is elsewhere, where nothing else of its customer goes.
    const isAlone = own.every((one) => isOfShare(one.original));
    if (isAlone) taken.push({ numbers, rows: [], amount: used });
  }
  return taken;
}

function toGiveBack({ numbers, amount, rows }: Taken): string {
  const { type, refNbr, customerId } = numbers;
  const lines = rows.map(
    (row) => `${text(row.amount)} to ${row.target.type.trim()} ${row.target.refNbr.trim()}`,
  );
  const what = lines.length === 0 ? `${text(amount)}, all of it` : lines.join(", ");
  const of = `${type} ${refNbr} of customer ${customerId.trim()}`;
  return `Take back in ${REVERSAL_SCREEN} what is applied of ${of} (${what})`;
}

function text(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}

/** SL realises exchange as it takes the application back, which nobody can foresee. */
function inOtherCurrency(taken: Taken): HubError {
  const { type, refNbr } = taken.numbers;
  return new HubError("reverse.unsupported", `${type} ${refNbr} has paid in another currency`, {
    facts: { type, refNbr },
    cure: `${toGiveBack(taken)}. ${ALONE} Look at realised exchange, then ask again.`,
  });
}

/**
 * Waits until a person has given back in SL what invoices had taken of the payments. Nothing is
 * booked before, so at every moment either an invoice is paid and its payment stands, or neither.
 *
 * @throws Waiting; HubError `erp.apply_by_hand` once it has waited for longer than the pair's
 *   `release-wait`
 */
export async function awaitGivenBack(
  { door, steps }: RunContext,
  documents: readonly SeenOpen[],
): Promise<void> {
  const first = documents.find(({ original }) => isOfShare(original))?.original;
  if (first === undefined) return;
  if (documents.some(({ original }) => isBegun(door.store, original))) return;
  const taken = await takenElsewhere(door, await readUsed(door, documents));
  const { object } = first;
  const identity = {
    object,
    purpose: "share-out",
    part: `${BACK}${partOfReversal(first)}`,
  } as const;
  const known = door.store.find(identity);
  if (taken.length === 0) {
    if (known === undefined || isOver(known) || known.stage === "done") return;
    await door.store.advance(known, { stage: "done", receipt: {} });
    steps.note("reverse", "a person has given the money back to the payments in SL");
    return;
  }
  const draft = { kind: "given-back" };
  const ensured = await door.store.ensure(identity, () => ({ draft, notes: [] }));
  // SL was put back to before a person had done it.
  const isLost = ensured.stage === "done";
  const intent = isLost ? await door.store.advance(ensured, { stage: "planned" }) : ensured;
  const wait = waitFor(object, taken);
  return waitOn(door, wait, await door.noteWait(intent, wait));
}

async function readUsed(door: Door, documents: readonly SeenOpen[]): Promise<readonly Used[]> {
  const shown: Used[] = [];
  for (const { original, open } of documents) {
    const numbers = original.receipt as DocumentReceipt;
    const { amount, balance } =
      open === null ? { amount: undefined, balance: undefined } : await readBooked(door, numbers);
    const used = amount && balance && subtract(amount, balance);
    shown.push({ original, numbers, used });
  }
  return shown;
}

function waitFor(object: string, taken: readonly Taken[]): PersonWait {
  const names = taken.map(
    ({ numbers, amount }) => `${text(amount)} of ${numbers.type} ${numbers.refNbr}`,
  );
  return {
    ...{ kind: "apply", screen: REVERSAL_SCREEN, batNbr: "", batchState: "" },
    what: `${names.join(", ")}, to be taken back: ${object} is reversed`,
    toDo: `${taken.map(toGiveBack).join(". ")}. ${ALONE} The hub sees it and goes on.`,
  };
}
