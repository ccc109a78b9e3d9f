import type { Pool } from "pg";
import { expect, test } from "vitest";
import {
  DEATHS,
  type Death,
  immortal,
  Mortal,
  mortalContext,
  mortalPort,
  passHorizon,
} from "../../../test/crash/support/mortal.ts";
import { withMortalSite } from "../../../test/crash/support/mortal-site.ts";
import { giveBack } from "../../../test/support/giving-back.ts";
import { until } from "../../../test/support/wait.ts";
import { toHubError } from "../../base/errors.ts";
import { fromJson, toJson } from "../../base/json.ts";
import type { StripePort } from "../../canonical/port.ts";
import { withTransaction } from "../../db/index.ts";
import type { SandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector, InvoiceDraft, PaymentDraft } from "../../erp/port.ts";
import { anInvoice, aPayment } from "../../erp/testing/contract-drafts.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { book } from "../write/book.ts";
import { type Reversal, readIntents } from "./reversal.ts";
import { askReversal } from "./reverse-command.ts";
import { reopenReversals } from "./reverse-lost.ts";
import { planReversal } from "./reverse-plan.ts";
import { runReversal } from "./reverse-run.ts";
import { findScope } from "./reverse-scope.ts";

// Processes that die one after the other at writes to SL, before them or after their effect, and
// others that go on: every document is taken back once.

let pool: Pool;
let site: SandboxSite;

withMortalSite((opened) => {
  ({ pool, site } = opened);
});

const WRITES = ["reserve", "fill", "release"];

/** A sale that was booked: its lane, and a number of which everything else of it is made. */
type Sold = Readonly<{ lane: string; nr: number; isFoundAgain: boolean; rates?: Rates }>;
/** What an invoice and a payment in EUR are valued at. */
type Rates = Readonly<{ invoice: string; payment: string }>;

/** A draft over the same in EUR, at a rate. */
function atRate<D extends InvoiceDraft | PaymentDraft>(draft: D, value: string | undefined): D {
  if (value === undefined) return draft;
  const rate = { value, multDiv: "M", base: "USD", type: "SPOT", date: draft.documentDate };
  return { ...fromJson<D>(toJson(draft).replaceAll('"USD"', '"EUR"')), rate };
}

const chargeOf = ({ nr }: Sold) => `ch_killed_${nr}`;
const rowOf = ({ nr }: Sold) => `txn_killed_${nr}`;

function aContext({ lane }: Sold, mortal = immortal()): Promise<RunContext> {
  // The sandbox keeps a rate that it is given, which a probe would have found out.
  const capabilities = { ...site.connector.capabilities, "supplied-rate": "yes" } as const;
  const erp = mortalPort<ErpConnector>({ ...site.connector, capabilities }, mortal, WRITES);
  const settings = someSettings();
  return mortalContext(mortal, { pool, laneKey: lane, settings, erp, stripe: {} as StripePort });
}

/** Books it, however busy the machine is. */
async function booked(...[door, document]: Parameters<typeof book>) {
  return until(`${document.purpose} to be booked`, () =>
    book(door, document).catch((thrown: unknown) => {
      if (toHubError(thrown).code === "erp.busy") return undefined;
      throw thrown;
    }),
  );
}

/** An invoice of 100.00 and its payment, booked, and the wish to take both back. */
async function aReversal(sold: Sold): Promise<Reversal> {
  const { lane, nr, isFoundAgain, rates } = sold;
  const charge = chargeOf(sold);
  const { door, pair } = await aContext(sold);
  await door.store.load([lane, charge]);
  const invoice = await booked(door, {
    ...{ object: lane, purpose: "invoice", part: "", owners: [] },
    make: (key) => {
      const invoice = atRate(anInvoice(nr), rates?.invoice);
      return { draft: { ...invoice, key, stripeId: lane }, notes: [] };
    },
  });
  await booked(door, {
    ...{ object: charge, purpose: "payment", part: "" },
    owners: [{ rowId: rowOf(sold), part: "gross" }],
    make: (key) => {
      const payment = atRate(aPayment(nr, [[invoice.refNbr, 10_000]]), rates?.payment);
      return { draft: { ...payment, key, stripeId: charge }, notes: [] };
    },
  });
  await pool.query("update lane set owner = null, lease_until = null where key = $1", [lane]);
  if (isFoundAgain) await forgetContent(lane);
  const scope = await findScope(pool, { named: lane, pair: pair.id, all: false });
  const asking = { by: "maria", reason: "a test" };
  const plan = await planReversal({ pool, pair, ...asking, date: "2026-04-02" }, scope);
  const id = await withTransaction(pool, (tx) =>
    askReversal(tx, plan, { named: lane, rebook: false, ...asking }),
  );
  const { objects, dated, toReverse: documents } = plan;
  const reversal = { id, objects, documents, dated, rebook: false, ...asking };
  return { ...reversal, state: "asked", askedAt: new Date() };
}

