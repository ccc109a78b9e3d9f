import { toDecimal } from "../base/money.ts";
import type { Difference } from "../erp/compare.ts";
import { type Booked, correctionOf, receiptName, type Tampering } from "./compare.ts";
import { accountName } from "./expected.ts";

/** How a finding is healed: by the hub, or by a person in the screens that these steps name. */
export type HealPlan = Readonly<{ by: "hub" | "person"; steps: readonly string[] }>;

const SCREEN = {
  GJ: "Journal Transactions (01.010)",
  PA: "Payment Application (08.030)",
  PP: "Payment Application (08.030)",
} as const;

function screenOf(type: string): string {
  return type === "GJ" || type === "PA" || type === "PP"
    ? SCREEN[type]
    : "Invoice and Memo (08.010)";
}

/** What to do about a change: the hub books what is missing, a person puts the rest back. */
export function planHeal(booked: Booked, found: Tampering): HealPlan {
  const name = receiptName(booked);
  switch (found.kind) {
    case "deleted":
    case "voided":
      return byHub(`The hub books ${name} once more, under a new key, into an open period.`);
    case "unapplied":
      return byHub(`The hub applies ${name} again, as far as both documents have it open.`);
    case "released-otherwise":
      return byHub(`The hub looks at ${name} again and goes on from what SL shows.`);
    case "doubled": {
      const copies = found.differences
        .filter(({ what }) => what.endsWith("of the same key"))
        .map((one) => one.found);
      return byPerson([
        `Reverse ${copies.join(" and ")} by a document of the opposite type in ` +
          `${screenOf(booked.receipt.type)}, and empty its key field in Initialize Mode.`,
      ]);
    }
    case "reversed-otherwise":
      return byPerson([
        `Enter the payment again in ${screenOf(booked.receipt.type)} as it was, or accept this: ` +
          "the reversal in Payment Application Reversal (08.240) cannot be taken back.",
      ]);
    case "applied-otherwise":
      return byPerson([
        `In Payment Application Reversal (08.240) take back what was applied of ${name}, ` +
          "or accept it: the hub plans with what SL shows.",
      ]);
    case "edited":
      return byPerson(stepsOfEdit(booked, found));
  }
}

/** The same for a document that was never released: its run goes on once its batch is as it was. */
export function planHealUnreleased(batNbr: string, { kind }: Tampering): HealPlan {
  if (kind !== "edited") return byHub(`The run goes on from what SL shows of batch ${batNbr}.`);
  return byPerson([`Void batch ${batNbr} in its screen, then resume its run (slipway parked).`]);
}

function byHub(step: string): HealPlan {
  return { by: "hub", steps: [step] };
}

function byPerson(steps: readonly string[]): HealPlan {
  const last = "The finding closes by itself once SL shows what was booked.";
  return { by: "person", steps: [...steps, last] };
}

function stepsOfEdit(booked: Booked, found: Tampering): readonly string[] {
  const { receipt } = booked;
  const fields = found.differences.filter(({ what }) => !isOfLedger(what));
  const name = receiptName(booked);
  const back = fields.map(
    ({ what, expected }) =>
      `In ${screenOf(receipt.type)}, Initialize Mode, set the ${what} of ${name} back to ` +
      `${expected || "nothing"}.`,
  );
  if (found.differences.length === fields.length) return back;
  const lines = correctionOf(found).map(({ account, day, amount }) => {
    const [side, minor] = amount.minor < 0n ? ["Cr", -amount.minor] : ["Dr", amount.minor];
    const text = toDecimal({ minor, currency: amount.currency });
    return `${side} ${accountName(account)} ${text} ${amount.currency} (${day})`;
  });
  const journal =
    lines.length === 0
      ? []
      : [
          "Put the ledger lines of batch " +
            `${receipt.batNbr} back in Journal Transactions (01.010), Initialize Mode: ` +
            `${lines.join(", ")}; or book just that as a journal, and accept this.`,
        ];
  return [...back, ...journal];
}

/** Ledger lines are named by account and day, or by their period. */
function isOfLedger(what: Difference["what"]): boolean {
  return what.includes("/") || what === "period of a line";
}
