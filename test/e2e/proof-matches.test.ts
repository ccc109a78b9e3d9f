import { afterAll, beforeAll, expect, test } from "vitest";
import type { CloseAnswer, ProofAnswer, ProofOfCurrency } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, trimmed } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { AT_ONCE, today, untilAllIsBooked } from "./trade.ts";

const CLEARING = "1095";

let world: World;
/** The line on clearing of a sale's payment, and its key. */
let sale: Readonly<{ key: string; line: Row }>;

beforeAll(async () => {
  world = await openWorld(AT_ONCE);
  const order = await pay(world, 10_825);
  await expectBookedOnce(world, order);
  await untilAllIsBooked(world);
  const documents = await world.slRows("ARDoc");
  const payment = documents.find(({ User1 }) => trimmed(User1) === order.chargeIds[0]);
  const line = (await world.slRows("GLTran")).find(
    ({ Acct, BatNbr }) =>
      trimmed(Acct) === CLEARING && trimmed(BatNbr) === trimmed(payment?.BatNbr),
  );
  sale = { key: trimmed(payment?.User2), line: line ?? {} };
});

afterAll(() => world.close());

const edit = (where: object, set: object, more: object = {}) =>
  world.slAdmin("/rows", { table: "GLTran", where, set, ...more });

/** Somebody's own posting on clearing: a debit, or a credit where the amount is negative. */
async function postByHand(batNbr: string, amount: number): Promise<void> {
  const place = { Module: "GL", BatNbr: batNbr, LineNbr: 1 };
  const debit = { DrAmt: Math.max(amount, 0), CuryDrAmt: Math.max(amount, 0) };
  const credit = { CrAmt: Math.max(-amount, 0), CuryCrAmt: Math.max(-amount, 0) };
  const nobody = { User1: "", User2: "", RefNbr: "", Crtd_User: "MARIA" };
  const set = { ...sale.line, ...place, ...nobody, ...debit, ...credit };
  await edit(place, set, { create: true });
}