/** What a rebuild knows of a sale, and a run that has come by since. */
async function forgetContent(lane: string): Promise<void> {
  await pool.query("update intent set draft = '{}', draft_hash = 'rebuilt' where lane_key = $1", [
    lane,
  ]);
  await pool.query(
    `insert into run (pair, lane_key, kind, started_at, worker, outcome, reason)
     values ('acme-us', $1, 'sale', now(), 'w', 'booked', '')`,
    [lane],
  );
}

/** A process that dies there; one that the busy machine held up is followed by another. */
async function dieOnce(
  sold: Sold,
  reversal: Reversal,
  { at, death }: Readonly<{ at: string; death: Death }>,
): Promise<string> {
  return until(`a death at ${at}`, async () => {
    const mortal = new Mortal({ counts: (step) => step === at, death });
    const end = await runReversal(await aContext(sold, mortal), reversal).catch(() => undefined);
    await passHorizon(pool);
    if (mortal.isDead) return `${at} ${death}`;
    return end === undefined ? undefined : "came through";
  });
}

async function untilThrough(sold: Sold, reversal: Reversal): Promise<void> {
  await until("a run that comes through", async () =>
    runReversal(await aContext(sold), reversal).catch(() => undefined),
  );
}

/** What SL's accounts of realised exchange hold, in cents. */
async function exchangeIn(): Promise<readonly number[]> {
  const lines = (await site.admin("GET", "/rows?table=GLTran")) as Record<string, unknown>[];
  return ["6910", "6920"].map((acct) =>
    lines
      .filter(({ Acct, Rlsed }) => String(Acct).trim() === acct && Number(Rlsed) === 1)
      .map(({ DrAmt, CrAmt }) => Math.round((Number(DrAmt) - Number(CrAmt)) * 100))
      .reduce((all, cents) => all + cents, 0),
  );
}

const RATES = { invoice: "1.1", payment: "108.31/100" };

test.each<Sold>([
  { lane: "pi_killed", nr: 1, isFoundAgain: false },
  { lane: "pi_found_again", nr: 2, isFoundAgain: true },
  { lane: "pi_in_eur", nr: 3, isFoundAgain: false, rates: RATES },
  { lane: "pi_in_eur_found", nr: 4, isFoundAgain: true, rates: RATES },
])("of $lane each document goes back once though processes die at every write", async (sold) => {
  const reversal = await aReversal(sold);
  const died: string[] = [];

  const exchange = sold.rates === undefined ? [] : ["journal of exchange"];
  for (const _batch of ["debit memo", "credit memo", "application", ...exchange]) {
    for (const at of WRITES) {
      for (const death of DEATHS) died.push(await dieOnce(sold, reversal, { at, death }));
    }
  }
  await untilThrough(sold, reversal);

  const rows = (await site.admin("GET", "/rows?table=ARDoc")) as Record<string, unknown>[];
  const mine = rows.filter(({ User1, Rlsed }) => {
    return [sold.lane, chargeOf(sold)].includes(String(User1).trim()) && Number(Rlsed) === 1;
  });
  const [invoice, payment] = sold.rates === undefined ? [100, 100] : [110, 108.31];
  expect(mine.map(({ DocType, OrigDocAmt, DocBal }) => [DocType, OrigDocAmt, DocBal])).toEqual([
    ["IN", invoice, 0],
    ["PA", payment, 0],
    ["DM", payment, 0],
    ["CM", invoice, 0],
  ]);
  expect(await exchangeIn()).toEqual([0, 0]);
  expect(died.slice(0, 6)).toEqual([
    "reserve before",
    "reserve after",
    "fill before",
    "fill after",
    "release before",
    "release after",
  ]);
  const batches = Array.from({ length: 3 + exchange.length }, () => died.slice(0, 6));
  expect(died).toEqual(batches.flat());
  const keys = reversal.documents.map(({ key }) => key);
  expect((await readIntents(pool, "acme-us", keys)).map(({ isReversed }) => isReversed)).toEqual([
    true,
    true,
  ]);
  const owned = await pool.query("select until_on from former_owner where row_id = $1", [
    rowOf(sold),
  ]);
  expect(owned.rows).toEqual([{ until_on: "2026-04-02" }]);
  const ended = await pool.query("select state from reversal where lane_key = $1", [sold.lane]);
  expect(ended.rows).toEqual([{ state: "reversed" }]);
});

