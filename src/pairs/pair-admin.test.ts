import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PairAdmin } from "../api/index.ts";
import { HubError } from "../base/errors.ts";
import { loadKey, settingsPath } from "../config/index.ts";
import { demoSettings } from "../demo/demo-pair.ts";
import type { PairRuntime } from "../runs/index.ts";
import { createPairAdmin } from "./pair-admin.ts";
import { PairBook } from "./pair-book.ts";

const SECRETS = {
  key: "sk_test_51Nobody4Should7See",
  hook: "whsec_NobodyShouldSeeThis",
  password: "pass-word-of-SL",
  siteKey: "site-key-of-SL",
};
const SETTINGS = demoSettings({
  stripe: { url: "http://127.0.0.1:12111", secretKey: SECRETS.key },
  sl: {
    url: "http://127.0.0.1:8080/ctDynamicsSL",
    user: "slipway",
    password: SECRETS.password,
    siteId: "DEFAULT",
    siteKey: SECRETS.siteKey,
    companyId: "0060",
  },
  webhookSecret: SECRETS.hook,
});

type Zoned = PairRuntime["settings"];
let home: string;
let book: PairBook;
let pairs: PairAdmin;
/** The id of each pair that was opened, in order: what is at work is what was opened last. */
let opened: string[];
/** The pairs that were told of as saved, with their zones. */
let saved: string[];
/** By whom each change of the file was made. */
let doers: string[];
/** Why SL could not hold the pair's money, where it could not. */
let refusal: HubError | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-pairs-"));
  opened = [];
  const make = (settings: PairRuntime["settings"]) => {
    opened.push(`${settings.id} ${settings.terms.paid}`);
    return { id: settings.id, settings } as PairRuntime;
  };
  book = new PairBook({
    home,
    sources: { env: { SL_PASSWORD: SECRETS.password }, key: () => loadKey(home, undefined) },
    make,
  });
  const test = async (pair: PairRuntime) => [
    { pair: pair.id, name: "look", state: "ok" as const, text: pair.settings.terms.paid },
  ];
  refusal = undefined;
  const accept = async (after: Zoned, before: Zoned | undefined) => {
    if (refusal !== undefined && before?.terms.paid !== after.terms.paid) throw refusal;
  };
  const acceptChange = async (before: Zoned | undefined, after: Zoned) => {
    if (refusal === undefined || before === undefined) return;
    if (before.timeZone !== after.timeZone) throw refusal;
  };
  saved = [];
  const onSaved = async ({ id, timeZone }: Zoned) => void saved.push(`${id} ${timeZone}`);
  const hubUrl = () => "http://127.0.0.1:4747";
  doers = [];
  const record = async <T>(by: string, edit: () => T) => {
    doers.push(by);
    return edit();
  };
  pairs = createPairAdmin({ book, hubUrl, test, accept, acceptChange, record, onSaved });
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

const fileText = () => readFileSync(settingsPath(home), "utf8");
const isRun = { dryRun: false, by: "maria" };
const isTrial = { dryRun: true, by: "maria" };

test("no answer and no file shows a secret of the pair", async () => {
  const added = await pairs.add("demo", SETTINGS, isRun);
  const changed = await pairs.set("demo", { path: "sl.password", value: "a new one" }, isRun);

  const seen = [added, changed, await pairs.show("demo"), await pairs.list(), fileText()];

  const text = JSON.stringify(seen);
  const leaked = [...Object.values(SECRETS), "a new one"].filter((one) => text.includes(one));
  expect(leaked).toEqual([]);
  expect(changed.settings).toMatchObject({
    stripe: { "secret-key": "••••••", "webhook-secrets": ["••••••"] },
    sl: { password: "••••••", "site-key": "••••••", user: "slipway" },
  });
  expect(book.require("demo").settings.sl.password.reveal()).toBe("a new one");
});

test.each([isRun, isTrial])(
  "a pair that SL cannot hold is refused before it is saved: %o",
  async (how) => {
    refusal = new HubError("money.precision", "SL keeps 2 decimals of KWD");

    await expect(pairs.add("demo", SETTINGS, how)).rejects.toMatchObject({
      code: "money.precision",
    });

    expect([book.get("demo"), opened]).toEqual([undefined, []]);
  },
);

