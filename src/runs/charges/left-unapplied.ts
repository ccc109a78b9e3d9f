import { sum } from "../../base/money.ts";
import type { PaymentDraft } from "../../erp/port.ts";
import { canListApplications } from "../apply/apply-route.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt } from "../write/intent.ts";

/**
 * Whether less of a payment is applied than it was saved with: all of it where the site takes no
 * applications with it, some where a person has changed it before releasing it, or has taken it
 * back since.
 */
export async function isLeftUnapplied(
  { door, pair, isHealing = false }: RunContext,
  draft: Partial<PaymentDraft> | undefined,
  receipt: DocumentReceipt,
): Promise<boolean> {
  const { applications, amount } = draft ?? {};
  if (applications === undefined || amount === undefined) return false;
  if (applications.length === 0) return true;
  const mayDiffer = pair.settings.release === "person" || isHealing;
  if (!mayDiffer || !(await canListApplications(door))) return false;
  const { type, customerId, refNbr } = receipt;
  const shown = await door.erp.readReleased(type, customerId, refNbr, door.signal);
  const asked = sum(
    applications.map((line) => line.amount),
    amount.currency,
  );
  return shown !== undefined && shown.balance.minor > amount.minor - asked.minor;
}
