import { expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type { BatchReading, CapabilityAnswer, ErpConnector } from "../../erp/port.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import type { Reference } from "../write/reference.ts";
import { assertRateHolds, shownWorth, type ToValue } from "./original-worth.ts";

const settings = someSettings();
const eur = (minor: number) => money(minor, "EUR");
const usd = (minor: number) => money(minor, "USD");
const account = (number: string) => ({ account: number, subaccount: "000000000000" });

const NUMBERS = { type: "IN", customerId: "C300", refNbr: "000012", batNbr: "000412" };
const RATE = { value: "1.1", multDiv: "M", base: "USD", type: "SPOT", date: "2026-03-10" } as const;

const soldLine = (minor: number, sales: string) => ({
  ...{ amount: eur(minor), sales: account(sales), itemId: "", quantity: "1" },
  ...{ unitPrice: "1", description: "Shirt" },
});

/** An invoice of EUR 0.36 on three lines, each of which is worth USD 0.132. */
function anInvoice(): ToValue {
  const dated = { documentDate: "2026-03-10", period: "202603" };
  return {
    draft: {
      ...{ kind: "invoice", key: "K", stripeId: "pi_1", customerId: "C300", ...dated },
      ...{ currency: "EUR", rate: RATE, total: eur(36), receivable: account("1210") },
      ...{ description: "", note: "", userFields: {}, terms: "", dueDate: "", orderNumber: "" },
      lines: [soldLine(12, "4010"), soldLine(12, "4010"), soldLine(12, "4020")],
    },
    numbers: { ...NUMBERS, ...dated },
  };
}

type ShownLine = readonly [minor: number, sales: string, worth: number];

/** SL as it shows the invoice, worth `whole` cents, with these lines. */
function anSl(whole: number | undefined, lines: readonly ShownLine[]) {
  const document = {
    ...{ type: "IN", refNbr: "000012", amount: eur(36) },
    ...(whole === undefined ? {} : { worth: usd(whole) }),
    lines: lines.map(([minor, sales, worth]) => ({ ...soldLine(minor, sales), worth: usd(worth) })),
  };
  const erp = { readBatch: async () => ({ documents: [document] }) as unknown as BatchReading };
  return { erp: erp as unknown as ErpConnector };
}

const AS_BOOKED: readonly ShownLine[] = [
  [12, "4020", 13],
  [12, "4010", 13],
  [12, "4010", 14],
];

test("each line is worth what SL shows of it, whatever order it shows them in", async () => {
  const shown = await shownWorth(anSl(40, AS_BOOKED), anInvoice());

  expect(shown).toEqual({ whole: usd(40), lines: [usd(13), usd(14), usd(13)] });
});

test("what is in the base currency is not asked about", async () => {
  const { draft, numbers } = anInvoice();
  const { rate: _, ...inBase } = draft;

  expect(await shownWorth({ erp: {} as ErpConnector }, { draft: inBase, numbers })).toBeUndefined();
});

test.each<[string, number | undefined, readonly ShownLine[], string]>([
  ["another worth than its rate gives", 41, AS_BOOKED, "0.41 USD instead of 0.40 USD"],
  ["no worth", undefined, AS_BOOKED, "what it is worth"],
  ["a line on another account", 40, [[12, "4099", 13], ...AS_BOOKED.slice(1)], "12 EUR on 4020"],
  ["one line less", 40, AS_BOOKED.slice(1), "its line of 0.12 EUR on 4020"],
])("%s is refused with the reason", async (_name, whole, lines, reason) => {
  await expect(shownWorth(anSl(whole, lines), anInvoice())).rejects.toMatchObject({
    code: "reverse.unsupported",
    message: expect.stringContaining(reason) as unknown,
  });
});

/** A site that keeps a given rate or not, and has this one for every day. */
function aSite(answer: CapabilityAnswer, value: string) {
  const erp = { capabilities: { "supplied-rate": answer } } as unknown as ErpConnector;
  const rate = async () => ({ value, multDiv: "M", base: "USD" });
  return { erp, settings, reference: { rate } as unknown as Reference };
}

test.each<[string, CapabilityAnswer, string]>([
  ["a site that keeps a rate takes the original's", "yes", "1.2"],
  ["another site takes it where its own is the same", "no", "1.10"],
])("%s", async (_name, answer, value) => {
  await assertRateHolds(aSite(answer, value), anInvoice(), "2026-04-02");
});

test.each<[string, CapabilityAnswer, string]>([
  ["does not keep", "no", "by hand in SL"],
  ["was not asked", "probe", "doctor --probe"],
])("a site that %s a rate and has another one is refused", async (words, answer, cure) => {
  const refused = assertRateHolds(aSite(answer, "1.2"), anInvoice(), "2026-04-02");

  await expect(refused).rejects.toMatchObject({
    code: "reverse.unsupported",
    message: expect.stringContaining(words) as unknown,
    cure: expect.stringContaining(cure) as unknown,
  });
});
