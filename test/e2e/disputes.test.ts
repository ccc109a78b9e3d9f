import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, trimmed, untilQuiet } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { loseHub, rebuild, wake } from "./restores.ts";
import { skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

/** What the bank takes of an order's first charge. */
async function dispute(order: Order, how: object = {}): Promise<string> {
  const [charge = ""] = order.chargeIds;
  const made = await world.stripeAdmin<{ id: string }>(`/charges/${charge}/dispute`, how);
  return made.id;
}

const act = (id: string, what: string, body: object = {}) =>
  world.stripeAdmin(`/disputes/${id}/${what}`, body);

/** Journals of a dispute in SL's ledger, as the golden examples write them, without their days. */
async function journalsOf(id: string): Promise<string[]> {
  const batches = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.User1) === id && trimmed(row.Module) === "GL" && row.Rlsed === 1,
  );
  const lines = await world.slRows("GLTran");
  return batches.map(({ BatNbr }) => {
    const own = lines.filter(
      (line) => trimmed(line.BatNbr) === trimmed(BatNbr) && trimmed(line.Module) === "GL",
    );
    return own.map(entryOf).join(" | ");
  });
}

function entryOf({ Acct, DrAmt, CrAmt }: Row): string {
  const side = Number(DrAmt) > 0 ? "Dr" : "Cr";
  return `${side} ${trimmed(Acct)} ${Number(DrAmt) + Number(CrAmt)}`;
}

async function untilJournals(id: string, count: number): Promise<string[]> {
  return until(`${count} journals of ${id}`, async () => {
    const journals = await journalsOf(id);
    return journals.length >= count ? journals : undefined;
  });
}

test("a lost dispute is found through the stored payment id, and its appeal too", async () => {
  const order = await pay(world, 10_000);
  const id = await dispute(order);
  await untilJournals(id, 1);
  await act(id, "close", { outcome: "lost" });
  await untilJournals(id, 2);
  await act(id, "close", { outcome: "won", fee: -1500 });

  await untilJournals(id, 3);
  await untilQuiet(world, order.id);

  expect(await journalsOf(id)).toEqual([
    "Dr 1250 100 | Dr 6110 15 | Cr 1095 115",
    "Cr 1250 100 | Dr 6200 100",
    "Cr 4900 100 | Cr 6110 15 | Dr 1095 115",
  ]);
  const { rows } = await world.api<{ rows: Row[] }>(`/api/disputes?id=${id}`);
  expect(rows).toMatchObject([
    { status: "won", held: "0.00", fees: "0.00", lost: "100.00", recovered: "100.00" },
  ]);
  expect(rows[0]?.documents).toHaveLength(3);
  const trace = await world.api<{ documents: Row[] }>(`/api/trace/${id}`);
  // The event names the dispute alone: its lane is that of the payment that the hub has stored.
  const told = await world.sql(
    "select distinct lane_key from event where object_id = $1 and type = 'charge.dispute.closed'",
    [id],
  );
  expect(told).toEqual([{ lane_key: order.id }]);
  expect(trace.documents.map(({ purpose }) => purpose)).toEqual(
    expect.arrayContaining(["invoice", "payment", "dispute-open", "dispute-close"]),
  );
  expect(await owners(id)).toEqual(["fee", "fee", "gross", "gross"]);
});

test("a part that is withdrawn and won leaves its fee alone", async () => {
  const order = await pay(world, 10_000);
  const id = await dispute(order, { amount: 4000 });
  await act(id, "move", { status: "under_review" });
  await act(id, "close", { outcome: "won", reinstate: false });
  await untilJournals(id, 1);
  expect(await waitOf(order)).toBe(`the money of dispute ${id}, which is won`);

  await act(id, "reinstate", { amount: 4000 });

  expect(await untilJournals(id, 2)).toEqual([
    "Dr 1250 40 | Dr 6110 15 | Cr 1095 55",
    "Cr 1250 40 | Dr 1095 40",
  ]);
  await until("both batches to stand on the dispute", async () => {
    const { metadata } = await world.stripe.disputes.retrieve(id);
    return /^\d{6}, \d{6}$/.test(metadata.DynamicsSL_BatchNbr ?? "");
  });
});

test("a dispute is won back from the account that held it, whatever is set by then", async () => {
  const order = await pay(world, 10_000);
  const id = await dispute(order);
  await untilJournals(id, 1);
  await waitOf(order);

  await world.set("accounts.dispute-receivable", "1098/000000000000");
  await act(id, "close", { outcome: "won" });
  const journals = await untilJournals(id, 2);
  await untilQuiet(world, order.id);
  await world.set("accounts.dispute-receivable", "1250/000000000000");

  expect(journals).toEqual(["Dr 1250 100 | Dr 6110 15 | Cr 1095 115", "Cr 1250 100 | Dr 1095 100"]);
});

