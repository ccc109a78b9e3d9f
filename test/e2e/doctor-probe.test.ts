import { afterEach, beforeEach, expect, test } from "vitest";
import type { DoctorAnswer } from "../../src/api/contract.ts";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, WORLD_TOKEN, type World } from "../support/world.ts";
import { askDoctor, CONSENT } from "./ask-doctor.ts";
import { expectBookedOnce, expectParked, expectParkedUnbooked, resume } from "./books.ts";
import { pay } from "./orders.ts";
import { hasEnded, skipDelay } from "./time-passes.ts";

const saying = (words: string | RegExp): unknown => expect.stringMatching(words);

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

const doctor = (body: object = {}) => askDoctor(world, body);

function statesOf({ checks }: DoctorAnswer): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, state }) => [name, state]));
}

test("a probe without consent writes empty batches and no document", async () => {
  const answer = await doctor({ probe: true });

  expect(statesOf(answer)).toMatchObject({
    "probe.reserve-invoice": "ok",
    "probe.reserve-journal": "ok",
    "probe.list-batches": "ok",
    "probe.append": "skipped",
    "probe.release-invoice": "skipped",
    "probe.server-limit": "skipped",
  });
  expect(await world.slRows("ARDoc")).toEqual([]);
  expect((await world.slRows("Batch")).map((row) => row.Status)).toEqual(["H", "H", "H"]);
});

test("a second probe adds no empty batch for what is answered, unless told to", async () => {
  await doctor({ probe: true });
  const second = await doctor({ probe: true });
  const afterSecond = (await world.slRows("Batch")).length;
  await doctor({ probe: true, again: true });
  const afterThird = (await world.slRows("Batch")).length;

  const skipped = second.checks.find(({ name }) => name === "probe.reserve-journal");
  expect(skipped).toMatchObject({
    state: "skipped",
    text: saying(/^not asked again: answered yes on 20\d\d-\d\d-\d\d; --again/),
  });
  expect([afterSecond, afterThird]).toEqual([3, 6]);
});

test("a server that takes empty batches at last is believed by the next probe", async () => {
  await world.slAdmin("/switches", { emptyInvoiceBatches: false });
  const first = await doctor({ probe: true });
  await world.slAdmin("/switches", { emptyInvoiceBatches: true });

  const second = await doctor({ probe: true });

  expect(statesOf(first)).toMatchObject({ "probe.reserve-invoice": "warning" });
  expect(statesOf(second)).toMatchObject({ "probe.reserve-invoice": "ok" });
});

test("another version of the server is asked again", async () => {
  await doctor({ probe: true });
  await world.sql("update site_probe set server_version = 'an older one'");

  const answer = await doctor({ probe: true });

  expect(statesOf(answer)).toMatchObject({ "probe.reserve-journal": "ok" });
});

test("held batches of a probe stay in sight, those of the ledger too", async () => {
  await doctor({ probe: true });
  const batches = await world.slRows("Batch");

  const leftovers = (await doctor()).checks.find(({ name }) => name === "sl.leftovers");

  const screens = batches.map(({ BatNbr, EditScrnNbr }) => {
    const screen = String(EditScrnNbr).trim();
    return `${String(BatNbr).trim()} (${screen.slice(0, 2)}.${screen.slice(2)})`;
  });
  expect(screens.filter((name) => name.endsWith("(01.010)"))).toHaveLength(1);
  expect(screens.filter((name) => !leftovers?.text.includes(name))).toEqual([]);
});

test("with consent every answer is stored with its date and server version", async () => {
  const more = { autoApplyCustomer: "C305", foreignCurrency: "EUR" };

  const answer = await doctor({ probe: true, ...CONSENT, ...more });

  const stored = await world.sql("select name, answer, server_version, site from site_probe");
  const probed = answer.capabilities.filter(({ source }) => source === "probe");
  const problems = answer.checks.filter(
    ({ name, state }) => name !== "database" && state === "problem",
  );
  expect(problems).toEqual([]);
  expect(stored.every((row) => row.answer === "yes" && row.server_version !== "")).toBe(true);
  // The views are asked anew at each look, so their stored answer is for the record.
  expect(probed).toHaveLength(stored.length - 1);
  expect(probed[0]).toMatchObject({ answer: "yes", probedAt: saying(/^20/) });
});

