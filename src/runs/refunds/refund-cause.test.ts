import { expect, test } from "vitest";
import { type Money, toDecimal } from "../../base/money.ts";
import type { CustomerReading } from "../../erp/port.ts";
import { aRefund, aSale, usd } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import type { PersonWait } from "../write/person-wait.ts";
import { bookCause } from "./refund-cause.ts";

const refund = aRefund({ amount: usd(5_000) });
const receipt = (type: string, refNbr: string) => ({ type, customerId: "C300", refNbr });
const BOOKED = [
  { object: "ch_1", purpose: "payment", receipt: receipt("PA", "P1") },
  { object: "re_1", purpose: "refund-cause", receipt: receipt("CM", "2") },
].map(({ object, purpose, receipt: of }) => {
  const draft = { kind: "memo", total: usd(5_000) };
  return {
    identity: { object, purpose, part: "" },
    stage: "done",
    attempts: [],
    draft,
    receipt: of,
  };
});

/** A refund of 50.00 whose debit and credit memo stand, at a site where a person applies memos. */
async function causeOf(open: Readonly<Record<string, Money>>, more: readonly object[] = []) {
  const all = [...BOOKED, ...more] as typeof BOOKED;
  const store = {
    find: (of: { object: string; purpose: string; part: string }) =>
      all.find(
        ({ identity }) =>
          identity.object === of.object &&
          identity.purpose === of.purpose &&
          identity.part === of.part,
      ),
    parts: (object: string, purpose: string) =>
      all.filter(({ identity }) => identity.object === object && identity.purpose === purpose),
    keyFor: () => "",
    objectsOf: () => [],
    ensure: async (identity: object, make: (key: string) => Promise<object>) => {
      return { identity, stage: "planned", attempts: [], key: "", ...(await make("")) };
    },
  };
  const erp = {
    capabilities: { "find-applications": "no", "apply-later": "no", "apply-memo": "no" },
    readReleased: async (type: string, _customer: string, refNbr: string) => {
      const shown = { own: {}, documentDate: "2026-03-15", period: "202603", applyingBatNbr: "" };
      const balance = open[type] ?? usd(0);
      return { ...shown, type, refNbr, amount: usd(5_000), balance, currency: "USD" };
    },
    listReleased: async () => [],
  };
  const asked: string[] = [];
  const noteWait = async (_intent: object, { what }: PersonWait) => asked.push(what) && 0;
  const reference = { calendar: async () => ({ firstOpenLedger: "", firstOpenReceivables: "" }) };
  const byHand: Error[] = [];
  const context = {
    door: { store, erp, noteWait, personWaitMaxMs: 1_000 },
    pair: { id: "acme", reference, settings: { release: "hub", metadata: {} } },
    steps: { note: () => undefined },
    byHand,
  } as unknown as RunContext;
  const of = {
    ...{ sale: aSale(), refunds: [refund], notes: [], isBooked: true },
    customer: { customerId: "C300" } as CustomerReading,
  };
  const cash = { ...receipt("DM", "1"), batNbr: "", period: "202603", documentDate: "2026-03-15" };
  const row = refund.row as NonNullable<typeof refund.row>;
  const cause = await bookCause(context, of, { refund, row, cash });
  return { memo: cause.memo?.refNbr, covered: toDecimal(cause.covered), asked };
}

test("a refund whose credit memo stands takes no money that came free since", async () => {
  const all = { PA: usd(5_000), CM: usd(5_000), DM: usd(5_000) };

  const { asked, ...cause } = await causeOf(all);

  expect(cause).toEqual({ memo: "2", covered: "0.00" });
  expect(asked).toEqual(["50.00 USD of CM 2 to DM 1 (customer C300)"]);
});

test("a refund that is closed keeps its credit memo", async () => {
  const application = {
    ...{ identity: { object: "re_1", purpose: "apply", part: "1" }, stage: "done", attempts: [] },
    draft: { currency: "USD", payer: { refNbr: "2" }, applications: [{ amount: usd(5_000) }] },
  };

  expect(await causeOf({}, [application])).toEqual({ memo: "2", covered: "0.00", asked: [] });
});
