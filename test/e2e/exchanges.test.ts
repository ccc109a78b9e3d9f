import { afterAll, beforeAll, expect, test } from "vitest";
import type { Trace } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { pay } from "./orders.ts";

const BYTES_MAX = 8 * 1_024;

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Sent = Readonly<{ step: string; request: string; answer: string }>;

async function sendsOf(laneKey: string): Promise<Sent[]> {
  const rows = await world.sql(
    `select a.step, a.request, a.answer from attempt a join intent i using (pair, key)
     where i.lane_key = $1 order by a.sent_at, a.nr`,
    [laneKey],
  );
  return rows as unknown as Sent[];
}

test("every send of an order keeps what it wrote and what came back", async () => {
  const order = await pay(world, 7_700);
  await expectBookedOnce(world, order);

  const sends = await sendsOf(order.id);

  const steps = ["create", "reserve", "fill", "release", "reserve", "fill", "release"];
  expect(sends.map(({ step }) => step)).toEqual([...steps, "write", "write"]);
  const [create, reserve, fill, release] = sends;
  expect(create?.request).toMatch(/^customerMaintenance\.editScreen\n<editScreen xmlns=/);
  expect(create?.request).toContain("<Name>Grace Hopper</Name>");
  expect(reserve?.answer).toMatch(/<BatNbr>\d+ *<\/BatNbr>/);
  expect(fill?.request).toContain(order.id);
  expect(release?.request).toContain("<actionType>RELEASENOW</actionType>");
  expect(sends.at(-2)?.request).toContain(`payment_intents.update ${order.id}`);
  expect(sends.at(-2)?.answer).toContain("DynamicsSL_InvoiceNbr");
  for (const { request, answer } of sends) {
    expect(request.length * answer.length).toBeGreaterThan(0);
    expect(Buffer.byteLength(request)).toBeLessThanOrEqual(BYTES_MAX);
    expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(BYTES_MAX);
  }
});

test("an exchange holds none of the pair's secrets", async () => {
  const order = await pay(world, 7_800);
  await expectBookedOnce(world, order);
  const trace = await world.api<Trace>(`/api/trace/${order.id}?exchanges=true`);

  const told = JSON.stringify(trace);

  expect(trace.documents[0]?.attempts[0]?.exchange?.request).toContain("editScreen");
  expect(world.secrets.length).toBeGreaterThan(3);
  for (const secret of world.secrets) expect(told).not.toContain(secret);
});

test("a send without an answer keeps what it wrote while its outcome is open", async () => {
  const match = { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" };
  const effect = { kind: "drop", commit: "never" };
  await world.slAdmin("/faults", { match, effect, times: 1 });

  const order = await pay(world, 7_900);

  const open = await until("the open fill", async () => {
    const [sent] = (await world.sql(
      `select a.step, a.request, a.answer from attempt a join intent i using (pair, key)
       where i.lane_key = $1 and a.step = 'fill' and a.answered_at is null
         and a.request is not null`,
      [order.id],
    )) as unknown as Sent[];
    return sent;
  });
  expect(open.request).toContain(order.id);
  expect(open.answer).toBeNull();
  await world.slAdmin("/faults", undefined, "DELETE");
});
