import { toDecimal } from "../../../base/money.ts";
import type { ProbeFinding } from "../../port.ts";
import { readCustomer } from "../customers.ts";
import { asRows } from "../envelope.ts";
import {
  assertToThePoint,
  CannotAsk,
  needed,
  no,
  noBy,
  type Question,
  tried,
  yes,
} from "./asking.ts";
import { cell, nameOf, type ProbeBench, type TestDocument } from "./bench.ts";
import { heldDocument, theJournal } from "./held.ts";
import { releaseJournal } from "./journal.ts";

type Signal = AbortSignal | undefined;

const RELEASED = {
  does: "releases documents of the least amount, and reverses them afterwards",
  writes: "released documents",
} as const;
const BY_HAND = {
  yes: "the hub releases what it has read back",
  no: "a person releases the hub's batches, and its runs wait until then",
  cure: "Release each batch that `slipway runs --waiting` names in its SL screen.",
} as const;

/** Questions that only a release answers: for a test company. */
export function releasedQuestions(bench: ProbeBench): Question[] {
  return [
    {
      ...RELEASED,
      ...BY_HAND,
      name: "release-invoice",
      ask: async (signal) => {
        const document = await heldDocument(bench, "IN", signal);
        const refused = await releaseOnce(bench, document, signal);
        return refused === undefined ? yes(`${nameOf(document)} was released`) : noBy(refused);
      },
    },
    {
      ...RELEASED,
      name: "closed-after-release",
      yes: "a fill that commits late is harmless once its batch is released",
      no: "a fill that commits after the outcome horizon could add to a released batch",
      cure: "Set outcome-horizon well above the server's execution limit.",
      ask: (signal) => askClosed(bench, signal),
    },
    {
      ...RELEASED,
      name: "pay-and-apply",
      yes: "one call saves a payment with what it pays",
      no: "a payment is released first and applied by a batch of its own",
      cure: "Nothing to do: the hub takes two steps, unless apply-later is no as well.",
      ask: (signal) => askPayAndApply(bench, signal),
    },
    {
      ...RELEASED,
      ...BY_HAND,
      name: "release-payment",
      ask: async (signal) => {
        const payment = await somePayment(bench, signal);
        const refused = await releaseOnce(bench, payment, signal);
        return refused === undefined ? yes(`${nameOf(payment)} was released`) : noBy(refused);
      },
    },
    {
      ...RELEASED,
      name: "apply-later",
      yes: "a payment that is released already can be applied",
      no: "applyPayment applies a payment to an invoice; everything else is for a person",
      cure: "Apply in 08.030 what parked runs name; they see it by themselves when resumed.",
      ask: (signal) => askApplyLater(bench, signal),
    },
    {
      ...RELEASED,
      name: "apply-prepayment",
      yes: "a prepayment pays the invoice that its order ends in",
      no: "a prepayment is applied by a person in 08.030",
      cure: "Apply in 08.030 what parked runs name; they see it by themselves when resumed.",
      ask: async (signal) => {
        const payer = await bench.booked("PP", {}, signal);
        const target = await bench.booked("IN", {}, signal);
        return applied(bench, { payer, target }, signal);
      },
    },
    {
      ...RELEASED,
      name: "apply-memo",
      yes: "a credit memo closes the debit memo it belongs to",
      no: "both stay open, the customer's balance is right, and the pair is listed",
      cure: "Apply the listed pairs in 08.030.",
      ask: (signal) => askApplyMemo(bench, signal),
    },
    {
      ...RELEASED,
      ...BY_HAND,
      name: "release-journal",
      does: "releases a journal of one unit from an account to itself",
      ask: async (signal) => {
        const { batNbr } = await needed("a test journal", () => theJournal(bench, signal));
        const refused = await releaseJournal(bench, batNbr, signal);
        return refused === undefined ? yes(`journal batch ${batNbr} was released`) : noBy(refused);
      },
    },
    {
      ...RELEASED,
      name: "prepayment-exempt",
      yes: "money that must wait is booked as a prepayment, also for customers with AutoApply",
      no: "money of customers with AutoApply cannot wait",
      cure: "Switch AutoApply off for customers that pay ahead.",
      ask: (signal) => askExempt(bench, signal),
    },
  ];
}

function releaseOnce(bench: ProbeBench, document: TestDocument, signal: Signal) {
  return bench.once(`release of ${nameOf(document)}`, () => bench.release(document, signal));
}

