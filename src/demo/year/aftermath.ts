import type { Act, Oddity, Paid, Sale } from "./act.ts";
import type { Lots } from "./random.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const REFUNDED = 0.07;
const DISPUTED = 0.008;
const CREDITED = 0.25;
const REASONS = ["requested_by_customer", "requested_by_customer", "duplicate", "fraudulent"];

/** What becomes of a sale in the weeks after it: money given back, or taken back by the bank. */
export function planAftermath(
  lots: Lots,
  sale: Omit<Paid, "acts"> & Readonly<{ nr: number }>,
): Sale {
  const isOf = (what: Paid["may"][number], share: number) =>
    sale.may.includes(what) && lots.falls(share);
  // A card that refuses refunds is there to refuse one.
  const isOdd = sale.may.includes("refund") && !sale.may.includes("dispute");
  if (isOf("credit-note", CREDITED)) return creditNote(lots, sale);
  if (isOf("dispute", DISPUTED)) return dispute(lots, sale);
  if (isOf("refund", isOdd ? 0.5 : REFUNDED)) return refunds(lots, sale);
  return { acts: [], oddities: [] };
}

type Following = Readonly<{ nr: number; charge: string; amount: number; paidAt: number }>;

/** All of it at once, or up to three parts of it. */
function refunds(lots: Lots, { nr, charge, amount, paidAt }: Following): Sale {
  const parts = lots.weighted([0, 70, 20, 10]);
  const acts: Act[] = [];
  let left = amount;
  let at = paidAt;
  for (let part = 1; part <= parts; part += 1) {
    const isAll = part === parts && lots.falls(0.6);
    const given = isAll ? left : Math.max(Math.floor(left * (0.2 + lots.next() * 0.5)), 1);
    left -= given;
    at += lots.between(4, 300) * HOUR_MS;
    acts.push({
      ...{ at, path: "/v1/refunds", name: `refund-${nr}-${part}`, mayBeRefused: true },
      body: { charge, amount: given, reason: lots.pick(REASONS) },
    });
    if (left === 0) break;
  }
  const why = `${acts.length} refunds of one payment`;
  const oddities = acts.length < 3 ? [] : [{ name: `refund-${nr}-3`, why, rank: 3 }];
  return { acts, oddities };
}

/** A case at the bank, from its first letter to its verdict weeks later. */
function dispute(lots: Lots, { nr, charge, amount, paidAt }: Following): Sale {
  const name = `dispute-${nr}`;
  const at = paidAt + lots.between(3, 40) * DAY_MS;
  const isInquiry = lots.falls(0.2);
  const part = lots.falls(0.2) ? Math.max(Math.floor(amount / 2), 1) : amount;
  const path = (step: string) => `/_sandbox/disputes/{{${name}}}/${step}`;
  const opened: Act = {
    ...{ at, path: `/_sandbox/charges/${charge}/dispute`, name, mayBeRefused: true },
    body: { amount: part, inquiry: isInquiry, reason: lots.pick(["fraudulent", "general"]) },
  };
  const answerAt = at + lots.between(2, 10) * DAY_MS;
  const endAt = answerAt + lots.between(20, 60) * DAY_MS;
  const act = (when: number, step: string, body: object): Act => ({
    ...{ at: when, path: path(step), mayBeRefused: true },
    body: { ...body },
  });
  if (isInquiry && lots.falls(0.5)) {
    const end = act(answerAt, "close", { outcome: "warning_closed" });
    return { acts: [opened, end], oddities: [] };
  }
  const taken = isInquiry ? [act(answerAt, "withdraw", {})] : [];
  const heard = isInquiry ? [] : [act(answerAt, "move", { status: "under_review" })];
  const isWon = lots.falls(0.4);
  const end = act(endAt, "close", { outcome: isWon ? "won" : "lost" });
  // A bank that thinks again, weeks after the verdict.
  const isAppealed = !isWon && lots.falls(0.25);
  const again = isAppealed ? [act(endAt + 25 * DAY_MS, "reinstate", { fee: -1_500 })] : [];
  const words = [
    isInquiry ? "an inquiry that became a chargeback" : "a chargeback",
    ...(part === amount ? [] : ["of a part"]),
    isWon ? "won" : "lost",
    ...(isAppealed ? ["and given back with its fee weeks later"] : []),
  ];
  const rank = (isInquiry ? 3 : 1) + (part === amount ? 0 : 2) + (isAppealed ? 6 : 0);
  const oddities: Oddity[] = [{ name, why: words.join(", "), rank }];
  return { acts: [opened, ...taken, ...heard, end, ...again], oddities };
}

/** A part of a paid invoice, back to the card or kept for the next one. */
function creditNote(
  lots: Lots,
  sale: Readonly<{ nr: number; invoice?: string; amount: number; paidAt: number }>,
): Sale {
  const { nr, invoice = "", amount, paidAt } = sale;
  const at = paidAt + lots.between(1, 20) * DAY_MS;
  const given = Math.max(Math.floor(amount * (0.2 + lots.next() * 0.6)), 1);
  const way = lots.falls(0.8) ? { refund_amount: given } : { credit_amount: given };
  const name = `credit-${nr}`;
  const act = { at, path: "/v1/credit_notes", name, mayBeRefused: true } as const;
  const oddities =
    "credit_amount" in way
      ? [{ name, why: "a credit note kept for the customer's next invoice", rank: 4 }]
      : [];
  return { acts: [{ ...act, body: { invoice, amount: given, ...way } }], oddities };
}
