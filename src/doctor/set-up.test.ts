import { expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime } from "../runs/index.ts";
import { refuseAtSetUp } from "./set-up.ts";

const settings = someSettings({
  "accounts.clearing": { USD: "1095/000000000000", KWD: "1098/000000000000" },
});

/** A site that keeps everything as the pair needs it. */
const WELL = {
  readCurrencyDecimals: async () => 3,
  isMultiCurrency: async (): Promise<boolean | undefined> => true,
  accountCurrencies: async () => new Map([["1098", "KWD"]]),
  readTerms: async () => ({ termsId: "01", dueDays: 0, isInstalment: false }),
};

const pairAt = (erp: Partial<typeof WELL>) =>
  ({ settings, erp: { ...WELL, ...erp } }) as unknown as PairRuntime;

function siteOf(read: (currency: string) => number | undefined) {
  const readCurrencyDecimals = async (currency: string) => read(currency);
  return { settings, erp: { ...WELL, readCurrencyDecimals } } as unknown as PairRuntime;
}

test.each([
  ["too few", 2, "SL keeps 2 decimals of KWD"],
  ["none", undefined, "SL keeps no decimals of KWD"],
])("a pair is refused where SL keeps %s decimals of a currency", async (_name, decimals, words) => {
  const site = siteOf((currency) => (currency === "KWD" ? decimals : 2));

  await expect(refuseAtSetUp(site)).rejects.toThrow(words);
});

test("a pair is taken where SL keeps enough, and where it cannot be asked", async () => {
  const silent = siteOf(() => {
    throw new HubError("erp.unavailable", "Nobody answers");
  });

  await expect(refuseAtSetUp(siteOf(() => 3))).resolves.toBeUndefined();
  await expect(refuseAtSetUp(silent)).resolves.toBeUndefined();
});

test.each([
  [
    "keeps the base currency alone",
    { isMultiCurrency: async () => false },
    "SL keeps USD alone (GLSetup.MCActive is 0), and accounts.clearing.KWD is set",
  ],
  [
    "keeps an account of its money in another currency",
    { accountCurrencies: async () => new Map([["1098", "EUR"]]) },
    "accounts.clearing.KWD: SL keeps account 1098 in EUR, and this money is in KWD",
  ],
  [
    "has instalment terms for its invoices",
    { readTerms: async () => ({ termsId: "01", dueDays: 30, isInstalment: true }) },
    'terms.paid: "01" are instalment terms',
  ],
])("a pair is refused where SL %s", async (_name, erp, words) => {
  await expect(refuseAtSetUp(pairAt(erp))).rejects.toThrow(words);
});

const KEPT = { USD: "1095/000000000000", KWD: "1098/000000000000" };

/** A pair at a site where every look finds a fault, after a change. */
async function changed(change: Readonly<Record<string, unknown>>, from = settings): Promise<void> {
  const erp = {
    readCurrencyDecimals: async () => 0,
    isMultiCurrency: async () => false,
    accountCurrencies: async () =>
      new Map([
        ["1098", "EUR"],
        ["1030", "EUR"],
      ]),
    readTerms: async () => ({ termsId: "01", dueDays: 30, isInstalment: true }),
  };
  const after = someSettings({ "accounts.clearing": KEPT, ...change });
  await refuseAtSetUp({ ...pairAt(erp), settings: after }, from);
}

test.each([
  ["nothing of the kind", {}],
  ["another setting", { "closed-period": "park" }],
  ["an account that SL keeps in its currency", { "accounts.bank": { EUR: "1030/000000000000" } }],
  ["a currency that goes", { "accounts.clearing": { USD: "1095/000000000000" } }],
])("what was wrong before holds up no change of %s", async (_what, change) => {
  await expect(changed(change)).resolves.toBeUndefined();
});

test.each([
  [
    "a currency of which SL keeps too few decimals",
    { "accounts.clearing": { ...KEPT, EUR: "1096/000000000000" } },
    "SL keeps 0 decimals of EUR",
  ],
  [
    "an account in another currency",
    { "accounts.bank": { GBP: "1030/000000000000" } },
    "accounts.bank.GBP: SL keeps account 1030 in EUR, and this money is in GBP",
  ],
  ["instalment terms", { "terms.paid": "30" }, 'terms.paid: "30" are instalment terms'],
  [
    "a currency that Stripe has not",
    { "accounts.bank": { ERU: "1030/000000000000" } },
    "accounts.bank.ERU: Stripe has no currency ERU",
  ],
])("a change is refused that brings %s", async (_what, change, words) => {
  await expect(changed(change)).rejects.toThrow(words);
});

test("a change to what SL cannot be asked about is taken", async () => {
  const silent = () => Promise.reject(new HubError("erp.unavailable", "Nobody answers"));
  const after = someSettings({ "accounts.clearing": KEPT, "terms.paid": "30" });

  const taken = refuseAtSetUp({ ...pairAt({ readTerms: silent }), settings: after }, settings);

  await expect(taken).resolves.toBeUndefined();
});
