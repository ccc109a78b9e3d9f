import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CloseAnswer, ProofAnswer, ProofOfCurrency } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, trimmed } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { addRows } from "./stripe-rows.ts";

const DAY_MS = 24 * 3_600_000;
/** Noon in New York of a day that is over, in seconds. */
const NOON = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
const OVER = new Date(NOON * 1_000).toISOString().slice(0, 10);

let world: World;
let orders: Order[];

beforeAll(async () => {
  const since = new Date(Date.now() - 9 * DAY_MS).toISOString().slice(0, 10);
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": since });
});

afterAll(() => world.close());

const today = () =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());

async function proofOf(query = `date=${today()}`): Promise<ProofOfCurrency> {
  const { proofs } = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?${query}`);
  expect(proofs.map(({ currency }) => currency)).toEqual(["USD"]);
  return proofs[0] as ProofOfCurrency;
}

/** The hub's own walk keeps the rows within minutes: nobody waits for it here. */
async function keepRows(): Promise<readonly Row[]> {
  const rows = await world.stripeRows("balance_transaction");
  for (const row of rows) {
    const { id, created, currency, reporting_category: category, type, amount, fee, net } = row;
    await world.sql(
      `insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
         balance_type, status, source_id)
       values ($1, $2, to_timestamp($3), upper($4), $5, $6, $7, $8, $9, $10, 'pending', $11)
       on conflict do nothing`,
      [
        world.pair,
        id,
        created,
        currency,
        category,
        type,
        amount,
        fee,
        net,
        row.balance_type,
        row.source,
      ],
    );
  }
  return rows;
}

const edit = (table: string, where: object, set: object, more: object = {}) =>
  world.slAdmin("/rows", { table, where, set, ...more });

const minor = (amounts: readonly unknown[]) =>
  amounts.reduce<number>((total, amount) => total + Number(amount), 0);

test("a day that is over is proved with its journals booked, and nothing waits", async () => {
  const row = (amount: number, category: string) => ({
    ...{ amount, currency: "usd", type: "stripe_fee", reporting_category: category },
    ...{ description: "Billing - Usage Fee", created: NOON },
  });
  await addRows(world, [row(-500, "fee"), row(-1_234, "brand_new_category")]);
  await until("every part to be owned", async () => {
    const [owned] = await world.sql("select count(*)::int as parts from row_owner");
    if (owned?.parts === 2) return true;
    // A round may have been through that day before the rows were made.
    await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return false;
  });

  const proof = await proofOf(`date=${OVER}`);

  expect([proof.stripe.closing, proof.ledger.released]).toEqual(["-17.34", "-17.34"]);
  expect(proof.lines.map(({ count }) => count)).toEqual([0, 0, 0, 0]);
  expect(proof.isProven).toBe(true);
});

test("a day of charges is proved to the cent, and its fees wait in the open day", async () => {
  orders = [await pay(world, 10_825), await pay(world, 20_000), await pay(world, 999)];
  for (const order of orders) await expectBookedOnce(world, order);
  const rows = await keepRows();
  const charges = rows.filter(({ reporting_category: category }) => category === "charge");
  const fees = minor(charges.map(({ fee }) => fee)) / 100;

  const proof = await proofOf();

  expect(proof).toMatchObject({ difference: "0.00", findings: [], isProven: true, kind: "proof" });
  expect(proof.ledger.released).toBe("300.90");
  expect(proof.stripe.closing).toBe((300.9 - fees).toFixed(2));
  expect(proof.stripe.backward).toBe(proof.stripe.closing);
  const open = proof.lines[3];
  expect([open?.count, open?.amount]).toEqual([3, (-fees).toFixed(2)]);
  expect(open?.entries.map(({ id }) => id).sort()).toEqual(charges.map(({ id }) => id).sort());
});

test("a bank debit that has not succeeded, and a parked sale, stand in their lines", async () => {
  const debit = await pay(world, 20_000, { payment_method: "pm_usBankAccount_success" });
  const { id } = await world.stripe.customers.create({ metadata: { DynamicsSL_CustomerID: "NO" } });
  const stopped = await pay(world, 5_000, { customer: id });
  await world.ended(stopped.id, ["parked"]);
  await keepRows();

  const proof = await proofOf();

  const grossOf = (line: number) =>
    proof.lines[line]?.entries.filter(({ part }) => part === "gross") ?? [];
  expect(grossOf(0).map(({ amount }) => amount)).toEqual(["50.00"]);
  expect(grossOf(0)[0]?.why).toContain(stopped.id);
  expect(grossOf(2).map(({ amount, why }) => [amount, why])).toEqual([
    ["200.00", "charge pending"],
  ]);
  expect(proof.isProven).toBe(true);
  await world.stripeAdmin(`/payment_intents/${debit.id}/settle`, { succeeds: false });
  await world.ended(debit.id, ["not_applicable"]);
});

test("both rows of a debit that failed stay in their line", async () => {
  await keepRows();

  const proof = await proofOf();

  const gross = proof.lines[2]?.entries.filter(({ part }) => part === "gross") ?? [];
  expect(gross.map(({ amount, why }) => `${amount} ${why}`).sort()).toEqual([
    "-200.00 charge failed",
    "200.00 charge failed",
  ]);
  expect(proof.isProven).toBe(true);
});

test("a sale whose batch a person has to release stands in line 2 with its batch", async () => {
  await world.set("release", "person");
  const held = await pay(world, 7_700);
  const batch = await until("the batch to wait for a person", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find((row) => row.laneKey === held.id);
  });
  await keepRows();

  const proof = await proofOf();

  const [entry, ...others] = proof.lines[1]?.entries.filter(({ part }) => part === "gross") ?? [];
  expect([entry?.amount, others]).toEqual(["77.00", []]);
  expect(entry?.why).toContain(`batch ${String(batch.batNbr)}`);
  expect(proof).toMatchObject({ isProven: true, isOver: false });
  await world.set("release", "hub");
  // The connector is a new one now, and nobody has looked for SL's views by it yet.
  expect(await proofOf()).toMatchObject({ kind: "proof", isProven: true });
});

test("a day and a month that have not begun are refused, since nobody knows them", async () => {
  const [month, next] = ["2099-12", "2099-12-31"];

  await expect(proofOf(`date=${next}`)).rejects.toThrow(`${next} has not begun: it is ${today()}`);
  await expect(proofOf(`month=${month}`)).rejects.toThrow("Period 209912 has not begun");
});

test("a currency without its account is told apart from a site without views", async () => {
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  const { proofs } = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?currency=GBP`);
  const { out } = await runCommand(["proof", "--currency", "GBP", "--date", today()], env);

  expect(proofs[0]).toMatchObject({ kind: "own-documents", isOver: true });
  expect(out).toContain("Own documents only, not a proof: accounts.clearing.GBP is not set.");
});

