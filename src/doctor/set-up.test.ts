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
