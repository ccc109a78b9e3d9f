import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { proofIn, sweepUntil } from "./currency-books.ts";

// `fees: per-row` and `category: per-row`: each balance row has a journal of its own.

const DAY_MS = 24 * 3_600_000;
/** A day in New York that is over, its noon in seconds. */
const NOON = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
const LANE = `day:${new Date(NOON * 1_000).toISOString().slice(0, 10)}`;

let world: World;
let rows: string[] = [];

beforeAll(async () => {
  const since = new Date(Date.now() - 9 * DAY_MS).toISOString().slice(0, 10);
  world = await openWorld({
    ...{ fees: "per-row", category: "per-row", "journal-delay": 0 },
    "stripe.events-since": since,
  });
});

afterAll(() => world.close());

async function movement(amount: number, category: string, more: object = {}): Promise<string> {
  const row = await world.stripeAdmin<{ id: string }>("/balance_transactions", {
    ...{ amount, currency: "usd", reporting_category: category, created: NOON },
    ...{ type: category === "fee" ? "stripe_fee" : category, description: "Radar", ...more },
  });
  return row.id;
}

/** Lets the hub read Stripe's rows until each part of them has an owner. */
const untilOwned = () =>
  sweepUntil(world, "each row to be read and owned", async () => {
    const [read] = await world.sql("select count(*)::int as count from balance_row");
    const { rows: open } = await world.api<{ rows: Row[] }>("/api/rows/unowned");
    return read?.count === rows.length && open.length === 0;
  });

/** SL's released journals: the row of each, and its lines as `6100 D 3.20`. */
async function journals(): Promise<Record<string, string[][]>> {
  const released = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && row.Rlsed === 1,
  );
  const lines = (await world.slRows("GLTran")).filter((row) => trimmed(row.Module) === "GL");
  const found: Record<string, string[][]> = {};
  for (const batch of released) {
    const own = lines.filter((line) => trimmed(line.BatNbr) === trimmed(batch.BatNbr));
    found[trimmed(batch.User1)] = [...(found[trimmed(batch.User1)] ?? []), own.map(textOf)];
  }
  return found;
}

function textOf(line: Row): string {
  const debit = Number(line.CuryDrAmt);
  const side = debit > 0 ? `D ${debit.toFixed(2)}` : `C ${Number(line.CuryCrAmt).toFixed(2)}`;
  return `${trimmed(line.Acct)} ${side}`;
}

test("each row of a day has journals of its own, for its fee and for the rest", async () => {
  rows = [
    await movement(-500, "fee"),
    await movement(-700, "fee"),
    await movement(-7_000, "transfer", { fee: 25 }),
    await movement(-1_234, "brand_new_category"),
  ];
  await untilOwned();

  const [first = "", second = "", transfer = "", unknown = ""] = rows;
  expect(await journals()).toEqual({
    [first]: [["6100 D 5.00", "1095 C 5.00"]],
    [second]: [["6100 D 7.00", "1095 C 7.00"]],
    [transfer]: expect.arrayContaining([
      ["2300 D 70.00", "1095 C 70.00"],
      ["6100 D 0.25", "1095 C 0.25"],
    ]) as string[][],
    [unknown]: [["2900 D 12.34", "1095 C 12.34"]],
  });
  expect(await proofIn(world, "USD")).toMatchObject({ difference: "0.00", isProven: true });
});

test("a rebuild under another setting books none of them again", async () => {
  const before = await journals();
  const owners = () =>
    world.sql(
      `select o.row_id, o.part, i.object, i.purpose
       from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key order by 1, 2`,
    );
  const ownedBefore = await owners();
  await world.set("fees", "per-day");
  await world.set("category", "per-day");
  await world.sql("truncate row_owner, receipt, link, attempt, journal_row, intent cascade");
  await world.sql("update balance_row set settled_at = null, woken_at = null");

  const body = { pair: world.pair, since: new Date(NOON * 1_000).toISOString() };
  const { unexplained } = await world.api<{ unexplained: string[] }>("/api/rebuild", {
    ...{ method: "POST", body },
  });
  await world.api("/api/replay", { method: "POST", body: { pair: world.pair, lane: LANE } });
  await until("each part to be owned again", async () => {
    return (await owners()).length === ownedBefore.length;
  });

  expect(unexplained).toEqual([]);
  expect(await journals()).toEqual(before);
  expect(await owners()).toEqual(ownedBefore);
});
