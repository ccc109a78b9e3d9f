import fc from "fast-check";
import { expect, test } from "vitest";
import type { SlClient } from "./client.ts";
import {
  anInvoice,
  aPayment,
  aSite,
  at,
  edit,
  INVOICE,
  ledgerBalance,
  PAYMENT,
  release,
  reserve,
} from "./site.ts";

type Step = Readonly<{
  kind: "IN" | "DM" | "CM" | "PA" | "PP";
  cents: number;
  rate: number;
  isEuro: boolean;
  /** Which open documents the payment takes, and how much of it in hundredths. */
  picks: readonly number[];
  isReleased: boolean;
}>;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("IN", "IN", "DM", "CM", "PA", "PA", "PP"),
  cents: fc.integer({ min: 1, max: 100_000 }),
  rate: fc.integer({ min: 8000, max: 14_000 }).map((value) => value / 10_000),
  isEuro: fc.boolean(),
  picks: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 3 }),
  isReleased: fc.boolean(),
});

/** Takes one step over the wire; refusals are part of the game, faults are not. */
async function take(site: SlClient, own: Step, serial: number): Promise<void> {
  const amount = own.cents / 100;
  const currency = own.isEuro ? "EUR" : "USD";
  const head = { CuryId: currency, CuryRate: own.isEuro ? own.rate : 1 };
  const isPayment = own.kind === "PA" || own.kind === "PP";
  const service = isPayment ? PAYMENT : INVOICE;
  const batNbr = await reserve(site, service, head);
  const document = { ...head, DocType: own.kind };
  const screen = isPayment
    ? aPayment(batNbr, amount, await targets(site, own, currency), {
        batch: head,
        document: { ...document, RefNbr: `P${serial}` },
      })
    : anInvoice(batNbr, amount, { batch: head, document });
  await edit(site, service, "UPDATE", screen);
  if (own.isReleased) {
    const answer = await release(site, service, batNbr);
    expect(at(answer, "errorMessage")).toBe("");
    const again = await release(site, service, batNbr);
    expect(at(again, "errorMessage")).toContain("12008");
  } else await site.admin("POST", `/batches/AR/${batNbr}/void`);
}

async function targets(
  site: SlClient,
  own: Step,
  currency: string,
): Promise<Readonly<Record<string, number>>> {
  const open = (await site.rows("ARDoc", { DocType: "IN", OpenDoc: "1", CuryId: currency })).filter(
    (row) => row.Rlsed === 1,
  );
  let left = own.cents;
  const chosen: Record<string, number> = {};
  for (const [index, pick] of own.picks.entries()) {
    const row = open[index];
    if (row === undefined) break;
    const cents = Math.min(
      left,
      Math.ceil((Math.round(Number(row.CuryDocBal) * 100) * pick) / 100),
    );
    if (cents <= 0) continue;
    chosen[String(row.RefNbr)] = cents / 100;
    left -= cents;
  }
  return chosen;
}

function cents(value: unknown): number {
  return Math.round(Number(value) * 100);
}

/** What must hold after any history: documents, balances and ledger tell one story. */
async function checkBooks(site: SlClient): Promise<void> {
  const lines = await site.rows("GLTran");
  for (const [batNbr, own] of Map.groupBy(lines, (row) => String(row.BatNbr))) {
    const base = own.reduce((sum, row) => sum + cents(row.DrAmt) - cents(row.CrAmt), 0);
    const cury = own.reduce((sum, row) => sum + cents(row.CuryDrAmt) - cents(row.CuryCrAmt), 0);
    expect([batNbr, base, cury]).toEqual([batNbr, 0, 0]);
  }
  const documents = (await site.rows("ARDoc", { Rlsed: "1" })).filter(
    (row) => row.DocType !== "VT",
  );
  const owed = (types: readonly string[]): number =>
    documents
      .filter((row) => types.includes(String(row.DocType)))
      .reduce((sum, row) => sum + cents(row.DocBal), 0);
  const receivable = owed(["IN", "DM"]) - owed(["CM", "PA"]);
  expect(cents(await ledgerBalance(site, "1200"))).toBe(receivable);
  expect(cents(await ledgerBalance(site, "2100"))).toBe(0 - owed(["PP"]));
  const [balances] = await site.rows("AR_Balances", { CustID: "C300" });
  expect(cents(balances?.CurrBal) + cents(balances?.FutureBal)).toBe(receivable);
  expect(cents(balances?.TotPrePay)).toBe(owed(["PP"]));
  for (const row of documents) {
    const isOpen = cents(row.CuryDocBal) !== 0;
    expect(cents(row.CuryDocBal)).toBeGreaterThanOrEqual(0);
    expect([row.OpenDoc, row.PerClosed === ""]).toEqual([isOpen ? 1 : 0, isOpen]);
    if (!isOpen) expect(cents(row.DocBal)).toBe(0);
  }
  expect(await site.rows("ARTran", { DrCr: "U" })).toEqual([]);
}

test("documents, balances and ledger agree after any history", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const site = await aSite();
      for (const [serial, own] of steps.entries()) await take(site, own, serial);
      await checkBooks(site);
    }),
    { numRuns: 25 },
  );
});
