import { afterAll, beforeAll, expect, test } from "vitest";
import type { DayProofs } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, trimmed } from "./books.ts";
import { dayAgo } from "./days-ago.ts";
import { pay } from "./orders.ts";
import { AT_ONCE, today, untilAllIsBooked } from "./trade.ts";

const CLEARING = "1095";
const BY_HAND = { Module: "GL", BatNbr: "900001", LineNbr: 1 };

let world: World;

beforeAll(async () => {
  world = await openWorld(AT_ONCE);
  await expectBookedOnce(world, await pay(world, 10_825));
  await untilAllIsBooked(world);
});

afterAll(() => world.close());

const kept = () => world.api<DayProofs>(`/api/pairs/${world.pair}/proof/days`);

/** Lets the hub look whether a day is due, as it does by itself every five minutes. */
async function lookNow(): Promise<void> {
  await world.sql("update proof_round set due_at = now()");
  // Whatever somebody asks for begins at once.
  await world.api(`/api/pairs/${world.pair}/watch`, { method: "POST", body: { full: false } });
}

/** Somebody's own debit on clearing, on a day that is over. */
async function postByHand(day: string): Promise<void> {
  const lines = await world.slRows("GLTran");
  const line: Row = lines.find(({ Acct }) => trimmed(Acct) === CLEARING) ?? {};
  const TranDate = String(line.TranDate).replace(/^\d{4}-\d\d-\d\d/, day);
  const nobody = { User1: "", User2: "", RefNbr: "", Crtd_User: "MARIA" };
  const amounts = { DrAmt: 12.34, CuryDrAmt: 12.34, CrAmt: 0, CuryCrAmt: 0 };
  const set = { ...line, ...BY_HAND, ...nobody, ...amounts, TranDate };
  await world.slAdmin("/rows", { table: "GLTran", where: BY_HAND, set, create: true });
}

async function run(...args: string[]) {
  const env = { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token };
  return runCommand(["proof", ...args], env);
}

test("the hub proves each day by itself, and the last one again until it holds", async () => {
  // At any hour that one is due, and yesterday may be.
  const day = dayAgo(2);
  const before = await run("days", world.pair);
  await postByHand(day);

  await until("the hub to have met the pair", async () => (await kept()).provedUntil ?? undefined);
  await world.sql("update proof_round set proved_until = $1", [dayAgo(3)]);
  const differing = await until("the days to be proved", async () => {
    await lookNow();
    const { days } = await kept();
    return days.some((one) => one.day === day) ? days : undefined;
  });
  const told = await run("days", world.pair);
  await world.slAdmin("/rows", { table: "GLTran", where: BY_HAND, remove: true });
  const mended = await until("the last day to hold", async () => {
    await lookNow();
    const { days } = await kept();
    return days[0]?.isProven === true ? days : undefined;
  });

  expect(before).toMatchObject({ code: 0 });
  expect(before.out).toContain("No proof of a day is kept of that time.");
  expect(differing.at(-1)).toMatchObject({
    ...{ day, currency: "USD", kind: "proof", isProven: false },
    ...{ closing: "0.00", released: "12.34", waiting: "0.00", difference: "-12.34" },
    findingCount: 1,
  });
  expect(differing.at(-1)?.findings[0]).toMatchObject({ id: "900001", amount: "-12.34" });
  expect(told.code).toBe(1);
  expect(told.out).toContain("1 point differs");
  expect(told.out).toContain(`slipway proof ${world.pair} --date ${differing[0]?.day}`);
  expect(mended[0]).toMatchObject({ released: "0.00", difference: "0.00", findings: [] });
});

test("a proof of a day that somebody asks for takes the place of the kept one", async () => {
  const day = dayAgo(4);
  await postByHand(day);
  const wrong = await run("--date", day);
  const listed = ["days", world.pair, "--from", day, "--to", day] as const;
  const keptWrong = await run(...listed);
  await world.slAdmin("/rows", { table: "GLTran", where: BY_HAND, remove: true });
  // Of one currency, of a month, or of a day that is not over, a proof is no day's.
  await run("--date", day, "--currency", "USD");
  await run("--month", day.slice(0, 7));
  await run("--date", today());
  const still = await run(...listed);

  const right = await run("--date", day);

  expect([wrong.code, keptWrong.code, still.code, right.code]).toEqual([1, 1, 1, 0]);
  const after = await run(...listed, "--json");
  expect(JSON.parse(after.out)).toMatchObject({ days: [{ day, isProven: true }] });
  const { days } = await kept();
  expect(days.map((one) => one.day)).not.toContain(today());
});
