import type { ApplicationRow } from "../../erp/port.ts";
import type { Door } from "../write/door.ts";
import type { DocumentReceipt } from "../write/intent.ts";

/**
 * What SL lists as applied of the payments of a charge, oldest batch first: for a hub that lost its
 * database, and whose own applications tell nothing. Only with `find-applications`.
 */
export async function listApplicationsOf(
  { store, erp, signal }: Pick<Door, "store" | "erp" | "signal">,
  chargeId: string,
  customerId = "",
): Promise<readonly ApplicationRow[]> {
  const receipts = store
    .parts(chargeId, "payment")
    .filter(({ stage }) => stage === "done")
    .flatMap(({ receipt }) => (receipt as DocumentReceipt | undefined) ?? [])
    .filter((one) => customerId === "" || one.customerId.trim() === customerId);
  const found: ApplicationRow[] = [];
  for (const receipt of receipts) {
    const rows = await erp.listApplications(receipt.customerId, signal);
    const own = rows.filter(({ payer }) => isSame(payer, receipt));
    found.push(...own.filter(({ isPending }) => !isPending));
  }
  return found.sort((a, b) => (a.batNbr < b.batNbr ? -1 : 1));
}

type Numbered = Readonly<{ type: string; refNbr: string }>;
const isSame = (a: Numbered, b: Numbered) =>
  a.type === b.type && a.refNbr.trim() === b.refNbr.trim();
