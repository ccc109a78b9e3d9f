import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { GoliveAnswer, ProofAnswer } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { DAY_MS, dayAgo, daysAgo, NOON } from "./days-ago.ts";
import { type Order, pay } from "./orders.ts";

const HOUR_MS = 3_600_000;
const START = dayAgo(4);

let world: World;

const { at, payout } = daysAgo(() => world);

/** Things at Stripe by what they are for in these tests. */
const made: Record<string, Order> = {};
const ids: Record<string, string> = {};

beforeAll(async () => {
  world = await openWorld({
    ...{ start: START, "journal-delay": 0, "stripe.events-since": dayAgo(10) },
    ...{ "payout.transit": "on", "dispute.policy": "receivable" },
  });
  await at(8);
  for (const name of ["refunded", "disputedLater", "disputed"]) {
    made[name] = await pay(world, 10_000);
  }
  ids.arrived = await payout(1_500, 6);
  await at(6);
  ids.open = await dispute("disputed");
  await at(5);
  ids.onItsWay = await payout(4_000, 3);
  ids.failing = await payout(2_500, 3);
  ids.late = await payout(500, 0);
  ids.inbound = await inbound(700, { from: 5, availableOn: 3 });
});

afterAll(() => world.close());

async function dispute(name: string): Promise<string> {
  const path = `/charges/${made[name]?.chargeIds[0]}/dispute`;
  return (await world.stripeAdmin<{ id: string }>(path, {})).id;
}

/** Money that a bank account brings; Stripe shows its row and no object behind it. */
async function inbound(amount: number, days: Readonly<{ from: number; availableOn: number }>) {
  const secondsAt = (daysAgo: number) => Math.floor((NOON - daysAgo * DAY_MS) / 1_000);
  const source = "ibt_1PqOnItsWay";
  await world.stripeAdmin("/balance_transactions", {
    ...{ amount, currency: "usd", type: "inbound_transfer", reporting_category: "topup" },
    ...{ source, created: secondsAt(days.from), available_on: secondsAt(days.availableOn) },
  });
  return source;
}

const golive = () => world.api<GoliveAnswer>(`/api/pairs/${world.pair}/golive`);
const names = ({ entries }: GoliveAnswer) =>
  entries.map(({ kind, object, part, amount, state }) => {
    return `${kind} ${kind === "balance" ? part : object} ${amount} ${state}`;
  });

/** The released journals of a Stripe id, their lines as `Dr 1095 1.00`. */
async function journalsOf(id: string): Promise<string[]> {
  const batches = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === id && row.Rlsed === 1,
  );
  const lines = await world.slRows("GLTran");
  return batches.map(({ BatNbr }) => {
    const own = lines.filter((row) => row.BatNbr === BatNbr && trimmed(row.Module) === "GL");
    const day = String(own[0]?.TranDate).slice(0, 10);
    return `${day} ${own.map(sideOf).join(" | ")}`;
  });
}

function sideOf({ Acct, DrAmt, CrAmt }: Row): string {
  const [side, amount] = Number(DrAmt) > 0 ? ["Dr", DrAmt] : ["Cr", CrAmt];
  return `${side} ${trimmed(Acct)} ${Number(amount).toFixed(2)}`;
}

const untilJournals = (id: string, count: number) =>
  until(`${count} journals of ${id}`, async () => {
    const found = await journalsOf(id);
    return found.length === count ? found : undefined;
  });

/** Every part of every row since the start has its document. */
async function untilOwned(): Promise<void> {
  const start = NOON - 4 * DAY_MS - 12 * HOUR_MS;
  const rows = (await world.stripeRows("balance_transaction")).filter(
    ({ created }) => Number(created) * 1_000 >= start,
  );
  const parts = rows.flatMap(({ amount, fee }) => [amount, fee]).filter((part) => part !== 0);
  await until(`${parts.length} parts to be owned`, async () => {
    const [owned] = await world.sql("select count(*)::int as parts from row_owner");
    if (owned?.parts === parts.length) return true;
    await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
    await world.sql("update lane set due_at = now() where key like 'day:%' and due_at is not null");
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return false;
  });
}

