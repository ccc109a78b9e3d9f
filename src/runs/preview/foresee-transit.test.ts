import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import { money } from "../../base/money.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { aPayment, aRow, aSale, someSettings, usd } from "../../mapping/testing/builders.ts";
import type { PairRuntime } from "../index.ts";
import { openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { Reference } from "../write/reference.ts";
import { foreseePending, foreseeTransit } from "./foresee-transit.ts";

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

const debit = aPayment({ amount: usd(20_000), rows: [aRow({ gross: usd(20_000) })] });

function aPair(change: Readonly<Record<string, unknown>>, pending = debit): PairRuntime {
  const erp = bench.site.connector as ErpConnector;
  const stripe = { readPending: async () => aSale({ payments: [pending] }) };
  return {
    id: "acme",
    settings: someSettings(change),
    stripe: stripe as Partial<StripePort> as StripePort,
    erp,
    reference: new Reference(erp, systemClock),
  };
}

const IN_TRANSIT = {
  "pending-payments": "in-transit",
  "accounts.in-process": "2050/000000000000",
};

test("a debit that was submitted is foreseen as its journal, where the pair books it", async () => {
  const on = { pool: bench.pool, pair: aPair(IN_TRANSIT), overrides: [] };
  const off = { ...on, pair: aPair({}) };

  const foreseen = await foreseePending(on, "pi_1");

  expect(foreseen?.documents).toMatchObject([{ purpose: "pending", object: debit.chargeId }]);
  expect(foreseen?.documents[0]?.draft).toMatchObject({ kind: "journal" });
  expect(await foreseePending(off, "pi_1")).toBeUndefined();
});

test("a debit in another currency is foreseen at SL's rate", async () => {
  const amount = money(10_000, "EUR");
  const ofEur = aPayment({ amount, rows: [aRow({ gross: amount })] });
  const clearing = { USD: "1095/000000000000", EUR: "1096/000000000000" };
  const pair = aPair({ ...IN_TRANSIT, "accounts.clearing": clearing }, ofEur);

  const foreseen = await foreseePending({ pool: bench.pool, pair }, "pi_1");

  expect(foreseen?.documents[0]?.draft.rate).toMatchObject({ base: "USD", multDiv: "M" });
});

test("a payment is foreseen from in-process alone once its journal was begun", async () => {
  const how = { pool: bench.pool, pair: aPair(IN_TRANSIT), overrides: [] };
  const sale = aSale({ payments: [debit] });
  const held = { account: "2060", subaccount: "000000000000" };
  const before = await foreseeTransit(how, sale);
  await bench.pool.query(
    `insert into intent (pair, lane_key, key, object, purpose, draft, draft_hash, mapping_version)
     values ('acme', 'pi_1', 'K', $1, 'pending', $2, '', 1)`,
    [debit.chargeId, { lines: [{ side: "credit", account: held }] }],
  );

  const after = await foreseeTransit(how, sale);

  expect(before.payments[0]?.succeededAt).toBeUndefined();
  expect(after.payments[0]?.succeededAt).toBeInstanceOf(Date);
  expect(after.payments[0]?.inProcess).toEqual(held);
});
