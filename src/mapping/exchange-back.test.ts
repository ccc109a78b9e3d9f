import { expect, test } from "vitest";
import { mapExchangeBack } from "./exchange-back.ts";
import { usd } from "./testing/builders.ts";

test("what was gained and lost by the same money comes off both accounts", () => {
  const account = (number: string) => ({ account: number, subaccount: "000" });
  const accounts = { gain: account("6910"), loss: account("6920") };
  const realised = { object: "ch_1", amount: usd(169), accounts, words: "Maria reverses it." };

  const { draft } = mapExchangeBack(realised, {
    ...{ key: "K", date: "2026-04-02", period: "202604" },
  });

  expect(draft.lines.map(({ side, account: on, amount }) => [side, on.account, amount])).toEqual([
    ["debit", "6910", usd(169)],
    ["credit", "6920", usd(169)],
  ]);
  expect(draft).toMatchObject({ documentDate: "2026-04-02", period: "202604" });
});
