import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";
import { readImports } from "../../scripts/ground/imports.ts";
import type { Admin, Row } from "../oracle/rows.ts";
import { judge } from "./oracle.ts";
import { judgeSummary } from "./summary-oracle.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAIR_FILE = {
  "time-zone": "America/New_York",
  accounts: { ar: "1200/0", sales: "4010/0", clearing: { USD: "1095/0" } },
};

/** Everything that a file imports, directly or by way of others; packages by their name. */
function closureOf(path: string, seen = new Set<string>()): Set<string> {
  for (const { specifier } of readImports(readFileSync(join(ROOT, path), "utf8"))) {
    const isOurs = specifier.startsWith(".");
    const target = isOurs ? relative(ROOT, join(ROOT, dirname(path), specifier)) : specifier;
    if (seen.has(target)) continue;
    seen.add(target);
    if (isOurs) closureOf(target, seen);
  }
  return seen;
}

/** A sandbox's administration that serves these rows and notes what it is asked for. */
function rowsOnly(tables: Readonly<Record<string, readonly Row[]>>, asked: string[]): Admin {
  return <T>(path: string, body?: unknown): Promise<T> => {
    asked.push(body === undefined ? path : `POST ${path}`);
    return Promise.resolve((tables[path.replace("/rows?table=", "")] ?? []) as T);
  };
}

it.each([
  ["test/torture/oracle.ts", /^test\/oracle\//],
  ["test/torture/order-oracle.ts", /^test\/(oracle\/|torture\/(oracle|return-oracle)\.ts$)/],
  [
    "test/torture/aftermath-oracle.ts",
    /^test\/(oracle\/|torture\/(oracle|aftermath-rules|random)\.ts$)/,
  ],
  ["test/torture/summary-oracle.ts", /^test\/(oracle\/|torture\/(oracle|summary-rules)\.ts$)/],
  ["test/oracle/judge.ts", /^(test\/oracle\/|yaml$|node:)/],
])("%s imports nothing but the oracle's own", (file, own) => {
  const imported = [...closureOf(file)].map((path) => path.replaceAll("\\", "/"));

  expect(imported.length).toBeGreaterThan(3);
  expect(imported.filter((path) => !own.test(path))).toEqual([]);
});

it("the oracle reads rows of the sandboxes and nothing else", async () => {
  const asked: string[] = [];
  const admin = rowsOnly({}, asked);

  const { differences } = await judge({ sl: admin, stripeAdmin: admin, pairFile: PAIR_FILE });

  expect(differences).toEqual([]);
  expect(asked.filter((path) => !path.startsWith("/rows?table="))).toEqual([]);
});

it("money that Stripe took and SL does not hold is a difference", async () => {
  const charge = { id: "ch_1", status: "succeeded", captured: true, payment_intent: "pi_1" };
  const intent = { id: "pi_1", metadata: {} };
  const stripe = { charge: [{ ...charge, amount_captured: 4_000 }], payment_intent: [intent] };

  const { differences } = await judge({
    sl: rowsOnly({}, []),
    stripeAdmin: rowsOnly(stripe, []),
    pairFile: PAIR_FILE,
  });

  expect(differences).toEqual(["0 released IN for pi_1: ", "0 released PA for ch_1: "]);
});

it("a charge that no document of its day holds, and that none owns, is a difference", async () => {
  const charge = { id: "ch_1", status: "succeeded", captured: true, payment_intent: "pi_1" };
  const row = { id: "txn_1", source: "ch_1", reporting_category: "charge", created: 1_772_000_000 };
  const stripe = {
    charge: [{ ...charge, amount_captured: 4_000 }],
    payment_intent: [{ id: "pi_1", metadata: {} }],
    balance_transaction: [row],
  };

  const { differences } = await judgeSummary({
    sl: rowsOnly({}, []),
    stripeAdmin: rowsOnly(stripe, []),
    pairFile: PAIR_FILE,
    owners: () => Promise.resolve([]),
    script: { mayHoldUp: false },
  });

  expect(differences).toEqual([
    "0 released IN for day:2026-02-25: ",
    "0 released PA for day:2026-02-25: ",
    "not owned: txn_1 by ",
  ]);
});

it.each([
  ["its own, where that is open", "202602", "202602", []],
  ["the first one that is open, once its own is closed", "202603", "202603", []],
  ["no later one", "202602", "202603", ["IN", "PA"]],
])("the documents of a day that is over are in %s", async (_, PerNbr, PerPost, wrong) => {
  const charge = { id: "ch_1", status: "succeeded", captured: true, payment_intent: "pi_1" };
  const row = { id: "txn_1", source: "ch_1", reporting_category: "charge", created: 1_772_000_000 };
  const told = { DynamicsSL_InvoiceNbr: "000001", DynamicsSL_PaymentNbr: "A000000001" };
  const stripe = {
    charge: [{ ...charge, amount_captured: 4_000 }],
    payment_intent: [{ id: "pi_1", metadata: told }],
    balance_transaction: [row],
  };
  const document = { User1: "day:2026-02-25", CustId: "WEBSHOP", Rlsed: 1, PerPost };
  const sl = {
    ARSetup: [{ PerNbr }],
    GLSetup: [{ PerNbr: "202601" }],
    ARDoc: [
      { ...document, DocType: "IN", RefNbr: told.DynamicsSL_InvoiceNbr },
      { ...document, DocType: "PA", RefNbr: told.DynamicsSL_PaymentNbr },
    ],
  };

  const { differences } = await judgeSummary({
    sl: rowsOnly(sl, []),
    stripeAdmin: rowsOnly(stripe, []),
    pairFile: PAIR_FILE,
    owners: () => Promise.resolve([]),
    script: { mayHoldUp: false },
  });

  expect(differences.filter((one) => one.startsWith("period of"))).toEqual(
    wrong.map((type) => `period of ${type} day:2026-02-25: found 202603, expected 202602`),
  );
});
