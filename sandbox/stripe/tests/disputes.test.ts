import type Stripe from "stripe";
import { expect, it } from "vitest";
import { openWorkbench, pay, refusal } from "./workbench.ts";

/** Category, amount and fee of the dispute's rows, oldest first. */
async function rowsOf(stripe: Stripe, dispute: string): Promise<(number | string)[][]> {
  const { balance_transactions } = await stripe.disputes.retrieve(dispute);
  return balance_transactions.map((row) => [row.reporting_category, row.amount, row.fee]);
}

async function disputeEvents(stripe: Stripe): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  const types = data.map((event) => event.type.replace("charge.dispute.", "")).toReversed();
  return types.filter((type) => !type.includes("."));
}

it("a disputing test card loses its money, and wins it back by evidence", async () => {
  const { stripe } = await openWorkbench();
  const { charge } = await pay(stripe, { payment_method: "pm_card_createDispute" });
  const [dispute] = (await stripe.disputes.list({ charge: charge.id })).data;
  const id = dispute?.id ?? "";
  expect(dispute).toMatchObject({ status: "needs_response", amount: 10_825, currency: "usd" });
  expect((await stripe.charges.retrieve(charge.id)).disputed).toBe(true);
  expect((await refusal(stripe.refunds.create({ charge: charge.id }))).code).toBe(
    "charge_disputed",
  );

  const won = await stripe.disputes.update(id, {
    evidence: { uncategorized_text: "winning_evidence" },
  });

  expect(won).toMatchObject({ status: "won", evidence_details: { submission_count: 1 } });
  expect(await rowsOf(stripe, id)).toEqual([
    ["dispute", -10_825, 1500],
    ["dispute_reversal", 10_825, 0],
  ]);
  expect(await disputeEvents(stripe)).toEqual([
    "created",
    "funds_withdrawn",
    "updated",
    "updated",
    "funds_reinstated",
    "closed",
  ]);
  const { data } = await stripe.events.list({ type: "charge.dispute.updated" });
  expect(data[0]?.data.previous_attributes).toMatchObject({ status: "needs_response" });
  const first = won.balance_transactions[0];
  expect(first).toMatchObject({ net: -12_325, source: id, type: "adjustment" });
  expect((await stripe.refunds.create({ charge: charge.id })).amount).toBe(10_825);
});

it("an inquiry moves no money until it becomes a chargeback", async () => {
  const { stripe, admin } = await openWorkbench();
  const { charge } = await pay(stripe, { payment_method: "pm_card_createDisputeInquiry" });
  const [inquiry] = (await stripe.disputes.list({ charge: charge.id })).data;
  const id = inquiry?.id ?? "";
  expect(inquiry).toMatchObject({ status: "warning_needs_response", balance_transactions: [] });
  expect(inquiry?.is_charge_refundable).toBe(true);

  await admin(`/disputes/${id}/withdraw`, {});
  const lost = await stripe.disputes.close(id);

  expect(lost.status).toBe("lost");
  expect(await rowsOf(stripe, id)).toEqual([["dispute", -10_825, 1500]]);
  expect((await refusal(stripe.disputes.close(id))).code).toBe("dispute_already_closed");
});

it("a lost partial dispute is won on appeal with its fee, and withdrawn again", async () => {
  const { stripe, admin } = await openWorkbench();
  const { charge } = await pay(stripe);
  const { id } = await admin(`/charges/${charge.id}/dispute`, { amount: 8000, fee: 2000 });
  const dispute = String(id);
  await admin(`/disputes/${dispute}/close`, { outcome: "lost" });
  await admin(`/disputes/${dispute}/move`, { status: "appeal_under_review" });

  await admin(`/disputes/${dispute}/close`, { outcome: "won", fee: -2000 });
  await admin(`/disputes/${dispute}/withdraw`, { amount: 7900, fee: 0 });

  expect(await rowsOf(stripe, dispute)).toEqual([
    ["dispute", -8000, 2000],
    ["dispute_reversal", 8000, -2000],
    ["dispute", -7900, 0],
  ]);
});

it("a win may bring its money later, at the rate of that day", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/rates", { eur: "1.08" });
  const { charge } = await pay(stripe, { amount: 10_000, currency: "eur" });
  const { id } = await admin(`/charges/${charge.id}/dispute`, {});
  const dispute = String(id);
  await admin(`/disputes/${dispute}/close`, { outcome: "won", reinstate: false });
  expect(await rowsOf(stripe, dispute)).toHaveLength(1);
  await admin("/rates", { eur: "1.071" });

  await admin(`/disputes/${dispute}/reinstate`, {});

  expect(await rowsOf(stripe, dispute)).toEqual([
    ["dispute", -10_800, 1500],
    ["dispute_reversal", 10_710, 0],
  ]);
});

it("a prevented dispute leaves no row", async () => {
  const { stripe, admin } = await openWorkbench();
  const { charge } = await pay(stripe);

  const { id } = await admin(`/charges/${charge.id}/dispute`, { prevented: true });

  expect(await rowsOf(stripe, String(id))).toEqual([]);
  expect(await disputeEvents(stripe)).toEqual(["created", "closed"]);
});
