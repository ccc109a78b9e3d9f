import { expect, test } from "vitest";
import type { GuidedOrder } from "../../demo/guided-order.ts";
import type { Played } from "../../demo/play.ts";
import { choosePaint } from "../terminal.ts";
import { createTeller } from "./demo.ts";

const PAYMENT = "pi_4YwzNIHQSm7ZKKDa3qC5xBrT";
const CUSTOMER = "cus_8PKmmIQ1y0xxgl";
const order = { paymentIntentId: PAYMENT } as GuidedOrder;
const urls = {
  hub: "http://127.0.0.1:4242",
  stripe: "http://127.0.0.1:40001",
  stripeKey: "sk_test_51JGXHWQIeJUgKHGFo2s2vMtF8sbX3ZCEMxdAnx3ydxtjz9",
  sl: "http://127.0.0.1:40002/services/ctDynamicsSL",
};
const entry = (document: string, account: string, side: "debit" | "credit") => ({
  ...{ document, account, subaccount: "000000000000", currency: "USD", [side]: "108.25" },
  text: `Stripe ${PAYMENT}, a long description of what was sold`,
});

/** All that the demo prints to a person whose terminal has so many columns. */
function printed(width: number | undefined): string[] {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(...text.split("\n"));
  const teller = createTeller(false, { write, warn: write, paint: choosePaint(false, {}), width });
  teller.starting("shop/.slipway", false);
  teller.ready(urls);
  const paid = `${PAYMENT}, 108.25 USD, customer ${CUSTOMER}`;
  teller.line({ key: "1", step: "paid at Stripe", text: paid, facts: {} });
  const received =
    "payment_intent.succeeded evt_4YwzNIHQSm7ZKKDa3qC5xBrT, signature checked, on disk";
  teller.line({ key: "2", step: "event received", text: received, facts: {} });
  const entries = [entry("IN 000200", "1210", "debit"), entry("PA KY3E3RUCE5", "1095", "credit")];
  const books = { entries, receivable: "0.00" };
  const metadata = { DynamicsSL_BatchNbr: "000123" };
  teller.result({ order, books, metadata } as unknown as Played);
  teller.next({ ...urls, hubPid: 4711, order });
  teller.hubEnded({ code: null, signal: "SIGKILL" });
  return lines;
}

test("on 80 columns no line is longer, and no id or command is in two pieces", () => {
  const lines = printed(80);

  // The shells of Windows agree on no sign for a line that goes on.
  const isCommand = (line: string) => process.platform === "win32" && line.includes(" npx ");
  expect(lines.filter((line) => line.length > 80 && !isCommand(line))).toEqual([]);
  const text = lines.join("\n");
  for (const whole of [PAYMENT, CUSTOMER, urls.stripeKey, "evt_4YwzNIHQSm7ZKKDa3qC5xBrT"]) {
    expect(text).toContain(whole);
  }
});

test("what is broken goes on below its own text", () => {
  const lines = printed(80);

  const at = lines.findIndex((line) => line.includes("paid at Stripe"));
  const column = lines[at]?.indexOf(PAYMENT) ?? -1;
  expect(lines[at + 1]).toBe(`${" ".repeat(column)}customer ${CUSTOMER}`);
});

test("the table of entries keeps its columns and cuts its texts", () => {
  const rows = printed(80).filter((line) => / 0{12} /.test(line));

  expect(rows).toHaveLength(2);
  expect(new Set(rows.map((row) => row.indexOf("USD"))).size).toBe(1);
  for (const row of rows) expect(row).toMatch(/USD {2}Stripe \S*…$/);
});

test("a long command can be copied in one piece", () => {
  const text = printed(80)
    .join("\n")
    .replaceAll(/ \\\n +/g, " ");

  const at = `--api-base ${urls.stripe} --api-key ${urls.stripeKey}`;
  const command = `npx stripe trigger payment_intent.succeeded ${at}`;
  expect(text.split("\n").filter((line) => line.trim() === command)).toHaveLength(2);
});

test("where no person looks nothing is broken or cut", () => {
  const text = printed(undefined).join("\n");

  expect(text).toContain(`${PAYMENT}, 108.25 USD, customer ${CUSTOMER}\n`);
  expect(text).toContain("a long description of what was sold");
  expect(text).not.toContain("\\\n");
});
