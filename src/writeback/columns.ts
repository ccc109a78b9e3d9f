import { columnNameOf, type FieldRecord } from "../erp/columns.ts";
import type { ColumnRecord } from "../erp/port.ts";
import { receiptFact, type WritebackSettings, type WrittenDocuments } from "./plan.ts";

/** A record that mapped fields want columns of. `names` are the settings' own, one for a column. */
export type ColumnRead = Readonly<{
  record: ColumnRecord;
  columns: readonly string[];
  names: readonly string[];
}>;

/**
 * What SL must be asked for the mapped fields: each record once. What the receipts know is not
 * asked for, nor is a record that the sale does not have.
 */
export function columnReads(
  documents: Omit<WrittenDocuments, "columns">,
  settings: WritebackSettings,
): ColumnRead[] {
  const reads = new Map<string, ColumnRead>();
  for (const { from } of settings.fields.toStripe) {
    const name = columnNameOf(from);
    if (name === undefined || receiptFact(from, documents) !== undefined) continue;
    const record = recordOf(name.record, documents);
    if (record === undefined) continue;
    const key = JSON.stringify(record);
    const before = reads.get(key) ?? { record, columns: [], names: [] };
    const columns = [...before.columns, name.column];
    reads.set(key, { record, columns, names: [...before.names, from] });
  }
  return [...reads.values()];
}

/** `ARDoc` is the invoice; `Batch` the one whose number is written back too, the payment's. */
function recordOf(
  record: FieldRecord,
  documents: Omit<WrittenDocuments, "columns">,
): ColumnRecord | undefined {
  const { customerId, invoices, payment } = documents;
  const invoice = invoices.at(-1);
  switch (record) {
    case "ARDoc":
    case "Invoice":
      return invoice && { table: "ARDoc", screen: "invoice", ...placeOf(invoice) };
    case "Payment":
      return payment && { table: "ARDoc", screen: "payment", ...placeOf(payment) };
    case "Batch": {
      const batch = payment ?? invoice;
      const screen = payment === undefined ? "invoice" : "payment";
      return batch && { table: "Batch", screen, batNbr: batch.batNbr };
    }
    case "Customer":
      return { table: "Customer", customerId };
  }
}

function placeOf(document: Readonly<{ batNbr: string; refNbr: string }>) {
  return { batNbr: document.batNbr, refNbr: document.refNbr };
}
