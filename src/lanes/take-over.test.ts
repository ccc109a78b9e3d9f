import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../test/support/wait.ts";
import { wakeLanes } from "./lane.ts";
import { type Child, startChild } from "./testing/child.ts";
import { type LaneDatabase, openLaneDatabase } from "./testing/lane-database.ts";

let db: LaneDatabase;
const children: Child[] = [];

beforeAll(async () => {
  db = await openLaneDatabase();
  await db.pool.query("create table lane_write (owner text)");
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.end()));
  await db.close();
});

/** A process that holds the lanes it claims. Each test has a pair: they wait side by side. */
async function aChild(owner: string, pair: string): Promise<Child> {
  const child = await startChild({ url: db.url, owner, pair, mode: "hold" });
  children.push(child);
  return child;
}

async function isAsleep(key: string, pair: string): Promise<boolean> {
  const lane = await db.lane(key, pair);
  return lane?.owner === null && lane.due_in_ms === null;
}

test.concurrent("a killed process's lane is worked by another one within 20 s", async () => {
  const victim = await aChild("victim", "killed");
  await wakeLanes(db.pool, [{ pair: "killed", key: "pi_orphan" }]);
  await victim.said("holds");
  const heir = await aChild("heir of the victim", "killed");

  const killedAtMs = performance.now();
  await victim.end();
  const takenOver = await heir.said("takenOver", 25_000);
  const tookMs = performance.now() - killedAtMs;

  expect(takenOver).toBe("pi_orphan");
  expect(tookMs).toBeLessThan(20_000);
  heir.say("go");
  await until("the heir to finish", () => isAsleep("pi_orphan", "killed"));
});

test.concurrent("a thawed process can neither write nor finish after a take-over", async () => {
  const frozen = await aChild("frozen", "frozen");
  await wakeLanes(db.pool, [{ pair: "frozen", key: "pi_cold" }]);
  await frozen.said("holds");
  frozen.signal("SIGSTOP");
  // The heir keeps the lane, so that a slip of the frozen one would end the heir's claim.
  const heir = await aChild("heir of the frozen", "frozen");
  await heir.said("holds", 25_000);

  frozen.say("go");
  frozen.signal("SIGCONT");
  await frozen.said("finish");
  await frozen.said("lost");

  const written = frozen.lines.find((line) => "written" in line);
  expect(written).toMatchObject({ written: 0 });
  expect(await frozen.said("finish")).toBe("lane.fenced");
  expect(frozen.lines.filter((line) => "lost" in line)).toHaveLength(1);
  expect(await db.lane("pi_cold", "frozen")).toMatchObject({
    owner: "heir of the frozen",
    attempt: 2n,
  });
  heir.say("go");
  await until("the heir to finish", () => isAsleep("pi_cold", "frozen"));
  const writers = await db.pool.query("select owner from lane_write where owner like '%frozen'");
  expect(writers.rows).toEqual([{ owner: "heir of the frozen" }]);
});
