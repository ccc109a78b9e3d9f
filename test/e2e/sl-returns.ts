import type { CtapiConnector } from "../../src/erp/ctapi/index.ts";
import { usd } from "../../src/erp/testing/contract-drafts.ts";
import type { Row, World } from "../support/world.ts";
import { trimmed } from "./books.ts";

/** A credit memo that SL has made of a return order. */
export type ReturnMemo = Readonly<{ refNbr: string; order: string }>;

/**
 * A clerk enters a return order in SL: so many pieces of an order's first line, each at this price.
 */
export async function takeBack(
  world: World,
  orderNumber: string,
  { price, quantity = 1 }: Readonly<{ price: number; quantity?: number }>,
): Promise<ReturnMemo> {
  const lines = [{ lineRef: "1", quantity, price }];
  const path = `/orders/${orderNumber}/return`;
  const { ordNbr, shippers } = await world.slAdmin<{ ordNbr: string; shippers: Row[] }>(path, {
    lines,
  });
  return { refNbr: trimmed(shippers[0]?.invcNbr), order: ordNbr };
}

/** Type, amount and what is open of a return's credit memo, as SL has it now. */
export async function returnMemo(world: World, { refNbr }: ReturnMemo): Promise<unknown[]> {
  const memo = (await world.slRows("ARDoc")).find((row) => trimmed(row.RefNbr) === refNbr);
  return [trimmed(memo?.DocType), memo?.OrigDocAmt, memo?.DocBal];
}

/** What a credit memo was applied to: `75 to re_…`, by the Stripe id of the debit memo. */
export async function appliedTo(world: World, { refNbr }: ReturnMemo): Promise<string[]> {
  const documents = await world.slRows("ARDoc");
  const applied = (await world.slRows("ARAdjust")).filter(
    (row) => trimmed(row.AdjgRefNbr) === refNbr && trimmed(row.AdjgDocType) === "CM",
  );
  return applied.map((row) => {
    const target = documents.find(
      (one) =>
        trimmed(one.RefNbr) === trimmed(row.AdjdRefNbr) &&
        trimmed(one.DocType) === trimmed(row.AdjdDocType),
    );
    return `${Number(row.AdjAmt)} to ${trimmed(target?.User1)}`;
  });
}

/** A clerk applies so much of a credit memo to a debit memo in 08.030, and releases it. */
export async function applyByHand(
  { world, clerk }: Readonly<{ world: World; clerk: CtapiConnector }>,
  memo: ReturnMemo,
  of: Readonly<{ stripeId: string; minor: number }>,
): Promise<void> {
  const { stripeId, minor } = of;
  const target = (await world.slRows("ARDoc")).find(
    (row) => trimmed(row.User1) === stripeId && trimmed(row.DocType) === "DM",
  );
  const customerId = trimmed(target?.CustId);
  const receivable = { account: trimmed(target?.ArAcct), subaccount: trimmed(target?.ArSub) };
  const refNbr = trimmed(target?.RefNbr);
  const { batNbr } = await clerk.add({
    kind: "application",
    ...{ key: `clerk-${refNbr}`, stripeId: "", customerId, currency: "USD" },
    documentDate: String(target?.DocDate).slice(0, 10),
    period: trimmed(target?.PerPost),
    payer: { type: "CM", refNbr: memo.refNbr },
    applications: [{ type: "DM", refNbr, amount: usd(minor), receivable }],
    isAtOnce: false,
    before: { payer: usd(0), target: usd(0), between: usd(0) },
  });
  await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
}