async function proofOf(query: string): Promise<ProofOfCurrency> {
  const { proofs } = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?${query}`);
  return proofs[0] as ProofOfCurrency;
}

const month = () => `month=${today().slice(0, 7)}`;

async function run(...args: string[]) {
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  return runCommand(["proof", ...args], env);
}

const match = (...ids: string[]) =>
  run("match", world.pair, ...ids, "--date", today(), "--by", "maria", "--reason", "by mistake");

test("a posting by hand that was reversed is matched, and the proof is one again", async () => {
  await postByHand("900001", 12.34);
  await postByHand("900002", -12.34);
  const before = await proofOf(`date=${today()}`);

  const looked = await run(
    ...["match", world.pair, "900001", "900002", "--date", today()],
    ...["--reason", "by mistake", "--dry-run"],
  );
  const still = await proofOf(`date=${today()}`);
  const made = await match("900001", "900002");
  const after = [await proofOf(`date=${today()}`), await proofOf(month())];

  expect([before.difference, before.isProven, still.isProven]).toEqual(["0.00", false, false]);
  expect(looked).toMatchObject({ code: 0 });
  expect(looked.out).toContain("They add up to 0. Nothing is changed.");
  expect(made.out).toContain("are match 1.");
  const told = (await run("--date", today())).out.replace(/\s+/g, " ");
  expect(told).toContain("has no key of the hub; matched by maria (match 1): by mistake");
  expect(after.map(({ isProven, findings }) => [isProven, findings])).toEqual([
    ...[[true, []]],
    ...[[true, []]],
  ]);
  expect(after[0]?.matched.map(({ id, amount }) => [id, amount])).toEqual([
    ...[["900001", "-12.34"]],
    ...[["900002", "12.34"]],
  ]);
});

test("a period closes with what is matched, listed to be signed", async () => {
  const { items } = await world.api<CloseAnswer>(`/api/pairs/${world.pair}/close`, {
    method: "POST",
    body: { period: today().slice(0, 7).replace("-", ""), by: "maria", dryRun: true },
  });

  expect(items.find(({ name }) => name === "proof USD")).toMatchObject({
    ...{ state: "listed", ids: ["900001", "900002"] },
  });
});

test("what does not cancel to the cent is refused, with the amounts", async () => {
  await postByHand("900003", 5);
  await postByHand("900004", -4.99);

  const refused = await match("900003", "900004");
  const unknown = await match("900003", "900009");

  expect([refused.code, unknown.code]).toEqual([2, 2]);
  expect(refused.err).toContain("these make -0.01 USD: 900003 -5.00, 900004 4.99");
  expect(unknown.err).toContain("no difference 900009 to be matched: it has 900003, 900004");
  expect(await proofOf(`date=${today()}`)).toMatchObject({ difference: "-0.01" });
  for (const BatNbr of ["900003", "900004"]) {
    await edit({ Module: "GL", BatNbr, LineNbr: 1 }, {}, { remove: true });
  }
});

test("a payment that was moved off clearing is matched with its correcting journal", async () => {
  await edit({ ...placeOf(sale.line) }, { Acct: "1200" });
  await postByHand("900005", 108.25);

  const made = await match(sale.key, "900005");
  const proven = await proofOf(`date=${today()}`);

  expect(made.code).toBe(0);
  expect(proven).toMatchObject({ difference: "0.00", isProven: true });
  expect(proven.matched.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["document-on-other-account", "line-without-key"]),
  );
});

test("a skipped sale leaves line 1 once the batch that books it by hand is named", async () => {
  const order = await pay(world, 2_000, { metadata: { slipway_sync: "skip" } });
  await world.ended(order.id, ["not_applicable"]);
  const row = await rowOf(order);
  const net = (Number(row.gross) - Number(row.fee)) / 100;
  await postByHand("900006", net);
  const before = await proofOf(`date=${today()}`);

  const made = await match("900006", String(row.row_id));
  const after = await proofOf(`date=${today()}`);

  expect(before).toMatchObject({ isProven: false, difference: (-net).toFixed(2) });
  expect(before.lines[0]).toMatchObject({ amount: net.toFixed(2), count: 2 });
  expect(made.err).toBe("");
  expect(after).toMatchObject({ isProven: true, difference: "0.00" });
  expect(after.lines[0]).toMatchObject({ amount: "0.00", count: 0 });
  const { rows } = await world.api<{ rows: Row[] }>(`/api/rows/unowned?pair=${world.pair}`);
  const told = rows.filter(({ id }) => id === row.row_id).map(({ reason }) => reason);
  expect(told).toEqual(["booked by hand: match 3", "booked by hand: match 3"]);
});

test("a match that is taken back leaves its differences, and history tells of both", async () => {
  const undone = await run("unmatch", world.pair, "1", "--by", "jon");
  const again = await run("unmatch", world.pair, "1");
  const proof = await proofOf(`date=${today()}`);
  const listed = await run("matches", world.pair);

  expect(undone.code).toBe(0);
  expect(undone.out).toContain("Match 1 is taken back: 900001, 900002.");
  expect(again.err).toContain("Match 1 was taken back before, by jon");
  expect(proof.findings.map(({ id }) => id)).toEqual(["900001", "900002"]);
  expect(listed.out).toMatch(/\n2 .*\n1 .*taken back by jon/);
  const { rows } = await world.api<{ rows: Row[] }>(`/api/acts?pair=${world.pair}`);
  expect(rows.map(({ act, by }) => `${String(act)} ${String(by)}`).slice(0, 3)).toEqual([
    ...["unmatched jon", "matched maria", "matched maria"],
  ]);
});

/** The balance row of a charge, once the hub has read it. */
function rowOf({ chargeIds }: Order): Promise<Row> {
  return until("its balance row", async () => {
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    const rows = await world.sql(
      "select row_id, gross, fee from balance_row where source_id = $1",
      [chargeIds[0]],
    );
    return rows[0] as Row | undefined;
  });
}

function placeOf({ Module, BatNbr, LineNbr }: Row) {
  return { Module, BatNbr, LineNbr };
}
