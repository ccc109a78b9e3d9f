import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { asBegun, asBooked, closePostings, disputeState, feePostings } from "./index.ts";
import { someSettings, usd } from "./testing/builders.ts";
import { aDispute, aDisputeRow, aReversal } from "./testing/disputes.ts";

const settings = someSettings();
const account = (number: string, subaccount = "000000000000") => ({ account: number, subaccount });

test("a fee whose details are in another currency is refused, also where they add up", () => {
  const amount = money(1_500, "EUR");
  const feeDetails = [{ type: "stripe_fee", amount, description: "", application: "" }];

  expect(() => feePostings(aDisputeRow({ feeDetails }), settings)).toThrow(
    expect.objectContaining({ code: "mapping.fee_details" }) as Error,
  );
});

test("a row that moves no money mixes no currency into a verdict", () => {
  const none = aDisputeRow({ id: "txn_0", gross: money(0, "EUR"), category: "dispute" });
  const rows = [none, aDisputeRow({ created: new Date("2026-04-03T15:00:00Z") })];
  const dispute = aDispute({ rows, status: "lost" });
  const state = disputeState(dispute, [{ status: "lost", at: new Date("2026-06-11T12:00Z") }]);

  expect(() => closePostings(dispute, state, { settings, booked: [] })).not.toThrow();
});

test("money that went out in one currency and came back in another has no verdict", () => {
  const rows = [aDisputeRow(), aReversal({ gross: money(9_000, "EUR"), fee: money(0, "EUR") })];
  const dispute = aDispute({ rows, status: "won" });
  const state = disputeState(dispute, []);

  expect(() => closePostings(dispute, state, { settings, booked: [] })).toThrow(
    expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
  );
});

test("a line in SL is told by its subaccount too", () => {
  const own = someSettings({
    "accounts.bad-debt": "6200/000000000001",
    "accounts.dispute-loss": "6200/000000000002",
  });
  const shown = (subaccount: string) => {
    return { account: account("6200", subaccount), side: "debit", amount: usd(5) } as const;
  };

  const booked = asBooked(
    ["000000000002", "000000000001", "000000000003"].map((one) => shown(one)),
    own,
  );

  expect(booked.map(({ role }) => role)).toEqual(["dispute-loss", "bad-debt"]);
});

test("a dispute goes on with the account that its first journal has hit", () => {
  const booked = ["1251", "1252"].map((number) => {
    return { role: "dispute-receivable", account: account(number) };
  });

  const { accounts } = asBegun(settings, booked);

  expect(accounts.disputeReceivable).toEqual(account("1251"));
  expect(accounts.badDebt).toEqual(settings.accounts.badDebt);
});
