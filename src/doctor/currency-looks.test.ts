import { expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime } from "../runs/index.ts";
import { refuseFewDecimals } from "./currency-looks.ts";

const settings = someSettings({
  "accounts.clearing": { USD: "1095/000000000000", KWD: "1098/000000000000" },
});

function siteOf(read: (currency: string) => number | undefined) {
  const erp = { readCurrencyDecimals: async (currency: string) => read(currency) };
  return { settings, erp } as unknown as PairRuntime;
}

test.each([
  ["too few", 2, "SL keeps 2 decimals of KWD"],
  ["none", undefined, "SL keeps no decimals of KWD"],
])("a pair is refused where SL keeps %s decimals of a currency", async (_name, decimals, words) => {
  const site = siteOf((currency) => (currency === "KWD" ? decimals : 2));

  await expect(refuseFewDecimals(site)).rejects.toThrow(words);
});

test("a pair is taken where SL keeps enough, and where it cannot be asked", async () => {
  const silent = siteOf(() => {
    throw new HubError("erp.unavailable", "Nobody answers");
  });

  await expect(refuseFewDecimals(siteOf(() => 3))).resolves.toBeUndefined();
  await expect(refuseFewDecimals(silent)).resolves.toBeUndefined();
});