test("a broken settings file is told with its line, and left as it is", async () => {
  await pairs.add("demo", SETTINGS, isRun);
  writeFileSync(settingsPath(home), "pairs:\n  demo: [");

  const set = pairs.set("demo", { path: "terms.paid", value: "30" }, isRun);

  await expect(set).rejects.toMatchObject({ code: "config.invalid" });
  await expect(set).rejects.toThrow(/slipway\.yaml is no YAML:\n.* at line 2, column \d+$/);
  expect(() => pairs.exportSettings()).toThrow(/at line 2/);
  expect(fileText()).toBe("pairs:\n  demo: [");
});

test.each(["- demo", "pairs: demo", "pairs: {demo: [1]}"])(
  "a setting below what is no map is refused by its path: %s",
  async (text) => {
    await pairs.add("demo", SETTINGS, isRun);
    writeFileSync(settingsPath(home), text);

    const set = pairs.set("demo", { path: "terms.paid", value: "30" }, isRun);

    await expect(set).rejects.toMatchObject({ code: "config.invalid" });
    await expect(set).rejects.toThrow("pairs.demo.terms.paid cannot be set");
  },
);

test.each([isRun, isTrial])("a change that is not accepted changes nothing: %o", async (how) => {
  await pairs.add("demo", SETTINGS, isRun);
  const before = fileText();
  refusal = new HubError("config.invalid", "the pair has booked");

  const set = pairs.set("demo", { path: "time-zone", value: "Asia/Tokyo" }, how);
  await expect(set).rejects.toThrow("the pair has booked");
  const text = before.replace("America/New_York", "Asia/Tokyo");
  const imported = pairs.importSettings({ text, version: undefined }, how);
  await expect(imported).rejects.toThrow("the pair has booked");
  expect(text).not.toBe(before);
  expect([fileText(), opened]).toEqual([before, ["demo 01"]]);

  await pairs.set("demo", { path: "closed-period", value: "park" }, how);
});

test.each([isRun, isTrial])("a change that SL cannot hold changes nothing: %o", async (how) => {
  await pairs.add("demo", SETTINGS, isRun);
  const before = fileText();
  refusal = new HubError("config.invalid", 'terms.paid: "30" are instalment terms');

  const set = pairs.set("demo", { path: "terms.paid", value: "30" }, how);
  await expect(set).rejects.toThrow("instalment terms");
  const text = before.replace('paid: "01"', 'paid: "30"');
  const imported = pairs.importSettings({ text, version: undefined }, how);
  await expect(imported).rejects.toThrow("instalment terms");

  expect(text).not.toBe(before);
  expect([fileText(), opened]).toEqual([before, ["demo 01"]]);
});

test("each change that is saved is told with its doer, and no trial is", async () => {
  await pairs.add("demo", SETTINGS, isRun);
  for (const how of [isTrial, isRun]) {
    await pairs.set("demo", { path: "time-zone", value: "Asia/Tokyo" }, how);
    const text = fileText().replace("Asia/Tokyo", "Europe/Berlin");
    await pairs.importSettings({ text, version: undefined }, how);
  }

  expect(saved).toEqual(["demo America/New_York", "demo Asia/Tokyo", "demo Europe/Berlin"]);
  expect(doers).toEqual(["maria", "maria", "maria"]);
});

test("show gives every setting under its name in the file, defaults too", async () => {
  await pairs.add("demo", SETTINGS, isRun);

  const { settings, webhookUrl } = await pairs.show("demo");

  expect(webhookUrl).toBe("http://127.0.0.1:4747/webhooks/stripe/demo");
  expect(settings).toMatchObject({
    "outcome-horizon": 330,
    "closed-period": "next-open",
    accounts: { clearing: { USD: { account: "1095", subaccount: "000000000000" } } },
  });
});

test("show keeps the names that people or Stripe give; others are as in the file", async () => {
  const when = { "customer-metadata": { vipTier: "gold" }, metadata: { salesChannel: "till" } };
  const filters = [{ when: { ...when, currency: "USD", "amount-below": "5.00" }, do: "skip" }];
  const taxes = { txr_1NzAbC: "NYTAX" };
  await pairs.add("demo", { ...SETTINGS, taxes, sync: { filters } }, isRun);

  const { settings } = await pairs.show("demo");

  expect(settings).toMatchObject({
    ...{ taxes, clearing: { "cash-account": "no" } },
    sync: { filters: [{ when: { metadata: { salesChannel: ["till"] }, "amount-below": "5.00" } }] },
  });
  expect(JSON.stringify(settings)).toContain('"customer-metadata":{"vipTier":["gold"]}');
});

