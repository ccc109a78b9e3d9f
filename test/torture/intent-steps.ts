import type { Pool } from "pg";
import type { ErpScreen } from "../../src/erp/port.ts";
import { WRITE_STEPS, type WriteStep } from "./faults.ts";
import type { RunPlan } from "./plan.ts";
import type { BatchWrite, IntentOf } from "./ports.ts";

/** Where intents are read, and what sales become there. */
type Place = Readonly<{ pool: Pool; pair: string; mode: RunPlan["mode"] }>;

/** An intent by what it is for, and what kind of draft it has. */
type Known = Readonly<{ purpose: string; kind: string | null }>;

const KNOWN_SQL = "select purpose, draft ->> 'kind' as kind from intent";

/** Which write step an attempt of an intent belongs to. */
export async function stepOf(
  { pool, pair }: Place,
  intentKey: string,
  databaseStep: string,
): Promise<WriteStep | undefined> {
  const found = await pool.query<Known>(`${KNOWN_SQL} where pair = $1 and key = $2`, [
    pair,
    intentKey,
  ]);
  const [intent] = found.rows;
  if (intent === undefined) return undefined;
  const name = `${kindOf(intent)}.${databaseStep}`;
  return WRITE_STEPS.find((step) => step === name);
}

/**
 * The step of a write to a batch: by its screen, but for applications, which have the payments',
 * and memos, which have the invoices'. What closes an order's rest is entered as an invoice is.
 */
export async function stepOfWrite(
  { pool, pair, mode }: Place,
  { screen, write }: Readonly<{ screen: ErpScreen; write: BatchWrite }>,
  of: IntentOf,
): Promise<WriteStep> {
  const isPlain = mode !== "aftermath" && screen !== "payment";
  if (mode === "invoice" || screen === "journal" || isPlain) return `${screen}.${write}`;
  const [column, value] = "key" in of ? ["key", of.key] : ["bat_nbr", of.batNbr];
  const found = await pool.query<Known>(`${KNOWN_SQL} where pair = $1 and ${column} = $2`, [
    pair,
    value,
  ]);
  const kinds = found.rows.map(kindOf);
  if (screen === "payment") return `${kinds.includes("apply") ? "apply" : "payment"}.${write}`;
  return `${kinds.includes("memo") ? "memo" : "invoice"}.${write}`;
}

function kindOf({ purpose, kind }: Known): string {
  if (kind === "journal") return "journal";
  if (purpose === "rounding" || purpose === "summary") return "invoice";
  return /^(refund|dispute|credit-note|return)/.test(purpose) ? "memo" : purpose;
}
