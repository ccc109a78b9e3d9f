import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ProofAnswer } from "../../src/api/contract.ts";
import { judgeBooks } from "../oracle/judge-books.ts";
import { adminOf } from "../oracle/rows.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { type Planted, Plants } from "./plants.ts";
import { AT_ONCE, OVER, type Trade, today, trade, untilAllIsBooked } from "./trade.ts";

/** A whole day's trade is booked first, beside whatever else the machine does. */
const PATIENCE_MS = 240_000;

let world: World;
let traded: Trade;
let plants: Plants;

beforeAll(async () => {
  world = await openWorld(AT_ONCE);
  const seed = Date.now() % 1_000_000;
  process.stdout.write(`events come doubled and shuffled, seed ${seed}\n`);
  const hostile = { doubleProbability: 0.3, shuffleBuffer: 6, shuffleFlushMs: 100, seed };
  await world.stripeAdmin("/webhooks", hostile);
  traded = await trade(world);
  await untilAllIsBooked(world);
  plants = await Plants.of(world);
}, PATIENCE_MS);

afterAll(() => world.close());

afterEach(() => plants.restore());

test("events in any order leave every account of SL as the oracle says, each day", async () => {
  const verdict = await judge();

  expect(verdict.differences).toEqual([]);
  expect(verdict.unjudged).toEqual([]);
  expect(verdict.facts).toBeGreaterThan(25);
});

/** Types of the released documents of objects at Stripe. */
async function typesOf(...ids: string[]): Promise<string[]> {
  const released = (await documentsOf(world, ids)).filter(({ Rlsed }) => Rlsed === 1);
  return released.map(({ DocType }) => trimmed(DocType)).sort();
}

test("a refund started elsewhere is booked once", async () => {
  expect(await typesOf(traded.partly.refund)).toEqual(["CM", "DM"]);
});

test("charge.refunded without a refunds list is booked by what Stripe itself lists", async () => {
  const told = await world.sql(
    "select convert_from(body, 'UTF8') as body from event where type = 'charge.refunded'",
  );
  const charges = told.map(({ body }) => {
    const event = JSON.parse(String(body)) as { data: { object: { refunds?: unknown } } };
    return event.data.object;
  });

  expect(charges.length).toBeGreaterThan(3);
  expect(charges.filter(({ refunds }) => refunds !== undefined)).toEqual([]);
});

test("a second completing refund is booked beside those before it", async () => {
  const { order } = traded.partly;
  const refunds = (await world.stripeRows("refund")).filter(
    ({ charge }) => charge === order.chargeIds[0],
  );
  const total = refunds.reduce((so, { amount }) => so + Number(amount), 0);

  expect(total).toBe(Math.round(order.total * 100));
  expect((await typesOf(...refunds.map(({ id }) => String(id)))).join()).toBe("CM,CM,CM,DM,DM,DM");
});

test("a dispute with no customer on it is booked", async () => {
  const [dispute] = (await world.stripeRows("dispute")).filter(({ id }) => id === traded.won);
  const [charge] = (await world.stripeRows("charge")).filter(({ id }) => id === dispute?.charge);
  const journals = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.User1) === traded.won && row.Rlsed === 1,
  );

  expect(charge?.customer).toBeNull();
  expect(journals).toHaveLength(2);
});

const judge = () =>
  judgeBooks({
    stripe: adminOf(world.stripeUrl),
    sl: adminOf(new URL(world.slUrl).origin),
    pairFile: world.pairFile,
    openFrom: today(),
  });

/** What the proof of a day finds, as `kind id`. */
async function found(day: string): Promise<string[]> {
  const path = `/api/pairs/${world.pair}/proof?date=${day}`;
  const { proofs } = await world.api<ProofAnswer>(path);
  return proofs.flatMap(({ findings }) => findings.map(({ kind, id }) => `${kind} ${id}`)).sort();
}

const payment = () => plants.document(traded.plain.chargeIds[0] ?? "", "payment");
const another = () => plants.document(traded.taxed.chargeIds[0] ?? "", "payment");
const refund = () => plants.document(traded.partly.refund, "refund-cash");
const payout = () => plants.document(traded.paidOut, "payout-out");
const feeJournal = () => plants.document(`day:${OVER}`, "fee");
/** A key as intents have them that is nobody's. */
const NOBODY = "Z".repeat(26);
const HAND = "900001";