test("a trial checks and answers, and changes neither the file nor the pairs at work", async () => {
  await pairs.add("demo", SETTINGS, isRun);
  const before = fileText();

  const trial = await pairs.set("demo", { path: "terms.paid", value: "30" }, isTrial);
  await pairs.add("other", SETTINGS, isTrial);

  expect(trial.settings).toMatchObject({ terms: { paid: "30" } });
  expect(fileText()).toBe(before);
  expect(opened).toEqual(["demo 01"]);
  expect((await pairs.show("demo")).settings).toMatchObject({ terms: { paid: "01" } });
  expect((await pairs.list()).map(({ id }) => id)).toEqual(["demo"]);
});

test.each([
  ["a wrong value", { path: "outcome-horizon", value: 1 }, "demo.outcome-horizon"],
  ["an unknown setting", { path: "terms.payed", value: "30" }, "demo.terms.payed"],
  ["a setting that must be there", { path: "accounts.ar", value: null }, "demo.accounts.ar"],
  ["no signing secret", { path: "stripe.webhook-secrets", value: [] }, "stripe.webhook-secrets"],
] as const)("a change with %s is refused by name and leaves the pairs at work", async (...row) => {
  const [, change, named] = row;
  await pairs.add("demo", SETTINGS, isRun);
  const [before, pair] = [fileText(), book.require("demo")];

  const refused = pairs.set("demo", change, isRun);

  await expect(refused).rejects.toMatchObject({ code: "config.invalid" });
  await expect(refused).rejects.toThrow(named);
  expect(fileText()).toBe(before);
  expect(book.require("demo")).toBe(pair);
  expect(opened).toEqual(["demo 01"]);
});

test("the cure of a refused change asks for another value, and for no correction", async () => {
  await pairs.add("demo", SETTINGS, isRun);

  const refused = pairs.set("demo", { path: "outcome-horizon", value: 1 }, isRun);

  await expect(refused).rejects.toMatchObject({
    cure: "Nothing was changed; give another value.",
  });
});

test("a change to a variable that is not set names the variable in its cure", async () => {
  await pairs.add("demo", SETTINGS, isRun);

  const refused = pairs.set("demo", { path: "sl.password", value: "env:NOT_SET_HERE" }, isRun);

  await expect(refused).rejects.toMatchObject({
    cure: "Nothing was changed; set NOT_SET_HERE for the hub and start it again, then repeat.",
  });
});

test("a change to a file that was wrong before asks to correct the file", async () => {
  await pairs.add("demo", SETTINGS, isRun);
  writeFileSync(settingsPath(home), `${fileText()}nonsense: 1\n`);

  const refused = pairs.set("demo", { path: "terms.paid", value: "30" }, isRun);

  await expect(refused).rejects.toThrow("nonsense is unknown");
  await expect(refused).rejects.toMatchObject({
    cure: "Nothing was changed; slipway.yaml was wrong before: correct it there, then repeat.",
  });
});

test("a change takes effect at once, for the test of the pair too", async () => {
  await pairs.add("demo", SETTINGS, isRun);

  await pairs.set("demo", { path: "terms.paid", value: "30" }, isRun);

  expect(opened).toEqual(["demo 01", "demo 30"]);
  expect(await pairs.test("demo")).toMatchObject([{ pair: "demo", text: "30" }]);
});

test("a pair that exists is not added again, and one that does not is not changed", async () => {
  await pairs.add("demo", SETTINGS, isRun);
  const before = fileText();

  const again = pairs.add("demo", SETTINGS, isRun);
  const nobody = pairs.set("nobody", { path: "terms.paid", value: "30" }, isRun);

  await expect(again).rejects.toMatchObject({ code: "api.invalid" });
  await expect(nobody).rejects.toMatchObject({ code: "config.pair_unknown" });
  expect(fileText()).toBe(before);
});

test.each([
  ["no setting at all", {}],
  ["an empty map", { sl: {} }],
])("a new pair with %s is refused with what it lacks", async (_what, settings) => {
  const added = pairs.add("demo", settings, isRun);

  await expect(added).rejects.toMatchObject({ code: "config.invalid" });
  await expect(added).rejects.toThrow("pairs.demo.sl");
});
