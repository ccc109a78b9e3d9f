import type { CtapiConnector } from "../../src/erp/ctapi/index.ts";
import { aMemo, usd } from "../../src/erp/testing/contract-drafts.ts";
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

/** The number of the debit memo of a refund. */
export async function debitMemoOf(world: World, refundId: string): Promise<string> {
  const rows = await world.slRows("ARDoc");
  const memo = rows.find((row) => trimmed(row.User1) === refundId && trimmed(row.DocType) === "DM");
  return trimmed(memo?.RefNbr);
}

type AtSl = Readonly<{ world: World; clerk: CtapiConnector }>;
type Debited = Readonly<{ debitMemo: string; minor: number }>;

/** A clerk applies so much of a credit memo to a debit memo in 08.030, and releases it. */
export async function applyByHand(
  { world, clerk }: AtSl,
  memo: ReturnMemo,
  { debitMemo, minor }: Debited,
): Promise<void> {
  const target = (await world.slRows("ARDoc")).find((row) => trimmed(row.RefNbr) === debitMemo);
  const customerId = trimmed(target?.CustId);
  const receivable = { account: trimmed(target?.ArAcct), subaccount: trimmed(target?.ArSub) };
  const { batNbr } = await clerk.add({
    kind: "application",
    ...{ key: `clerk-${debitMemo}`, stripeId: "", customerId, currency: "USD" },
    documentDate: String(target?.DocDate).slice(0, 10),
    period: trimmed(target?.PerPost),
    payer: { type: "CM", refNbr: memo.refNbr },
    applications: [{ type: "DM", refNbr: debitMemo, amount: usd(minor), receivable }],
    isAtOnce: false,
    before: { payer: usd(0), target: usd(0), between: usd(0) },
  });
  await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
}

/** A clerk undoes a credit memo: a debit memo over the same amount in 08.010, to which it goes. */
export async function undoByHand(at: AtSl, memo: ReturnMemo): Promise<void> {
  const { world, clerk } = at;
  const row = (await world.slRows("ARDoc")).find((one) => trimmed(one.RefNbr) === memo.refNbr);
  const minor = Math.round(Number(row?.OrigDocAmt) * 100);
  const customerId = trimmed(row?.CustId);
  const plain = aMemo(1, "DM", { customerId, total: usd(minor) });
  const { batNbr } = await clerk.add({
    ...plain,
    ...{ key: `undo-${memo.refNbr}`, stripeId: "", period: trimmed(row?.PerPost) },
    documentDate: String(row?.DocDate).slice(0, 10),
    lines: plain.lines.slice(0, 1).map((line) => ({ ...line, amount: usd(minor) })),
  });
  await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
  const debitMemo = (await clerk.readBatch("invoice", batNbr))?.documents[0]?.refNbr ?? "";
  await applyByHand(at, memo, { debitMemo, minor });
}