/** Each kind: what somebody does, and what the proof must say of it. */
const IN_SL: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  "one cent more on a payment": async () => {
    const { key, line } = await payment();
    const cent = Number(line.DrAmt) + 0.01;
    await plants.edit(line, { DrAmt: cent, CuryDrAmt: cent });
    return [`other-amount ${key}`];
  },
  "a payment on a swapped account": async () => {
    const { key, line } = await payment();
    await plants.edit(line, { Acct: "1200" });
    return [`document-on-other-account ${key}`];
  },
  "a payment on a wrong subaccount": async () => {
    const { key, line } = await payment();
    await plants.edit(line, { Sub: "010000000000" });
    return [`document-on-other-account ${key}`];
  },
  "a refund in the wrong period": async () => {
    const { key, line } = await refund();
    await plants.edit(line, { PerPost: "202001" });
    return [`other-period ${key}`];
  },
  "a refund with an edited date": async () => {
    const { key, line } = await refund();
    await plants.edit(line, { TranDate: `${OVER}T00:00:00` });
    return [`other-period ${key}`];
  },
  "a document that is gone": async () => {
    const { key, batNbr } = await refund();
    await plants.removeBatch("AR", batNbr);
    return [`document-missing ${key}`];
  },
  "a document that stands twice": async () => {
    const { key, batNbr } = await payout();
    await plants.double(batNbr, HAND);
    return [`document-doubled ${key}`];
  },
  "a batch that was put back to unreleased": async () => {
    const { key, batNbr } = await refund();
    const where = { Module: "AR", BatNbr: batNbr };
    await plants.put("GLTran", where, { Rlsed: 0 });
    await plants.put("Batch", where, { Rlsed: 0, Status: "H" });
    await plants.put("ARDoc", { BatNbr: batNbr }, { Rlsed: 0 });
    return [`document-on-other-account ${key}`];
  },
  "a payout with its sides swapped": async () => {
    const { key, batNbr } = await payout();
    for (const line of await plants.linesOf("GL", batNbr)) {
      const { DrAmt, CrAmt } = line;
      const swapped = { DrAmt: CrAmt, CuryDrAmt: CrAmt, CrAmt: DrAmt, CuryCrAmt: DrAmt };
      await plants.edit(line, swapped as Planted);
    }
    return [`other-amount ${key}`];
  },
  "a fee journal that is missing": async () => {
    const { key, batNbr } = await feeJournal();
    await plants.removeBatch("GL", batNbr);
    return [`document-missing ${key}`];
  },
  "somebody's own posting on clearing": async () => {
    const { line } = await payout();
    const own = { BatNbr: HAND, User1: "", User2: "", Crtd_User: "MARIA" };
    await plants.copy(line, own);
    return [`line-without-key ${HAND}`];
  },
  "a document with another key": async () => {
    const { key, batNbr } = await refund();
    await plants.put("ARDoc", { User2: key }, { User2: NOBODY });
    return [`document-on-other-account ${key}`, `line-of-unknown-key ${batNbr}`];
  },
  "a payment in another company": async () => {
    const { key, line } = await payment();
    await plants.edit(line, { CpnyID: "9999" });
    return [`document-on-other-account ${key}`];
  },
  "a payment in a budget ledger": async () => {
    const { key, line } = await payment();
    await plants.edit(line, { LedgerID: "BUDGET" });
    return [`document-on-other-account ${key}`];
  },
};

const IN_THE_HUB: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  "a row that lost its owner": async () => {
    const { object, key, rowId } = await payment();
    await world.sql("delete from row_owner where intent_key = $1", [key]);
    return [`row-without-document ${rowId}`, `rows-and-document ${object}`];
  },
  "a row whose owner is another document": async () => {
    const [own, other] = [await payment(), await another()];
    const [set, where] = [other.key, own.key];
    await world.sql("update row_owner set intent_key = $1 where intent_key = $2", [set, where]);
    return [`rows-and-document ${own.object}`, `rows-and-document ${other.object}`];
  },
  "a row that the hub lost": async () => {
    const { object, key, rowId } = await payment();
    await world.sql("delete from row_owner where intent_key = $1", [key]);
    await world.sql("delete from balance_row where row_id = $1", [rowId]);
    return [`row-not-read ${rowId}`, `rows-and-document ${object}`];
  },
  "a row with a cent more": async () => {
    const { object, rowId } = await payment();
    const more = "update balance_row set gross = gross + 1, net = net + 1 where row_id = $1";
    await world.sql(more, [rowId]);
    return [`rows-and-document ${object}`, "stripe-sides USD"];
  },
  "a row that Stripe does not have": async () => {
    const { rowId } = await payment();
    await world.sql(
      `insert into balance_row select (jsonb_populate_record(r, '{"row_id": "txn_made_up"}')).*
       from balance_row r where row_id = $1`,
      [rowId],
    );
    return ["row-without-document txn_made_up", "stripe-sides USD"];
  },
  "a receipt with another batch": async () => {
    const { key } = await payment();
    await world.sql("update intent set bat_nbr = $1 where key = $2", [HAND, key]);
    return [`document-doubled ${key}`, `document-missing ${key}`];
  },
  "a draft with a cent less": async () => {
    const { object, key } = await payment();
    await world.sql(
      `update intent set draft = jsonb_set(draft, '{amount,minor}', '"10824"') where key = $1`,
      [key],
    );
    return [`other-amount ${key}`, `rows-and-document ${object}`];
  },
  "a draft of another period": async () => {
    const { key } = await payment();
    await world.sql(
      `update intent set draft = jsonb_set(draft, '{period}', '"202001"') where key = $1`,
      [key],
    );
    return [`other-period ${key}`];
  },
  "a document that the hub forgot": async () => {
    const { key, batNbr, rowId } = await payment();
    await world.sql("delete from row_owner where intent_key = $1", [key]);
    await world.sql("delete from attempt where key = $1", [key]);
    await world.sql("delete from intent where key = $1", [key]);
    return [`line-of-unknown-key ${batNbr}`, `row-without-document ${rowId}`];
  },
};

test("the proof finds nothing before anything is planted", async () => {
  expect([await found(today()), await found(OVER)]).toEqual([[], []]);
});

test.each(Object.entries({ ...IN_SL, ...IN_THE_HUB }))(
  "%s is found by its id",
  async (name, plant) => {
    const day = name.includes("fee journal") ? OVER : today();
    const expected = await plant();

    const findings = await found(day);

    expect(findings).toEqual(expected.toSorted());
  },
);

test.each(["one cent more on a payment", "a fee journal that is missing"])(
  "the oracle finds %s too",
  async (name) => {
    await IN_SL[name]?.();

    const { differences } = await judge();

    expect(differences.length).toBeGreaterThan(0);
  },
);

test("once all is put back, nothing is found any more", async () => {
  expect([await found(today()), await found(OVER)]).toEqual([[], []]);
  expect((await judge()).differences).toEqual([]);
});