test("a win whose money does not come for weeks is left to a person", async () => {
  const order = await pay(world, 3_000);
  const id = await dispute(order);
  await act(id, "close", { outcome: "won", reinstate: false });
  await waitOf(order);
  await world.sql(
    `update event set created_at = now() - interval '15 days'
     where object_id = $1 and type = 'charge.dispute.closed'`,
    [id],
  );
  await world.sql(
    `update dispute set closings = jsonb_build_array(jsonb_build_object(
       'status', 'won', 'at', now() - interval '15 days')) where dispute_id = $1`,
    [id],
  );
  await skipDelay(world, order);
  const parked = await world.ended(order.id, ["parked"]);
  expect(parked.reason).toContain("no row has brought its money");

  await act(id, "reinstate", {});

  expect(await untilJournals(id, 2)).toContain("Cr 1250 30 | Dr 1095 30");
});

test("an inquiry books nothing and is looked at again until it ends", async () => {
  const order = await pay(world, 10_000);
  const id = await dispute(order, { inquiry: true });
  await until("the inquiry to be seen", async () => (await seen(id)).stage === "inquiry");
  expect(await waitOf(order)).toBe(`the end of ${id}`);

  await act(id, "close", { outcome: "warning_closed" });
  await untilQuiet(world, order.id);

  expect(await journalsOf(id)).toEqual([]);
  expect(await seen(id)).toMatchObject({ status: "warning_closed", waits_for: "" });
});

test("a verdict whose event was lost is found by the daily look, with its own day", async () => {
  const order = await pay(world, 10_000);
  const id = await dispute(order);
  await untilJournals(id, 1);
  await waitOf(order);
  const hours = "extract(epoch from due_at - now()) / 3600";
  const [lane] = await world.sql(`select ${hours} as hours from lane where key = $1`, [order.id]);
  expect(Number(lane?.hours)).toBeGreaterThan(23);
  await world.stripe.webhookEndpoints.update(world.endpointId, { disabled: true });
  await act(id, "close", { outcome: "lost" });
  await world.stripe.webhookEndpoints.update(world.endpointId, { disabled: false });

  await skipDelay(world, order);

  expect(await untilJournals(id, 2)).toContain("Cr 1250 100 | Dr 6200 100");
  await untilQuiet(world, order.id);
  const told = await world.stripe.events.list({ type: "charge.dispute.closed", limit: 1 });
  const at = new Date((told.data[0]?.created ?? 0) * 1_000).toISOString();
  expect((await seen(id)).closings).toEqual([{ status: "lost", at }]);
});

test("a dispute that a rebuild took over is written off when it is lost", async () => {
  const order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
  const id = await dispute(order);
  await untilJournals(id, 1);
  await until("its run to end", async () => {
    return (await world.sql("select from lane where owner is not null")).length === 0;
  });

  await loseHub(world);
  await rebuild(world);
  await act(id, "close", { outcome: "lost" });

  expect(await untilJournals(id, 2)).toEqual([
    "Dr 1250 100 | Dr 6110 15 | Cr 1095 115",
    "Cr 1250 100 | Dr 6200 100",
  ]);
});

test("reverse-sale takes back what a refund has left of the sale, and gives it back", async () => {
  await world.set("dispute.policy", "reverse-sale");
  const order = await pay(world, 10_000);
  const [charge = ""] = order.chargeIds;
  await world.stripe.refunds.create({ charge, amount: 4_000, reason: "requested_by_customer" });
  const id = await dispute(order);
  await untilMemos(id, ["DM 100 open 0", "CM 100 open 0"]);
  expect(await balancesOf(id)).toEqual({ "1095": -115, "4104": 60, "6120": 40, "6110": 15 });
  expect(await seen(id)).toMatchObject({ is_over: true });

  await act(id, "close", { outcome: "won" });

  await untilMemos(id, ["DM 100 open 0", "CM 100 open 0", "CM 100 open 0", "DM 100 open 0"]);
  expect(await balancesOf(id)).toEqual({ "1095": -15, "6110": 15 });
});

