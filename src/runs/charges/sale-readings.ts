import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { InventoryReading, TermsReading } from "../../erp/port.ts";
import {
  choosePeriod,
  factDate,
  type ItemLookup,
  itemIdsToRead,
  type PeriodChoice,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";

/** Only the pair is asked: whoever shows what would be booked has no lane. */
type Readings = Pick<RunContext, "pair">;

/** What SL must be asked before a sale's invoice can be mapped. */
export type InvoiceReadings = Readonly<{
  terms: TermsReading;
  inventory: ItemLookup;
  slDecimals: number | undefined;
  chosen: PeriodChoice;
}>;

/** Reads it, as far as it is not known from a moment ago: one call after the other, as all runs. */
export async function readForInvoice(context: Readings, sale: Sale): Promise<InvoiceReadings> {
  const { settings, reference } = context.pair;
  const terms = await reference.terms(settings.terms.paid);
  const inventory = await readInventory(context, itemIdsToRead(sale, settings));
  const slDecimals = await reference.decimals(sale.document.total.currency);
  const chosen = await periodFor(context, sale, undefined);
  return { terms, inventory, slDecimals, chosen };
}

/** The period of a payment of the sale, or of its invoice. */
export async function periodFor(
  context: Readings,
  sale: Sale,
  payment: SalePayment | undefined,
): Promise<PeriodChoice> {
  const { reference, settings } = context.pair;
  const date = factDate(sale, payment, settings);
  return choosePeriod(date, await reference.calendar(), settings.closedPeriod);
}

/** The oldest period that is open for receivables and ledger alike, `YYYYPP`. */
export async function firstOpenPeriod({ pair }: Readings): Promise<string> {
  const { firstOpenReceivables, firstOpenLedger } = await pair.reference.calendar();
  return [firstOpenReceivables, firstOpenLedger].sort().at(-1) ?? firstOpenLedger;
}

/** What SL says of these items. */
export async function readInventory(
  { pair }: Readings,
  ids: readonly string[],
): Promise<ItemLookup> {
  const { reference } = pair;
  const found = new Map<string, InventoryReading | undefined>();
  for (const id of ids) found.set(id, await reference.inventory(id));
  return (itemId) => found.get(itemId);
}
