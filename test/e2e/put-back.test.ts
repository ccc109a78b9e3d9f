import { expect, test } from "vitest";
import { ownWorlds } from "../support/own-worlds.ts";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { pay } from "./orders.ts";
import { allAsleep, copyHub, putBackHub, rebuild, releasedNumbers } from "./restores.ts";

const aWorld = ownWorlds();

/** The hub notices the restore by itself, distrusts its copy, and compares. */
async function untilComparedAgain(world: World): Promise<Row> {
  const [before] = await world.sql("select now() as at");
  return until("the comparison after the restore", async () => {
    const [row] = await world.sql("select reason, checked_at from lineage");
    const isNew = (row?.checked_at as Date) > (before?.at as Date);
    return isNew && !String(row?.reason).includes("not compared") ? row : undefined;
  });
}

/** A call that is answered late enough to copy the hub's database while it is under way. */
const SLOW_CALLS = {
  "the invoice is being reserved": { service: "invoiceAndMemo", operation: "editBatch" },
  "the invoice is being filled": { service: "invoiceAndMemo", actionType: "UPDATE" },
  "the invoice is being released": { service: "invoiceAndMemo", actionType: "RELEASENOW" },
  "the payment is being reserved": { service: "paymentApplication", actionType: "ADD" },
  "the payment is being filled": { service: "paymentApplication", actionType: "UPDATE" },
} as const;

test.concurrent.each(Object.entries(SLOW_CALLS))(
  "a copy made while %s, put back under a running hub, makes no second document",
  async (_, match) => {
    const world = await aWorld();
    await world.slAdmin("/faults", { match, effect: { kind: "latency", ms: 1_000 } });
    const order = await pay(world, 1_400);
    await until("the slow call", async () => {
      const [fault] = await world.slAdmin<Row[]>("/faults");
      return Number(fault?.hits) > 0;
    });
    await copyHub(world);
    await expectBookedOnce(world, order);
    const before = await releasedNumbers(world, order);

    await putBackHub(world);
    const compared = await untilComparedAgain(world);
    await rebuild(world);
    await allAsleep(world);

    expect(compared.reason).not.toContain("not compared");
    expect(await releasedNumbers(world, order)).toEqual(before);
    await expectBookedOnce(world, order);
  },
);
