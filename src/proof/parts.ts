import type { Money } from "../base/money.ts";

/** What of a row moves the balance: its amount, or the fee that Stripe took. */
export type PartName = "gross" | "fee";

/** A document that was sent, and that the hub has not seen released. */
export type SentDocument = Readonly<{
  key: string;
  batNbr: string;
  /** Whether it books this very part; else it is one that this part's own document waits for. */
  isOfPart: boolean;
}>;

/** What is known of a row part that no document owns, as its own records say it. */
export type Standing = Readonly<{
  /** How Stripe has the charge that the row is of; absent for all other rows. */
  charge?: "pending" | "failed" | "succeeded" | undefined;
  /** The run that is to book it stopped for a person, or a person or a rule leaves it alone. */
  stopped?: Readonly<{ how: "parked" | "dismissed" | "skipped"; what: string }> | undefined;
  sent?: SentDocument | undefined;
  /** The day whose collecting journal takes it, while that is not booked. */
  openDay?: string | undefined;
  /** In words, what else its run says. */
  waitsFor?: string | undefined;
}>;

/** A part of a balance row without an owner. */
export type UnownedPart = Readonly<{
  rowId: string;
  part: PartName;
  /** The day of the row, `YYYY-MM-DD`, in the zone of the pair. */
  day: string;
  category: string;
  sourceId: string | undefined;
  /** By how much it moved Stripe's balance: a fee lowers it. */
  amount: Money;
  standing: Standing;
}>;

/** The lines of the proof that stand between Stripe and the books for a time. */
export const TIMING_LINES = [
  { number: 1, name: "Parked or skipped" },
  { number: 2, name: "Submitted, not released" },
  { number: 3, name: "Charges not succeeded" },
  { number: 4, name: "Open collecting journals" },
  { number: 5, name: "Booked in a later period" },
] as const;
export type LineNumber = (typeof TIMING_LINES)[number]["number"];

/** Where a part belongs, and why in words; no line at all makes it a difference. */
export type Classified = Readonly<{ line: LineNumber | undefined; why: string }>;

/**
 * The line of an unowned part, told by its own state alone. A charge that has not succeeded comes
 * first, since nothing of it is to be booked; what waits for a person comes before what was sent,
 * since no time will bring it into the books.
 */
export function classify({ standing }: UnownedPart): Classified {
  const { charge, stopped, sent, openDay, waitsFor } = standing;
  if (charge === "pending" || charge === "failed") {
    return { line: 3, why: `charge ${charge}` };
  }
  if (stopped !== undefined) return { line: 1, why: `${stopped.how}: ${stopped.what}` };
  if (sent !== undefined) {
    const batch = sent.batNbr === "" ? "no batch number yet" : `batch ${sent.batNbr}`;
    return { line: 2, why: `${batch}, key ${sent.key}` };
  }
  if (openDay !== undefined) {
    const more = waitsFor === undefined ? "" : `: ${waitsFor}`;
    return { line: 4, why: `journal of ${openDay} is open${more}` };
  }
  return { line: undefined, why: waitsFor ?? "no document, and nothing that works on one" };
}