test("the period of this month is proved too, and nothing of it is booked later", async () => {
  const proof = await proofOf(`month=${today().slice(0, 7)}`);
  const named = await proofOf(`period=${today().slice(0, 7).replace("-", "")}`);

  expect(proof.isProven).toBe(true);
  expect(named).toEqual({ ...proof, until: named.until });
  expect(proof.lines[4]).toMatchObject({ number: 5, count: 0 });
});

test("this month stays open for what waits, and the last one is kept with its hash", async () => {
  const [year = 0, month = 1] = today().split("-").map(Number);
  const before = new Date(Date.UTC(year, month - 2, 1)).toISOString().slice(0, 7).replace("-", "");
  await until("the gaps to be checked", async () => {
    await world.sql("update event_walk set due_at = now() where kind = 'gap'");
    const [gap] = await world.sql("select done_at from event_walk where kind = 'gap'");
    return gap?.done_at;
  });
  const close = (period: string) =>
    world.api<CloseAnswer>(`/api/pairs/${world.pair}/close`, {
      method: "POST",
      body: { period, by: "maria" },
    });

  const [open, closed] = [await close(today().slice(0, 7).replace("-", "")), await close(before)];

  const names = open.items.filter(({ state }) => state === "open").map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["period", "line 1 USD", "line 4 USD", "events"]));
  expect(open).toMatchObject({ isClosable: false, snapshot: null });
  expect(closed.items.filter(({ state }) => state === "open")).toEqual([]);
  const [kept] = await world.sql("select * from period_close");
  expect(kept).toMatchObject({ period: before, nr: 1, closed_by: "maria" });
  const hash = createHash("sha256").update(String(kept?.snapshot)).digest("hex");
  expect([kept?.hash, closed.snapshot?.hash]).toEqual([hash, hash]);
});