test("test documents do not pause the pair as a gap between hub and SL", async () => {
  await doctor({ probe: true, ...CONSENT });

  await world.restartHub();
  await until("hub and SL to be compared", async () => {
    const [row] = await world.sql("select is_green from lineage");
    return row?.is_green === true;
  });

  const leftovers = (await doctor()).checks.find(({ name }) => name === "sl.leftovers");
  expect(leftovers).toMatchObject({ state: "warning", cure: "Void them in their screen in SL." });
});

test("a mistyped customer ends the command as wrong usage and leaves the answers", async () => {
  await doctor({ probe: true, ...CONSENT });
  const before = await world.sql("select * from site_probe order by name");

  const { code, err } = await runCommand([
    ...["doctor", "--pair", world.pair, "--probe", "--test-company", "0060"],
    ...["--customer", "NOBODY", "--url", world.hubUrl(), "--token", WORLD_TOKEN],
  ]);

  expect([code, err]).toEqual([2, saying(/SL has no customer NOBODY/)]);
  expect(await world.sql("select * from site_probe order by name")).toEqual(before);
});

test("a refusal that speaks of another matter overwrites no answer", async () => {
  await doctor({ probe: true, ...CONSENT });
  const prepayment = "select * from site_probe where name = 'prepayment'";
  const before = await world.sql(prepayment);
  const effect = { kind: "refuse", message: "Period 202611 is closed" };
  await world.slAdmin("/faults", { match: { contains: "<DocType>PP<" }, effect, times: null });

  const { checks } = await doctor({ probe: true, ...CONSENT });

  expect(checks.find(({ name }) => name === "probe.prepayment")).toMatchObject({
    state: "skipped",
    text: saying(/^cannot be asked here: .*Period 202611 is closed/),
  });
  expect(await world.sql(prepayment)).toEqual(before);
});

test("an SL that is away is a problem of its own and no answer", async () => {
  await world.stopSl();

  const answer = await doctor({ probe: true });
  await world.startSl();

  expect(statesOf(answer)).toMatchObject({ "probe.site": "problem" });
  expect(await world.sql("select 1 from site_probe")).toEqual([]);
});

test("answers of another site are neither shown nor followed", async () => {
  await doctor({ probe: true });
  await world.sql("update site_probe set site = 'http://elsewhere', answer = 'no'");

  const { capabilities } = await doctor();
  const order = await pay(world, 1_500);

  expect(capabilities.some(({ source }) => source === "probe")).toBe(false);
  await world.ended(order.id);
  await expectBookedOnce(world, order);
});

test("a site that releases by hand alone is waited for, and its order goes on", async () => {
  await world.slAdmin("/switches", { releaseNow: false });
  await doctor({ probe: true, ...CONSENT });
  const order = await pay(world, 2_000);

  for (const purpose of ["invoice", "payment"]) {
    const batNbr = await until(`the ${purpose} to wait for its release`, async () => {
      await skipDelay(world, order);
      const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
      const wait = rows.find((row) => row.laneKey === order.id && row.purpose === purpose);
      return wait === undefined ? undefined : String(wait.batNbr);
    });
    await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
  }

  await until("the order to be booked", async () => {
    await skipDelay(world, order);
    return hasEnded(world, order);
  });
  await expectBookedOnce(world, order);
});

test("a site that takes no applications with a payment gets them in a second step", async () => {
  await world.slAdmin("/switches", { paymentsApplyAtEntry: false });
  await doctor({ probe: true, ...CONSENT });

  const order = await pay(world, 2_300);
  await world.ended(order.id, ["booked"]);

  await expectBookedOnce(world, order);
  const applied = await world.sql("select stage from intent where purpose = 'apply'");
  expect(applied).toEqual([{ stage: "done" }]);
});

test("a site that does not keep the key is not written to", async () => {
  await world.slAdmin("/switches", { userFieldsKept: false });
  await doctor({ probe: true, ...CONSENT });
  const before = (await world.slRows("Batch")).length;

  const order = await pay(world, 2_000);

  await expectParkedUnbooked(world, order, "config.key_not_kept");
  expect((await world.slRows("Batch")).length).toBe(before);
});

test("a site that fills no saved batch books by a single ADD", async () => {
  await world.slAdmin("/switches", { heldBatchesTakeDocuments: false });
  const early = await pay(world, 1_000);
  await expectParked(world, early, "erp.refused");

  await doctor({ probe: true, ...CONSENT });
  await resume(world, early);
  await world.ended(early.id, ["booked"]);

  await expectBookedOnce(world, early);
});
