import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { askDoctor, CONSENT } from "./ask-doctor.ts";

const saying = (words: string | RegExp): unknown => expect.stringMatching(words);

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

const doctor = (body: object = {}) => askDoctor(world, body);

test("a dry run lists what would be written and writes nothing", async () => {
  const { checks } = await doctor({ probe: true, dryRun: true, ...CONSENT });

  const release = checks.find(({ name }) => name === "probe.release-invoice");
  expect(release).toMatchObject({
    state: "skipped",
    text: saying(/^would ask: it releases documents .* \(writes released documents\)$/),
  });
  expect(checks.find(({ name }) => name === "probe.server-limit")).toMatchObject({
    state: "skipped",
    text: saying(/^cannot be asked: no operation tells the server's execution limit; ask/),
  });
  expect(await world.slRows("Batch")).toEqual([]);
  expect(await world.sql("select 1 from site_probe")).toEqual([]);
});

test.each([
  ["another company", { testCompany: "0099", customer: "C300" }, "books into company 0060"],
  ["no customer", { testCompany: "0060" }, "need a customer"],
  ["an unknown customer", { ...CONSENT, customer: "NOBODY" }, "SL has no customer NOBODY"],
  ["an inactive customer", { ...CONSENT, customer: "C302" }, "C302 is inactive"],
  ["a customer on hold", { ...CONSENT, customer: "C303" }, "C303 is on hold"],
  ["a customer in euros", { ...CONSENT, customer: "C304" }, "C304 trades in EUR"],
  ["a second unknown", { ...CONSENT, autoApplyCustomer: "NOBODY" }, "SL has no customer NOBODY"],
  ["no AutoApply", { ...CONSENT, autoApplyCustomer: "C301" }, "C301 has AutoApply off"],
  ["an unknown currency", { ...CONSENT, foreignCurrency: "XYZ" }, "SL has no currency XYZ"],
])("consent for %s is refused before anything is written", async (_which, consent, words) => {
  await expect(doctor({ probe: true, ...consent })).rejects.toThrow(words);

  expect(await world.slRows("Batch")).toEqual([]);
  expect(await world.sql("select 1 from site_probe")).toEqual([]);
});

test("the table tells what is known without a probe, and how", async () => {
  const { capabilities } = await doctor();

  const of = (name: string) => capabilities.find(({ capability }) => capability === name);
  expect(of("reserve-payment")).toMatchObject({ answer: "yes", source: "contract" });
  expect(of("find-by-key")).toMatchObject({ answer: "yes", source: "server" });
  expect(of("reserve-invoice")).toMatchObject({ answer: "unknown", source: "unknown" });
  expect(of("void-batch")).toMatchObject({ answer: "no", source: "contract" });
});
