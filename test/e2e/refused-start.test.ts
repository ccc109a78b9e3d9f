import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { silentLog } from "../../src/base/log.ts";
import { openHub } from "../../src/compose.ts";
import { readSettings, saveSettings, settingsPath } from "../../src/config/index.ts";
import { migrationStatus } from "../../src/db/index.ts";
import { demoSettings } from "../../src/demo/demo-pair.ts";
import { freePort } from "../../src/demo/free-port.ts";
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let home: string;
let port: number;

beforeAll(async () => {
  database = await createTestDatabase();
});
// Fails while a connection of a refused hub is still open.
afterAll(() => database.drop());

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "slipway-refused-"));
  port = await freePort(0);
  return () => rmSync(home, { recursive: true, force: true });
});

const SETTINGS = demoSettings({
  stripe: { url: "http://127.0.0.1:12111", secretKey: "env:STRIPE_KEY" },
  sl: {
    url: "http://127.0.0.1:8080/ctDynamicsSL",
    user: "slipway",
    password: "env:SL_PASSWORD",
    siteId: "DEFAULT",
    siteKey: "env:SL_SITE_KEY",
    companyId: "0060",
  },
  webhookSecret: "env:STRIPE_WEBHOOK_SECRET",
});

/** Starts a hub on a file with one pair whose Stripe part is this one; gives the refusal. */
async function refusal(
  stripe: object,
  databaseUrl = database.url,
): Promise<Error & { code?: string }> {
  saveSettings(home, readSettings(home));
  writeFileSync(settingsPath(home), stringify({ pairs: { "acme-us": { ...SETTINGS, stripe } } }));
  const env = {
    databaseUrl,
    home,
    port,
    host: "127.0.0.1",
    logLevel: "error",
    eventDays: 90,
    key: undefined,
    token: undefined,
  } as const;
  return openHub(env, silentLog, { mayLoseCommits: true }).then(
    async (hub) => {
      await hub.close();
      return new Error("the hub started");
    },
    (thrown: unknown) => thrown as Error,
  );
}

test.each([
  ["no list of signing secrets", {}],
  ["an empty list of signing secrets", { "webhook-secrets": [] }],
  ["a signing secret of a variable that is not set", { "webhook-secrets": ["env:NOT_SET_HERE"] }],
] as const)("a hub whose pair has %s does not start, and says what to write", async (...row) => {
  const [, secrets] = row;

  const error = await refusal({ "secret-key": "env:STRIPE_KEY", ...secrets });

  expect(error).toMatchObject({ code: "config.invalid" });
  const [line] = error.message.split("\n").filter((text) => text.includes("webhook-secrets"));
  expect(line).toContain("pairs.acme-us.stripe.webhook-secrets");
  expect(error.message).toContain("webhook-secrets: [env:STRIPE_WEBHOOK_SECRET]");
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

test("an upgrade whose settings are refused has not touched the database", async () => {
  const older = await createEmptyDatabase();

  const error = await refusal({}, older.url);

  expect(error).toMatchObject({ code: "config.invalid" });
  const applied = (await migrationStatus(older.url)).filter(({ state }) => state === "applied");
  expect(applied).toEqual([]);
  await older.drop();
});
