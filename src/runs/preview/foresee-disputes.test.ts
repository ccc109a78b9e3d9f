import { expect, test } from "vitest";
import { money } from "../../base/money.ts";
import { disputeState } from "../../mapping/index.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import { aDispute, aDisputeRow, aReversal } from "../../mapping/testing/disputes.ts";
import { MONTHS } from "../../mapping/testing/ledger-rows.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { foreseeReceivable } from "./foresee-disputes.ts";
import type { ForeseenDocument } from "./foreseen.ts";

const eur = (minor: number) => money(minor, "EUR");

function aPair(): PairRuntime {
  const settings = someSettings({
    "accounts.clearing": { USD: "1095/000000000000", EUR: "1096/000000000000" },
  });
  const reference = {
    calendar: async () => MONTHS,
    decimals: async () => 2,
    isMultiCurrency: async () => true,
    rate: async () => ({ value: "1.12", multDiv: "M", base: "USD" }),
  };
  return { id: "acme-us", settings, reference } as unknown as PairRuntime;
}

test("the journal of a dispute in another currency is foreseen at SL's rate", async () => {
  const pair = aPair();
  const documents: ForeseenDocument[] = [];
  const rows = [aDisputeRow({ gross: eur(-10_000), fee: eur(1_500), net: eur(-11_500) })];
  const dispute = aDispute({ amount: eur(10_000), rows });

  const state = disputeState(dispute, []);
  await foreseeReceivable({ pair, documents }, { dispute, closings: [], state });

  expect(documents).toMatchObject([
    { purpose: "dispute-open", draft: { rate: { value: "1.12", worth: money(12_880, "USD") } } },
  ]);
});

test("a verdict on rows of two currencies stops a dry run after their journals", async () => {
  const documents: ForeseenDocument[] = [];
  const rows = [aDisputeRow(), aReversal({ gross: eur(9_200), fee: eur(0) })];
  const dispute = aDispute({ status: "won", amount: eur(9_200), rows });

  const state = disputeState(dispute, []);
  const foreseen = foreseeReceivable(
    { pair: aPair(), documents },
    { dispute, closings: [], state },
  );

  await expect(foreseen).rejects.toMatchObject({ code: "mapping.currency_unsupported" });
  expect(documents.map(({ purpose }) => purpose)).toEqual(["dispute-open", "dispute-back"]);
});