test("the journal of exchange alone, lost by SL, has its reversal asked for again", async () => {
  const sold: Sold = { lane: "pi_lost", nr: 5, isFoundAgain: false, rates: RATES };
  await untilThrough(sold, await aReversal(sold));
  const { rows } = await pool.query<{ key: string }>(
    "select key from intent where object = $1 and part = 'exchange/invoice#0'",
    [sold.lane],
  );
  const stateNow = async () => {
    const found = await pool.query("select state from reversal where lane_key = $1", [sold.lane]);
    return found.rows.map(({ state }) => state as string);
  };
  const before = await stateNow();

  const keys = rows.map(({ key }) => key);
  await withTransaction(pool, (tx) => reopenReversals(tx, "acme-us", keys));

  expect([before, await stateNow()]).toEqual([["reversed"], ["asked"]]);
});

const CUSTOMERS = ["C300", "C301"] as const;

/** An invoice of a customer that SL had, as a lane of its own has booked it. */
async function invoiceOfSl(customerId: string, nr: number, rates?: Rates): Promise<string> {
  const lane = `in_of_sl_${nr}`;
  const { door } = await aContext({ lane, nr, isFoundAgain: false });
  await door.store.load([lane]);
  const { refNbr } = await booked(door, {
    ...{ object: lane, purpose: "invoice", part: "", owners: [] },
    make: (key) => ({
      draft: { ...atRate(anInvoice(nr, { customerId }), rates?.invoice), key, stripeId: lane },
      notes: [],
    }),
  });
  return refNbr;
}

/** A charge of 200.00 that has paid an invoice of each customer. */
async function aSharedCharge(sold: Sold): Promise<void> {
  const { lane, nr, rates } = sold;
  const charge = chargeOf(sold);
  const invoices = [];
  for (const [at, customerId] of CUSTOMERS.entries()) {
    invoices.push(await invoiceOfSl(customerId, nr * 10 + at, rates));
  }
  const { door } = await aContext(sold);
  await door.store.load([charge]);
  for (const [at, customerId] of CUSTOMERS.entries()) {
    const paid: [string, number][] = [[invoices[at] ?? "", 10_000]];
    const paying = atRate(aPayment(nr * 10 + at, paid), rates?.payment);
    const payment = { ...paying, customerId, stripeId: charge };
    const { refNbr } = await booked(door, {
      ...{ object: charge, purpose: "payment", part: customerId },
      owners: at === 0 ? [{ rowId: rowOf(sold), part: "gross" }] : [],
      make: (key) => ({ draft: { ...payment, key }, notes: [] }),
    });
    // A person is to apply some by hand, which nobody has done.
    const toApply = { object: charge, purpose: "apply", part: `later ${customerId}` } as const;
    const draft = { payer: { type: "PA", refNbr } };
    await door.store.ensure(toApply, () => ({ draft, notes: [] }));
  }
  const shares = { object: charge, purpose: "share-out", part: "" } as const;
  const intent = await door.store.ensure(shares, () => ({ draft: {}, notes: [] }));
  await door.store.advance(intent, { stage: "done", receipt: {} });
  await pool.query("update lane set owner = null, lease_until = null where key = $1", [lane]);
}

