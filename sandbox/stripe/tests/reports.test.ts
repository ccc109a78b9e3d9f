import { expect, it } from "vitest";
import { openWorkbench, pay, refusal, type Workbench } from "./workbench.ts";

const DAY_SECONDS = 86_400;
const TYPE = "balance.summary.1";

/** A workbench whose clock stands at a midnight, with that midnight in seconds. */
async function openAtMidnight(): Promise<Workbench & { midnight: number }> {
  const bench = await openWorkbench();
  const { nowMs } = await bench.admin("/clock", { freeze: true });
  const seconds = Number(nowMs) / 1_000;
  const midnight = Math.ceil(seconds / DAY_SECONDS) * DAY_SECONDS;
  await bench.admin("/clock", { advanceMs: midnight * 1_000 - Number(nowMs) });
  return { ...bench, midnight };
}

const advance = ({ admin }: Workbench, seconds: number) =>
  admin("/clock", { advanceMs: seconds * 1_000 });

/** The lines of a report on an interval, as the file has them. */
async function report(bench: Workbench, interval_start: number, interval_end: number) {
  const { stripe, sandbox } = bench;
  const asked = await stripe.reporting.reportRuns.create({
    report_type: TYPE,
    parameters: { interval_start, interval_end, columns: ["category", "currency", "net_amount"] },
  });
  await advance(bench, 2);
  const { status, result } = await stripe.reporting.reportRuns.retrieve(asked.id);
  const answer = await fetch(`${sandbox.url}/v1/files/${result?.id}/contents`, {
    headers: { authorization: `Bearer ${sandbox.secretKey}` },
  });
  const text = await answer.text();
  return { asked: asked.status, status, type: answer.headers.get("content-type"), text };
}

it("a report tells the balance at both ends, with automatic payouts when they arrive", async () => {
  const bench = await openAtMidnight();
  const { stripe, admin, midnight } = bench;
  await pay(stripe, { payment_method: "pm_card_bypassPending" });
  await advance(bench, DAY_SECONDS);
  await admin("/payouts/now", {});
  await admin("/reserves", { amount: 1_000, currency: "usd" });
  await advance(bench, 3 * DAY_SECONDS);

  const day = (nr: number) => midnight + nr * DAY_SECONDS;
  const made = await report(bench, day(1), day(2));
  const arrived = await report(bench, day(3), day(4));

  expect(made).toMatchObject({ asked: "pending", status: "succeeded", type: "text/csv" });
  expect(made.text.trim().split("\n")).toEqual([
    '"category","currency","net_amount"',
    '"starting_balance","usd","104.81"',
    '"activity","usd","0.00"',
    '"payouts","usd","0.00"',
    '"ending_balance","usd","104.81"',
  ]);
  expect(arrived.text).toContain('"payouts","usd","-104.81"');
  expect(arrived.text).toContain('"ending_balance","usd","0.00"');
});

it("nothing is reported of the day that is under way", async () => {
  const bench = await openAtMidnight();
  const { stripe, midnight } = bench;
  await advance(bench, 3_600);
  const type = await stripe.reporting.reportTypes.retrieve(TYPE);

  const refused = await refusal(report(bench, midnight, midnight + 3_600));

  expect(type.data_available_end).toBe(midnight);
  expect([refused.statusCode, refused.param]).toEqual([400, "parameters[interval_end]"]);
});

it("a file is there once its report is made, and for a key that may read it", async () => {
  const bench = await openAtMidnight();
  const { stripe, sandbox, midnight } = bench;
  const run = await stripe.reporting.reportRuns.create({
    report_type: TYPE,
    parameters: { interval_start: midnight - DAY_SECONDS, interval_end: midnight },
  });
  const [row] = await bench.rows("report_run");
  const read = (key: string) =>
    fetch(`${sandbox.url}/v1/files/${String(row?.file)}/contents`, {
      headers: { authorization: `Bearer ${key}` },
    });

  const early = await read(sandbox.secretKey);
  await advance(bench, 2);
  const [there, forbidden] = [await read(sandbox.secretKey), await read("sk_test_other")];

  expect([run.result, early.status, there.status, forbidden.status]).toEqual([null, 404, 200, 401]);
  expect(await there.text()).toBe('"category","currency","description","net_amount"\n');
});
