import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { pay } from "./orders.ts";
import { openFrom, periodAt } from "./sl-periods.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

const textOf = ({ DocType, OrigDocAmt, DocBal, PerPost }: Row) => {
  const amounts = `${Number(OrigDocAmt)} open ${Number(DocBal)}`;
  return `${trimmed(DocType)} ${amounts} in ${trimmed(PerPost)}`;
};

test("a refund half booked when its period closes is taken back and booked anew", async () => {
  const [own, next] = [periodAt(0), periodAt(1)];
  await openFrom(world, own);
  const order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
  const metadata = { slipway_refund_lines: "none of its lines" };
  const [charge = ""] = order.chargeIds;
  const { id } = await world.stripe.refunds.create({ charge, amount: 1_000, metadata });
  const inBooks = async () =>
    (await documentsOf(world, [id])).filter(({ Rlsed }) => Number(Rlsed) === 1).map(textOf);
  const parkedAs = (code: string | RegExp) =>
    until(`the refund to park as ${String(code)}`, async () => {
      const [row] = await openlyParked(world, order.id);
      return String(row?.code).match(code) === null ? undefined : row;
    });
  await parkedAs(/^mapping\./);
  await untilQuiet(world, order.id);
  expect(await inBooks()).toEqual([`DM 10 open 10 in ${own}`]);

  await openFrom(world, next);
  // Its event wakes the parked run.
  await world.stripe.refunds.update(id, { metadata: { slipway_refund_lines: "" } });

  const second = await parkedAs("mapping.period_closed");
  expect(second.reason).toBe(`Period ${own} was closed after a part of the fact was booked in it`);
  expect(second.cure).toContain("slipway reverse");
  expect(await inBooks()).toEqual([`DM 10 open 10 in ${own}`]);
  const said = ["reverse", id, "--rebook", "--reason", "its period", "--by", "maria", "--yes"];
  await runCommand(said, { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token });
  await until("the refund to be booked anew", async () => (await inBooks()).length === 4);
  await untilQuiet(world, order.id);
  expect((await inBooks()).sort()).toEqual([
    `CM 10 open 0 in ${next}`,
    `CM 10 open 0 in ${next}`,
    `DM 10 open 0 in ${own}`,
    `DM 10 open 0 in ${next}`,
  ]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});
