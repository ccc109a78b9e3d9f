import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { runSlipway } from "./testing/run-slipway.ts";

let api: Served;

beforeAll(async () => {
  // The wizard asks its port alone: no statement reaches a database.
  api = await serveApi(new Pool(), {
    wizard: { ...(await wellWizard()) },
  });
});
afterAll(() => api?.close());

/** The wizard of the tests with a key that has every right. */
async function wellWizard() {
  const other = await serveApi(new Pool());
  const { wizard } = other.deps;
  await other.close();
  const isGranted = true;
  return {
    ...wizard,
    lookAtStripe: async (access: { secretKey: string }) => {
      const looked = await wizard.lookAtStripe(access);
      const isShort = access.secretKey === "rk_test_short";
      const permissions = looked.permissions.map((one) => ({ ...one, isGranted }));
      return isShort ? looked : { ...looked, permissions };
    },
    makePair: async (...asked: Parameters<typeof wizard.makePair>) => {
      made.push(asked);
      return wizard.makePair(...asked);
    },
  };
}

const made: unknown[] = [];
const BOOKS = [
  ...["--sl-url", "https://sl.example.com/ct", "--sl-user", "slipway", "--company", "0060"],
  ...["--clearing", "1095/000", "--ar", "1095/000", "--sales", "1095/000", "--shipping"],
  ...["1095/000", "--rounding", "1095/000", "--class", "RETAIL", "--terms", "01"],
  ...["--time-zone", "America/New_York", "--stdin"],
];
const wizard = (args: readonly string[], input = "sk_test_1\npass-word\n") =>
  runSlipway(
    ["pair", "wizard", "acme-eu", ...BOOKS, ...args, "--url", api.url, "--token", TEST_TOKEN],
    { input },
  );

test("with every answer as a flag a pair is tried first, then made", async () => {
  made.length = 0;

  const { code, out, err } = await wizard(["--public-url", "https://hub.example.com/", "--yes"]);

  expect(code, err).toBe(0);
  expect(out).toContain("acme-eu is saved and at work for SL company 0060");
  expect(out).toContain("https://hub.example.com/webhooks/stripe/acme-eu (we_1)");
  expect(err).toContain("The minimal restricted key");
  expect(out + err).not.toContain("sk_test_1");
  expect(made).toMatchObject([
    [{ id: "acme-eu", preview: 50 }, { dryRun: true }],
    [
      {
        webhookUrl: "https://hub.example.com/webhooks/stripe/acme-eu",
        settings: {
          stripe: { "secret-key": "sk_test_1", intake: "webhook", livemode: false },
          sl: { "company-id": "0060", "base-currency": "USD", "site-id": "DEFAULT" },
          accounts: { clearing: { USD: "1095/000" } },
          tax: "none",
          customer: { class: "RETAIL" },
        },
      },
      { dryRun: false },
    ],
  ]);
});

test("a dry run makes nothing, and without a public URL the hub asks Stripe", async () => {
  made.length = 0;

  const { code, out } = await wizard(["--dry-run", "--json"]);

  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ isDryRun: true, webhookEndpoint: null });
  expect(made).toMatchObject([[{ settings: { stripe: { intake: "pull" } } }, { dryRun: true }]]);
});

test("a key that lacks a right ends the wizard with the right, before SL is asked", async () => {
  made.length = 0;

  const { code, err } = await wizard(["--yes"], "rk_test_short\npass-word\n");

  expect(code).not.toBe(0);
  expect(err).toMatch(/lacks {2}Events/);
  expect(err).toContain("then start the wizard again");
  expect(made).toEqual([]);
});

test("an account that SL does not have is refused by its flag", async () => {
  const { code, err } = await wizard(["--yes", "--ar", "9999/000"]);

  expect(code).toBe(2);
  expect(err).toContain('--ar "9999/000" names an account that SL does not have active: 9999');
});