test("policy customer leaves the debt open, and writes it off where that is set", async () => {
  await world.set("dispute.policy", "customer");
  await world.set("dispute.lost", "bad-debt");
  const order = await pay(world, 10_000);
  const id = await dispute(order, { amount: 8_000 });
  await untilMemos(id, ["DM 80 open 80"]);

  await act(id, "close", { outcome: "lost" });
  await untilMemos(id, ["DM 80 open 0", "CM 80 open 0"]);
  await act(id, "close", { outcome: "won" });

  await untilMemos(id, ["DM 80 open 0", "CM 80 open 0", "CM 80 open 80"]);
  await untilQuiet(world, order.id);
  expect(await balancesOf(id)).toEqual({ "1095": -15, "6200": 80, "6110": 15 });
  expect(await owners(id)).toEqual(["fee", "gross", "gross"]);
});

test("a lost dispute written off stays so under leave-open", async () => {
  await world.set("dispute.lost", "bad-debt");
  const order = await pay(world, 10_000);
  const id = await dispute(order);
  await untilMemos(id, ["DM 100 open 100"]);
  await act(id, "close", { outcome: "lost" });
  await untilMemos(id, ["DM 100 open 0", "CM 100 open 0"]);
  await untilQuiet(world, order.id);

  await world.set("dispute.lost", "leave-open");
  await wake(world, order.id);
  await untilQuiet(world, order.id);

  expect(await memosOf(id)).toEqual(["DM 100 open 0", "CM 100 open 0"]);
  await act(id, "close", { outcome: "won" });
  await untilMemos(id, ["DM 100 open 0", "CM 100 open 0", "CM 100 open 100"]);
});

test("a debt that was settled by hand under leave-open is not written off later", async () => {
  await world.set("dispute.policy", "customer");
  await world.set("dispute.lost", "leave-open");
  const order = await pay(world, 10_000);
  const id = await dispute(order);
  await untilMemos(id, ["DM 100 open 100"]);
  await act(id, "close", { outcome: "lost" });
  await untilQuiet(world, order.id);
  const [memo] = (await documentsOf(world, [id])).filter((row) => trimmed(row.DocType) === "DM");
  const where = { DocType: "DM", RefNbr: memo?.RefNbr, BatNbr: memo?.BatNbr };
  const set = { DocBal: 0, CuryDocBal: 0, OpenDoc: 0 };
  await world.slAdmin("/rows", { table: "ARDoc", where, set });
  await world.set("dispute.lost", "bad-debt");

  await wake(world, order.id);
  await untilQuiet(world, order.id);

  expect(await memosOf(id)).toEqual(["DM 100 open 0"]);
});

/** Memos of a dispute, released, as `DM 100 open 0`, oldest first. */
async function memosOf(id: string): Promise<string[]> {
  const rows = (await documentsOf(world, [id])).filter(({ Rlsed }) => Rlsed === 1);
  return rows.map((row) => {
    return `${trimmed(row.DocType)} ${Number(row.OrigDocAmt)} open ${Number(row.DocBal)}`;
  });
}

async function untilMemos(id: string, memos: readonly string[]): Promise<void> {
  await until(`${id} as ${memos.join(", ")}`, async () => {
    return (await memosOf(id)).join() === memos.join();
  });
}

/** What the released documents of a dispute leave on each account but receivables. */
async function balancesOf(id: string): Promise<Readonly<Record<string, number>>> {
  await until(`the fee of ${id}`, async () => (await journalsOf(id)).length > 0);
  const isOf = (row: Row) => trimmed(row.User1) === id && row.Rlsed === 1;
  const batches = (await world.slRows("Batch")).filter(isOf);
  const own = new Set(batches.map((row) => `${trimmed(row.Module)} ${trimmed(row.BatNbr)}`));
  const found: Record<string, number> = {};
  for (const line of await world.slRows("GLTran")) {
    if (!own.has(`${trimmed(line.Module)} ${trimmed(line.BatNbr)}`)) continue;
    const account = trimmed(line.Acct);
    found[account] = (found[account] ?? 0) + Number(line.DrAmt) - Number(line.CrAmt);
  }
  return Object.fromEntries(
    Object.entries(found).filter(([account, sum]) => sum !== 0 && account !== "1210"),
  );
}

/** Which parts of its rows a document owns. */
async function owners(id: string): Promise<unknown[]> {
  const rows = await world.sql(
    `select o.part from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
     where i.object = $1 order by o.part`,
    [id],
  );
  return rows.map(({ part }) => part);
}

async function seen(id: string): Promise<Row> {
  const [row] = await world.sql("select * from dispute where dispute_id = $1", [id]);
  return row ?? {};
}

async function waitOf(order: Order): Promise<unknown> {
  return until(`the lane of ${order.id} to wait`, async () => {
    const [lane] = await world.sql(
      "select waits_for from lane where key = $1 and owner is null and due_at > now()",
      [order.id],
    );
    return lane?.waits_for;
  });
}