/** The wish to take it back. */
async function askedBack(sold: Sold): Promise<Reversal> {
  const charge = chargeOf(sold);
  const { pair } = await aContext(sold);
  await pool.query("update lane set owner = null, lease_until = null where key = $1", [sold.lane]);
  const scope = await findScope(pool, { named: charge, pair: pair.id, all: false });
  const asking = { by: "maria", reason: "a test" };
  const plan = await planReversal({ pool, pair, ...asking, date: "2026-04-02" }, scope);
  const id = await withTransaction(pool, (tx) =>
    askReversal(tx, plan, { named: charge, rebook: false, ...asking }),
  );
  const { objects, dated, toReverse: documents } = plan;
  const reversal = { id, objects, documents, dated, rebook: false, ...asking };
  return { ...reversal, state: "asked", askedAt: new Date() };
}

test("shares of two customers go back once each though processes die at every write", async () => {
  const sold: Sold = { lane: "pi_shared", nr: 6, isFoundAgain: false };
  await aSharedCharge(sold);
  const reversal = await askedBack(sold);
  const documents = async () =>
    (await rowsOf("ARDoc"))
      .filter(({ User1 }) => [chargeOf(sold), "in_of_sl_60", "in_of_sl_61"].includes(text(User1)))
      .map(({ CustId, DocType, DocBal }) => `${text(CustId)} ${text(DocType)} ${text(DocBal)}`);

  const early = await runReversal(await aContext(sold), reversal).catch(toHubErrorOrWait);
  const waiting = await documents();
  await giveAllBack(sold);
  const died: string[] = [];
  for (const _batch of ["two debit memos", "", "two applications", ""]) {
    for (const at of WRITES) {
      for (const death of DEATHS) died.push(await dieOnce(sold, reversal, { at, death }));
    }
  }
  await untilThrough(sold, reversal);

  expect(early).toContain("Payment Reversal (08.240)");
  expect(waiting).toEqual(["C300 IN 0", "C301 IN 0", "C300 PA 0", "C301 PA 0"]);
  expect(died.every((one) => one !== "came through")).toBe(true);
  expect((await documents()).toSorted()).toEqual(
    CUSTOMERS.flatMap((id) => [`${id} DM 0`, `${id} IN 100`, `${id} PA 0`]),
  );
  const standing = await pool.query(
    `select purpose, part from intent where lane_key = $1 and stage <> 'abandoned'
       and reversed_by is null and purpose in ('payment', 'share-out', 'apply')
       and strpos(part, 'back:') = 0`,
    [sold.lane],
  );
  expect(standing.rows).toEqual([]);
});

test("exchange that SL took back with an application is not taken back once more", async () => {
  const sold: Sold = { lane: "pi_shared_in_eur", nr: 7, isFoundAgain: false, rates: RATES };
  await aSharedCharge(sold);

  await expect(askedBack(sold)).rejects.toMatchObject({ code: "reverse.unsupported" });
  await giveAllBack(sold);
  const before = await exchangeIn();
  await untilThrough(sold, await askedBack(sold));

  expect(before).not.toEqual([0, 0]);
  expect(await exchangeIn()).toEqual(before);
  const { rows } = await pool.query<{ part: string }>(
    "select part from intent where lane_key = $1 and purpose = 'reverse' order by part",
    [sold.lane],
  );
  expect(rows.map(({ part }) => part)).toEqual(["payment/C300#0", "payment/C301#0"]);
});

const rowsOf = async (table: string) =>
  (await site.admin("GET", `/rows?table=${table}`)) as Record<string, unknown>[];

/** What a person does in SL whom the plan has told to. */
async function giveAllBack(sold: Sold): Promise<void> {
  const sl = { slRows: rowsOf, slAdmin: <T>(path: string, body: unknown) => posted<T>(path, body) };
  const { rows } = await pool.query<{ number: string }>(
    "select receipt ->> 'refNbr' as number from intent where object = $1 and purpose = 'payment'",
    [chargeOf(sold)],
  );
  for (const { number } of rows) await giveBack(sl, number);
}

const text = (value: unknown) => String(value).trim();
const posted = async <T>(path: string, body: unknown) =>
  (await site.admin("POST", path, body)) as T;
/** What a run that waits says. */
const toHubErrorOrWait = (thrown: unknown) => String((thrown as Error).message);