test("balance, payouts and dispute of the start are proposed, and nothing is booked", async () => {
  await at(3.9);

  const shown = await golive();

  // 300.00 less fees, payouts, the dispute and its fee, and 7.00 that came from the bank.
  expect(names(shown)).toEqual([
    "balance USD 97.40 proposed",
    expect.stringMatching(/^payout po_\w+ (5|25|40)\.00 proposed$/),
    expect.stringMatching(/^payout po_\w+ (5|25|40)\.00 proposed$/),
    expect.stringMatching(/^payout po_\w+ (5|25|40)\.00 proposed$/),
    `payout ${ids.inbound} -7.00 proposed`,
    `dispute ${ids.open} 100.00 proposed`,
  ]);
  expect(shown.later).toEqual([]);
  expect(shown.entries.map(({ lines }) => lines.map(({ account }) => account))).toEqual([
    ["1095", "3100"],
    ["1090", "3100"],
    ["1090", "3100"],
    ["1090", "3100"],
    ["3100", "1090"],
    ["1250", "3100"],
  ]);
  expect(await world.slRows("GLTran")).toEqual([]);
});

test("who cannot be asked is told how to look first", async () => {
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };

  const { code, err } = await runCommand(["golive", "--book"], env);

  expect([code, err]).toEqual([2, expect.stringContaining("without --book, then add --yes")]);
  expect(await world.sql("select * from opening_entry")).toEqual([]);
});

test("a list that is not the one that was shown is not confirmed", async () => {
  const body = { seen: "A".repeat(26) };

  const refused = world.api(`/api/pairs/${world.pair}/golive`, { method: "POST", body });

  await expect(refused).rejects.toThrow(/golive\.changed/);
  expect(await world.sql("select * from opening_entry")).toEqual([]);
});

test("payout with charges from before go-live opens once and arrives from transit", async () => {
  await at(2.5);
  made.after = await pay(world, 2_000);
  await world.ended(made.after.id, ["booked"]);

  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  const book = () => runCommand(["golive", "--book", "--yes", "--by", "maria"], env);

  const { code, out } = await book();

  expect([code, out]).toEqual([0, expect.stringContaining("booked, batch")]);
  expect(await untilJournals("opening", 1)).toEqual([`${START} Dr 1095 97.40 | Cr 3100 97.40`]);
  const arrival = `${dayAgo(3)} Dr 1010 40.00 | Cr 1090 40.00`;
  expect(await untilJournals(ids.onItsWay ?? "", 2)).toEqual([
    `${START} Dr 1090 40.00 | Cr 3100 40.00`,
    arrival,
  ]);
  expect(await journalsOf(ids.open ?? "")).toEqual([`${START} Dr 1250 100.00 | Cr 3100 100.00`]);
  expect(await journalsOf(ids.arrived ?? "")).toEqual([]);
  expect((await book()).code).toBe(0);
  expect(await journalsOf("opening")).toHaveLength(1);
});

test("an inbound transfer that was not paid at the start is paid from transit", async () => {
  const journals = await untilJournals(ids.inbound ?? "", 2);

  expect(journals).toEqual([
    `${START} Dr 3100 7.00 | Cr 1090 7.00`,
    `${dayAgo(3)} Dr 1090 7.00 | Cr 1010 7.00`,
  ]);
});

test("a payout of before the start that fails after it comes back from the bank", async () => {
  await untilJournals(ids.failing ?? "", 2);

  await world.stripeAdmin(`/payouts/${ids.failing}/fail`, {});

  const [, , back] = await untilJournals(ids.failing ?? "", 3);
  expect(back).toBe(`${dayAgo(2.5)} Dr 1095 25.00 | Cr 1010 25.00`);
});

test("a payout that was opened arrives from its account, whatever is set by then", async () => {
  await world.set("accounts.transit.USD", "1099/000000000000");
  await world.set("payout.transit", "off");

  await world.stripeAdmin(`/payouts/${ids.late}/step`, {});
  await world.stripeAdmin(`/payouts/${ids.late}/step`, {});

  const [, arrival] = await untilJournals(ids.late ?? "", 2);
  expect(arrival).toBe(`${dayAgo(0)} Dr 1010 5.00 | Cr 1090 5.00`);
});