/** The shared document, released. */
async function releasedShared(bench: ProbeBench, type: "IN" | "PA", signal: Signal) {
  const document = await heldDocument(bench, type, signal);
  const refused = await releaseOnce(bench, document, signal);
  if (refused !== undefined) throw new CannotAsk(`it needs a release by the hub: ${refused}`);
  return document;
}

async function askClosed(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const { batNbr } = await releasedShared(bench, "IN", signal);
  const end = await tried(() => bench.hold("IN", { intoBatch: batNbr }, signal));
  if ("refused" in end) {
    assertToThePoint(end.refused);
    return yes(end.refused);
  }
  return no(`${nameOf(end.done)} was saved into that batch after its release`);
}

/** A payment of two invoices, saved in one call. */
function appliedPayment(bench: ProbeBench, signal: Signal) {
  return bench.once("applied PA", async () => {
    const first = await releasedShared(bench, "IN", signal);
    const second = await bench.booked("IN", {}, signal);
    const matches = [first, second].map((target) => ({ target, amount: target.amount }));
    return tried(() => bench.hold("PA", { minor: 2, matches }, signal));
  });
}

/** The payment of the two invoices where it could be saved, else one that pays nothing. */
async function somePayment(bench: ProbeBench, signal: Signal): Promise<TestDocument> {
  const paid = await appliedPayment(bench, signal).catch((thrown: unknown) => {
    if (thrown instanceof CannotAsk) return undefined;
    throw thrown;
  });
  if (paid !== undefined && "done" in paid) return paid.done;
  return heldDocument(bench, "PA", signal);
}

async function askPayAndApply(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const end = await appliedPayment(bench, signal);
  if ("refused" in end) {
    // A plain payment passes, so a refusal speaks of what it pays.
    await heldDocument(bench, "PA", signal);
    return noBy(end.refused);
  }
  const screen = await bench.read(end.done, signal);
  const lines = asRows(screen.myARTran).filter((line) => cell(line, "DrCr") === "U");
  const found = `${nameOf(end.done)} holds ${lines.length} applications`;
  return lines.length === 2 ? yes(found) : no(`${found} of 2`);
}

async function askApplyLater(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const payment = await releasedShared(bench, "PA", signal);
  const target = await bench.booked("IN", {}, signal);
  return applied(bench, { payer: payment, target }, signal);
}

async function askApplyMemo(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const { customerId } = bench.settings;
  // As much as the other probes have booked, so that these memos undo it.
  const minor = (side: "cash" | "sales") => Math.max(1, bench.net(side, customerId));
  const target = await bench.booked("DM", { minor: minor("cash") }, signal);
  const payer = await bench.booked("CM", { minor: minor("sales") }, signal);
  return applied(bench, { payer, target }, signal);
}

async function applied(
  bench: ProbeBench,
  pair: Readonly<{ payer: TestDocument; target: TestDocument }>,
  signal: Signal,
): Promise<ProbeFinding> {
  const { payer, target } = pair;
  const amount = payer.amount.minor < target.amount.minor ? payer.amount : target.amount;
  const refused = await bench.apply(payer, { target, amount }, signal);
  if (refused !== undefined) return noBy(refused);
  const left = (await bench.balance(target, signal))?.minor;
  const words = `${nameOf(payer)} to ${nameOf(target)}`;
  return left === target.amount.minor - amount.minor
    ? yes(`applied ${words}`)
    : no(`SL took the application of ${words}, which changed no balance`);
}

async function askExempt(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const customerId = bench.settings.autoApplyCustomerId;
  if (customerId === "") throw new CannotAsk("it needs --auto-apply-customer");
  const customer = await readCustomer(bench.site, customerId, signal);
  if (customer?.autoApply !== true) {
    throw new CannotAsk(`SL has no customer ${customerId} with AutoApply on`);
  }
  const invoice = await bench.booked("IN", { customerId }, signal);
  const prepaid = await needed("a prepayment", () => bench.booked("PP", { customerId }, signal));
  const left = await bench.balance(invoice, signal);
  const words = `${nameOf(prepaid)} left ${left === undefined ? "nothing" : toDecimal(left)} open`;
  return left?.minor === invoice.amount.minor
    ? yes(`${words} on ${nameOf(invoice)}`)
    : no(`${words} on ${nameOf(invoice)}: SL applied it by itself`);
}
