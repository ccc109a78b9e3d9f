import { intentKey } from "../../base/ids.ts";
import { money, zero } from "../../base/money.ts";
import type { BookLine, OwnDocument } from "../documents.ts";
import type { SentDocument, Standing, UnownedPart } from "../parts.ts";
import type { LedgerSide, ProofInput } from "../prove.ts";

export const usd = (minor: number | bigint) => money(minor, "USD");

/** The key of an intent, from a short name. */
export function keyOf(
  object: string,
  purpose: "payment" | "opening" | "return" = "payment",
): string {
  const identity = { pair: "acme", object, part: "", generation: 0 };
  return intentKey({ ...identity, purpose: purpose as "payment" });
}

export function aDocument(
  object: string,
  minor: number,
  change: Partial<OwnDocument> = {},
): OwnDocument {
  return {
    key: keyOf(object),
    object,
    purpose: "payment",
    batNbr: `B-${object}`,
    period: "202603",
    date: "2026-03-10",
    effect: usd(minor),
    owned: usd(minor),
    isChecked: true,
    ...change,
  };
}

/** The line of SL that books just what the document says. */
export function lineOf(document: OwnDocument, change: Partial<BookLine> = {}): BookLine {
  const { key, batNbr, date, period, effect } = document;
  const where = { module: "AR", batNbr, refNbr: "000001", date, period };
  return { key, ...where, amount: effect, user: "SLIPWAY", description: "", ...change };
}

export function anUnowned(rowId: string, minor: number, standing: Standing = {}): UnownedPart {
  return {
    ...{ rowId, part: "gross", day: "2026-03-10", category: "charge", sourceId: `ch_${rowId}` },
    amount: usd(minor),
    standing,
  };
}

/** The document of a part itself, on its way. */
export function aSend(object: string): SentDocument {
  return { key: keyOf(object), batNbr: "000412", isOfPart: true };
}

export function aLedger(lines: readonly BookLine[], change: Partial<LedgerSide> = {}): LedgerSide {
  return {
    ...{ account: "1095", subaccount: "000", before: zero("USD"), base: undefined, lines },
    ...{ revaluations: [], unreleased: [], shownElsewhere: new Set<string>() },
    ...change,
  };
}

/** A proof of 10 March whose rows are just these documents and parts. */
export function anInput(
  made: Pick<ProofInput, "documents" | "unowned" | "ledger"> & Partial<ProofInput>,
): ProofInput {
  const owned = made.documents.reduce((minor, { owned: { minor: more } }) => minor + more, 0n);
  const open = made.unowned.reduce((minor, { amount }) => minor + amount.minor, 0n);
  return {
    ...{ pair: "acme", currency: "USD", zone: "America/New_York", day: "2026-03-10" },
    until: new Date("2026-03-11T04:00:00Z"),
    period: undefined,
    stripe: {
      ...{ opening: usd(0), before: usd(owned + open), rowCount: 0, since: usd(0) },
      now: usd(owned + open),
      unread: [],
    },
    ...made,
  };
}
