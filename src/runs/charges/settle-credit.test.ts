import { expect, test } from "vitest";
import { HubError } from "../../base/errors.ts";
import { money } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { ApplicationRow, CustomerReading } from "../../erp/port.ts";
import type { RunContext } from "../context.ts";
import { findCredit } from "./settle-credit.ts";

const usd = (minor: number) => money(minor, "USD");

const CUSTOMER = { customerId: "C300" } as CustomerReading;

/** An invoice of 100.00 that stands in SL; 30.00 of it was paid from the balance at Stripe. */
const sale = (creditNumber = "") =>
  ({
    document: {
      identity: "in_1",
      withoutCharge: { customerBalance: usd(3_000), creditNotes: usd(2_000) },
    },
    payments: [{ chargeId: "ch_1" }],
    metadata: { DynamicsSL_CreditNbr: creditNumber },
  }) as unknown as Sale;

/** A run that knows of no application, at a site that lists these; CM 2 has 30.00 open. */
function aRun(rows: readonly ApplicationRow[] | undefined): RunContext {
  const receipt = { type: "IN", refNbr: "000501", customerId: "C300" };
  const payment = { stage: "done", receipt: { type: "PA", refNbr: "P1" } };
  const open = [{ type: "CM", refNbr: "2", balance: usd(3_000) }];
  const erp = {
    capabilities: { "find-applications": rows === undefined ? "no" : "yes" },
    listApplications: async () => rows,
    listOpenCredits: async () => open,
    listReleased: async () => open,
  };
  const store = {
    find: () => ({ stage: "done", receipt }),
    parts: (_object: string, purpose: string) => (purpose === "payment" ? [payment] : []),
  };
  const settings = { metadata: { creditNumber: "DynamicsSL_CreditNbr" } };
  return { door: { store, erp }, pair: { erp, settings } } as unknown as RunContext;
}

const paidBy = (type: string, refNbr: string, minor: number): ApplicationRow => ({
  ...{ customerId: "C300", batNbr: "000124", realised: "0", isPending: false },
  ...{ payer: { type, refNbr }, target: { type: "IN", refNbr: "000501" }, amount: usd(minor) },
});

const OWN = [paidBy("PA", "P1", 5_000), paidBy("CM", "NOTE", 2_000)];

test("an invoice that its payment and credit notes alone have paid takes the credit", async () => {
  const found = await findCredit(aRun(OWN), sale(), CUSTOMER);

  expect(found).toEqual({ type: "CM", customerId: "C300", refNbr: "2" });
});

test("an invoice that a credit has paid before takes no other one", async () => {
  const run = aRun([...OWN, paidBy("CM", "1", 3_000)]);

  expect(await findCredit(run, sale(), CUSTOMER)).toBeUndefined();
});

test.each([
  ["of which somebody has paid less than the credit", [...OWN, paidBy("CM", "1", 1_000)]],
  ["of which SL lists no applications", undefined],
])("an invoice %s takes the one that metadata name, or parks", async (_name, rows) => {
  const run = aRun(rows);

  const named = await findCredit(run, sale("2"), CUSTOMER);
  const guessed = findCredit(run, sale(), CUSTOMER);

  expect(named).toMatchObject({ refNbr: "2" });
  await expect(guessed).rejects.toMatchObject({ code: "mapping.credit_unknown" });
});

test("of a customer with more documents than SL lists metadata have to name it", async () => {
  const run = aRun(OWN);
  const facts = { reason: "too_large" };
  const tooLong = new HubError("erp.contract", "The answer is larger than 4 MiB", { facts });
  Object.assign(run.pair.erp, { listOpenCredits: () => Promise.reject(tooLong) });

  const named = await findCredit(run, sale("2"), CUSTOMER);
  const guessed = findCredit(run, sale(), CUSTOMER);

  expect(named).toMatchObject({ refNbr: "2" });
  await expect(guessed).rejects.toMatchObject({
    code: "mapping.credit_unknown",
    message: expect.stringContaining("more documents than SL lists at once") as string,
  });
});