test("refund for a charge older than the pair's start: its cause is before the start", async () => {
  const { id = "", chargeIds = [] } = made.refunded ?? {};
  const { id: refund } = await world.stripe.refunds.create({
    ...{ charge: chargeIds[0] ?? "", amount: 3_000 },
  });

  await until("both memos of the refund", async () => {
    const documents = await documentsOf(world, [refund]);
    return documents.length === 2 ? documents : undefined;
  });

  const lines = (await world.slRows("ARTran")).filter((row) => Number(row.TranAmt) === 30);
  const accounts = lines.map((row) => `${trimmed(row.TranType)} ${trimmed(row.Acct)}`).sort();
  expect(accounts).toEqual(expect.arrayContaining(["CM 4105", "DM 1095"]));
  expect(await openlyParked(world, id)).toEqual([]);
});

test("dispute of a charge older than the pair's start is held, and lost", async () => {
  const later = await dispute("disputedLater");
  const held = await untilJournals(later, 1);
  // Its account is that of its opening entry, whatever is set by then.
  await world.set("accounts.dispute-receivable", "1098/000000000000");
  await world.stripeAdmin(`/disputes/${ids.open}/close`, { outcome: "lost" });

  expect(held).toEqual([`${dayAgo(2.5)} Dr 1250 100.00 | Dr 6110 15.00 | Cr 1095 115.00`]);
  const [, lost] = await untilJournals(ids.open ?? "", 2);
  expect(lost).toBe(`${dayAgo(2.5)} Cr 1250 100.00 | Dr 6200 100.00`);
});

test("what came later to money of before the start is listed with how it is booked", async () => {
  await untilOwned();
  const { later, entries } = await golive();

  expect(later.map(({ amount, isBooked }) => `${amount} ${isBooked}`).sort()).toEqual([
    "-100.00 true",
    "-30.00 true",
    "25.00 true",
  ]);
  expect(entries.map(({ state }) => state)).toEqual(entries.map(() => "booked"));
});

test("the first day is proved to the cent, and so is every day since", async () => {
  await untilOwned();

  for (const day of [START, dayAgo(3), dayAgo(2)]) {
    const { proofs } = await world.api<ProofAnswer>(`/api/pairs/${world.pair}/proof?date=${day}`);
    expect(proofs).toMatchObject([
      { day, difference: "0.00", findings: [], isProven: true, stripe: { opening: "97.40" } },
    ]);
  }
  const before = world.api(`/api/pairs/${world.pair}/proof?date=${dayAgo(5)}`);
  await expect(before).rejects.toThrow(/is before it/);
});

test("transit, receivable and opening hold what they are to hold", async () => {
  const lines = (await world.slRows("GLTran")).filter((row) => trimmed(row.Module) === "GL");
  const balance = (account: string) =>
    lines
      .filter((row) => trimmed(row.Acct) === account)
      .reduce((so, { DrAmt, CrAmt }) => so + Number(DrAmt) - Number(CrAmt), 0)
      .toFixed(2);

  expect(["1090", "1250", "3100"].map(balance)).toEqual(["0.00", "100.00", "-260.40"]);
});

test("an opening entry that goes back and is booked again opens the books once", async () => {
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  const reverse = (...more: string[]) =>
    runCommand(["reverse", "opening", "--yes", "--by", "maria", ...more], env);
  const proofsOf = async (...days: string[]) => {
    const paths = days.map((day) => `/api/pairs/${world.pair}/proof?date=${day}`);
    const answers = await Promise.all(paths.map((path) => world.api<ProofAnswer>(path)));
    return answers.flatMap(({ proofs }) =>
      proofs.map(({ findings, difference, stripe }) => [
        ...[difference, stripe.opening, ...findings.map(({ kind }) => kind)],
      ]),
    );
  };
  const days = [START, dayAgo(2), dayAgo(1), dayAgo(0)];

  await reverse("--date", START, "--reason", "wrong text", "--rebook");
  await untilJournals("opening", 3);
  await untilQuiet(world, "opening");
  const onItsDay = await proofsOf(...days);
  await reverse("--date", dayAgo(1), "--reason", "wrong account");
  await untilJournals("opening", 4);
  await untilQuiet(world, "opening");
  const between = await proofsOf(...days);
  const stateOf = async () =>
    (await golive()).entries.find(({ kind }) => kind === "balance")?.state;
  const states = [await stateOf()];
  await reverse("--rebook");
  await untilJournals("opening", 5);
  await untilQuiet(world, "opening");

  states.push(await stateOf());
  expect(states).toEqual(["confirmed", "booked"]);
  const proved = ["0.00", "97.40"];
  expect(onItsDay).toEqual(days.map(() => proved));
  const notOpened = ["0.00", "0.00", "stripe-sides"];
  expect(between).toEqual([proved, proved, notOpened, notOpened]);
  expect(await proofsOf(...days)).toEqual(days.map(() => proved));
});