/** An order's payment in SL, with its line on clearing. */
async function onClearing(order: Order | undefined): Promise<Readonly<{ key: string; line: Row }>> {
  const charge = order?.chargeIds[0] ?? "";
  const [document] = (await world.slRows("ARDoc")).filter((row) => trimmed(row.User1) === charge);
  const line = (await world.slRows("GLTran")).find(
    (row) => trimmed(row.Acct) === "1095" && trimmed(row.BatNbr) === trimmed(document?.BatNbr),
  );
  return { key: trimmed(document?.User2), line: line ?? {} };
}

const whereOf = ({ Module, BatNbr, LineNbr }: Row) => ({ Module, BatNbr, LineNbr });

test("whatever somebody does to the books by hand is a difference with its id", async () => {
  const [edited, moved, gone] = [
    await onClearing(orders[0]),
    await onClearing(orders[1]),
    await onClearing(orders[2]),
  ];
  const byHand = { ...edited.line, Module: "GL", BatNbr: "900001", LineNbr: 1, Crtd_User: "MARIA" };
  const noKey = { User1: "", User2: "", RefNbr: "", CuryDrAmt: 12.34, DrAmt: 12.34 };
  const cent = Number(edited.line.DrAmt) + 0.01;
  await edit("GLTran", whereOf(byHand), { ...byHand, ...noKey }, { create: true });
  await edit("GLTran", whereOf(edited.line), { CuryDrAmt: cent, DrAmt: cent });
  await edit("GLTran", whereOf(moved.line), { Acct: "1200" });
  await edit("GLTran", whereOf(gone.line), {}, { remove: true });
  await edit("ARDoc", { User2: gone.key }, {}, { remove: true });
  await edit("Batch", { User2: gone.key }, {}, { remove: true });

  const proof = await proofOf();

  expect(proof.findings.map(({ kind, id, amount }) => [kind, id, amount]).sort()).toEqual([
    ["document-missing", gone.key, "9.99"],
    ["document-on-other-account", moved.key, "200.00"],
    ["line-without-key", "900001", "-12.34"],
    ["other-amount", edited.key, "-0.01"],
  ]);
  expect(proof.findings.find(({ id }) => id === "900001")?.words).toContain("MARIA");
  expect([proof.difference, proof.isProven]).toEqual(["197.64", false]);
});

test("the command ends with 1 on a difference, and writes each kind of file", async () => {
  const home = mkdtempSync(join(tmpdir(), "slipway-proof-"));
  const file = (kind: string) => join(home, `proof.${kind}`);
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  const run = (...args: string[]) => runCommand(["proof", "--date", today(), ...args], env);

  const written = (kind: string) => run("--format", kind, "--out", file(kind));
  const runs = [await run(), await run("--format", "csv")];
  for (const kind of ["csv", "html", "pdf", "xlsx"]) runs.push(await written(kind));

  expect(runs.map(({ code, err }) => [code, err.includes("api.")])).toEqual(
    runs.map(() => [1, false]),
  );
  expect(runs[0]?.out).toContain("Not proved: difference 197.64 USD, 4 found.");
  expect(runs[1]?.out).toContain("Difference,,,");
  const page = readFileSync(file("html"), "utf8");
  const hash = createHash("sha256")
    .update(readFileSync(file("csv")))
    .digest("hex");
  expect(page).toContain("900001");
  expect(page).toContain(hash);
  expect(readFileSync(file("pdf"), "latin1")).toMatch(/^%PDF-[\s\S]*%%EOF\s*$/);
  expect(readFileSync(file("xlsx"), "latin1")).toMatch(/^PK/);
  expect(readdirSync(home)).toHaveLength(4);
  rmSync(home, { recursive: true, force: true });
});
