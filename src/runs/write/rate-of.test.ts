import { expect, test } from "vitest";
import { type Money, money } from "../../base/money.ts";
import { aPayment, aRow, aSale, someSettings } from "../../mapping/testing/builders.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { worthOfOriginal } from "./rate-of.ts";

const eur = money(10_000, "EUR");
const ACCOUNTS = { USD: "1095/000000000000", EUR: "1096/000000000000" };
const BRIDGE = "1290/000000000000";
const rate = { value: "1.1", multDiv: "M", base: "USD" };

type Site = Readonly<{ keepsRates?: "yes" | "no" | "probe"; bridge?: string }>;

/** The worth of what is taken back of a sale over EUR 100.00 that was settled by these. */
function worthOf(
  settled: readonly Money[],
  clearing: Readonly<Record<string, string>> = ACCOUNTS,
  { keepsRates = "yes", bridge }: Site = {},
) {
  const over = bridge === undefined ? {} : { "accounts.bridge": bridge };
  const sale = aSale();
  const payments = settled.map((gross) => aPayment({ amount: eur, rows: [aRow({ gross })] }));
  const pair = {
    settings: someSettings({ "accounts.clearing": clearing, ...over }),
    erp: { capabilities: { "supplied-rate": keepsRates } },
  } as unknown as PairRuntime;
  const original = { draft: { currency: "EUR", rate }, stage: "done" };
  const asked = { pair, signal: new AbortController().signal };
  return worthOfOriginal(asked, original, {
    ...{ ...sale, payments },
    document: { ...sale.document, total: eur },
  });
}

test.each([
  ["a converted sale", [money(10_831, "USD")], ACCOUNTS],
  ["one of which a part was converted", [eur, money(10_831, "USD")], ACCOUNTS],
  ["one that is not paid, where the pair keeps no such balance", [], { USD: ACCOUNTS.USD }],
])("what takes back %s has the rate of its original", async (_what, settled, clearing) => {
  expect(await worthOf(settled, clearing)).toEqual({ rate });
});

test.each([
  ["was settled as itself", [eur]],
  ["is not paid, where the pair keeps such a balance", []],
])("what takes back a sale that %s has SL's rate of its own day", async (_what, settled) => {
  expect(await worthOf(settled)).toBeUndefined();
});

test.each<[string, Site, unknown]>([
  ["keeps no given rate, and a bridge is there", { keepsRates: "no", bridge: BRIDGE }, undefined],
  ["keeps no given rate, and no bridge is there", { keepsRates: "no" }, { rate }],
  ["may keep a given rate", { keepsRates: "probe", bridge: BRIDGE }, { rate }],
])("what takes back a converted sale where the site %s", async (_what, site, worth) => {
  expect(await worthOf([money(10_831, "USD")], ACCOUNTS, site)).toEqual(worth);
});