/** A pair that has booked a sale of three days ago without a start, and gets that of yesterday. */
async function startedTooLate(): Promise<World> {
  const late = await openWorld({ "stripe.events-since": dayAgo(10) });
  await late.stripeAdmin("/clock", { shiftMs: -3 * DAY_MS });
  await late.ended((await pay(late, 10_000)).id, ["booked"]);
  await late.stripeAdmin("/clock", { advanceMs: 3 * DAY_MS });
  await setStart(late, dayAgo(1));
  return late;
}

const setStart = ({ api, pair }: World, value: string) =>
  api(`/api/pairs/${pair}`, { method: "PATCH", body: { path: "start", value } });

test("a start after what the hub has booked is refused before anything is booked", async () => {
  const late = await startedTooLate();
  onTestFinished(() => late.close());
  const env = { SLIPWAY_URL: late.hubUrl(), SLIPWAY_TOKEN: late.token };

  const shown = await runCommand(["golive"], env);
  const booked = await runCommand(["golive", "--book", "--yes", "--by", "maria"], env);

  // The journal of the fee may stand beside the payment by now.
  const refusal = new RegExp(`(1 document|2 documents) of ${dayAgo(3)} stands? in SL`);
  expect([shown.code, booked.code]).toEqual([2, 2]);
  expect([shown.err, booked.err]).toEqual([
    expect.stringMatching(refusal),
    expect.stringMatching(refusal),
  ]);
  expect(booked.err).toContain(`start --remove\`), or set it to ${dayAgo(3)} or earlier`);
  expect(await late.sql("select * from opening_entry")).toEqual([]);
  const batches = await late.slRows("Batch");
  expect(batches.filter((row) => trimmed(row.User1) === "opening")).toEqual([]);
  await setStart(late, dayAgo(3));
  expect((await runCommand(["golive"], env)).code).toBe(0);
});

test("a balance in a currency that is not known is named, and the others are offered", async () => {
  const other = await openWorld({ start: dayAgo(2), "stripe.events-since": dayAgo(10) });
  onTestFinished(() => other.close());
  const secondsAt = (days: number) => Math.floor((NOON - days * DAY_MS) / 1_000);
  const adjusted = { type: "adjustment", reporting_category: "other_adjustment" };
  const rows = [
    { amount: 1_000, currency: "usd", created: secondsAt(3) },
    { amount: 500, currency: "zwg", created: secondsAt(3) },
    { amount: -200, currency: "zwg", created: secondsAt(1) },
  ];
  for (const row of rows) {
    await other.stripeAdmin("/balance_transactions", { ...adjusted, ...row });
  }
  const env = { SLIPWAY_URL: other.hubUrl(), SLIPWAY_TOKEN: other.token };

  const shown = await runCommand(["golive"], env);
  const booked = await runCommand(["golive", "--book", "--yes", "--by", "maria"], env);

  expect([shown.code, booked.code]).toEqual([1, 1]);
  const answer = await other.api<GoliveAnswer>(`/api/pairs/${other.pair}/golive`);
  expect(names(answer)).toEqual([
    expect.stringMatching(/^balance USD 10.00 (confirmed|booked)$/),
    "balance ZWG 500 blocked",
  ]);
  const [, unknown] = answer.entries;
  expect(unknown?.problem).toMatchObject({ code: "money.currency_unknown" });
  expect(shown.out).toContain("ZWG");
});
