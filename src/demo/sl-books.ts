import type { EntryLine } from "../api/contract.ts";
import { fromDecimal, money, sum, toDecimal } from "../base/money.ts";

const CURRENCY = "USD";

type GlRow = Readonly<{
  Module: string;
  BatNbr: string;
  RefNbr: string;
  TranType: string;
  Acct: string;
  Sub: string;
  DrAmt: number;
  CrAmt: number;
  TranDesc: string;
}>;
type BalanceRow = Readonly<{ CustID: string; CurrBal: number }>;

/** What the sandbox Dynamics SL's own books say about an order, read from its tables. */
export type SlBooks = Readonly<{
  entries: readonly EntryLine[];
  /** The customer's AR balance, as decimal text. */
  receivable: string;
}>;

/**
 * Reads the GL lines of the given batches and the customer's balance straight from the sandbox's
 * tables: what the demo shows is what SL holds, not what the hub believes.
 *
 * @param slUrl the sandbox's application URL
 */
export async function readSlBooks(
  slUrl: string,
  order: Readonly<{ batches: readonly string[]; customerId: string }>,
): Promise<SlBooks> {
  const lines = await rowsOf<GlRow>(slUrl, "GLTran");
  const balances = await rowsOf<BalanceRow>(slUrl, "AR_Balances");
  const own = lines.filter(
    (line) => line.Module.trim() === "AR" && order.batches.includes(line.BatNbr.trim()),
  );
  const ofCustomer = balances.filter((row) => row.CustID.trim() === order.customerId);
  const receivable = sum(
    ofCustomer.map((row) => fromDecimal(String(row.CurrBal), CURRENCY)),
    CURRENCY,
  );
  return { entries: own.map(entryOf), receivable: toDecimal(receivable) };
}

function entryOf(line: GlRow): EntryLine {
  const debit = fromDecimal(String(line.DrAmt), CURRENCY);
  const credit = fromDecimal(String(line.CrAmt), CURRENCY);
  const isDebit = debit.minor !== money(0, CURRENCY).minor;
  return {
    document: `${line.TranType.trim()} ${line.RefNbr.trim()}`,
    account: line.Acct.trim(),
    subaccount: line.Sub.trim(),
    text: line.TranDesc.trim(),
    currency: CURRENCY,
    ...(isDebit ? { debit: toDecimal(debit) } : { credit: toDecimal(credit) }),
  };
}

async function rowsOf<T>(slUrl: string, table: string): Promise<readonly T[]> {
  const answer = await fetch(new URL(`/_sandbox/rows?table=${table}`, slUrl), {
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`The sandbox Dynamics SL answered ${answer.status}`);
  return (await answer.json()) as T[];
}
