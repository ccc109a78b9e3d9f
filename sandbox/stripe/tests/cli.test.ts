import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { openWorkbench } from "./workbench.ts";

const CLI = fileURLToPath(new URL("../../../node_modules/.bin/stripe", import.meta.url));
const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), "stripe-cli-"));

afterAll(() => rmSync(home, { recursive: true, force: true }));

it.each([
  ["payment_intent.succeeded", ["charge.succeeded", "payment_intent.succeeded"]],
  ["checkout.session.completed", ["checkout.session.completed", "payment_intent.succeeded"]],
  ["invoice.paid", ["invoice.paid", "invoice_payment.paid", "charge.succeeded"]],
  ["customer.created", ["customer.created"]],
  ["charge.dispute.closed", ["charge.dispute.created", "charge.dispute.closed"]],
])("the official CLI triggers %s", async (event, expected) => {
  const { sandbox, stripe } = await openWorkbench();

  const { stdout } = await run(
    CLI,
    ["trigger", event, "--api-base", sandbox.url, "--api-key", sandbox.secretKey],
    {
      env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, STRIPE_CLI_TELEMETRY_OPTOUT: "1" },
    },
  );

  expect(stdout).toContain("Trigger succeeded");
  const types = (await stripe.events.list({ limit: 100 })).data.map((one) => one.type);
  expect(types).toEqual(expect.arrayContaining(expected));
});
