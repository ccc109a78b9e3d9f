import type { ApplicationRow, DocumentNumber } from "../../erp/port.ts";
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
    found.push(...(await listApplied({ erp, signal }, receipt)));
  }
  return found.sort((a, b) => (a.batNbr < b.batNbr ? -1 : 1));
}

/** What SL lists as applied of one payment. Only with `find-applications`. */
export async function listApplied(
  { erp, signal }: Pick<Door, "erp" | "signal">,
  payer: DocumentNumber & Readonly<{ customerId: string }>,
): Promise<readonly ApplicationRow[]> {
  const rows = await erp.listApplications(payer.customerId, [payer], signal);
  return rows.filter((row) => !row.isPending && isSame(row.payer, payer));
}

const isSame = (a: DocumentNumber, b: DocumentNumber) =>
  a.type === b.type && a.refNbr.trim() === b.refNbr.trim();
