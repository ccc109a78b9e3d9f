import { HubError } from "../../base/errors.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { InvoiceDraft } from "../../erp/port.ts";
import { inSettlement, settledOf } from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { type Intent, isFrozen } from "../write/intent.ts";

/**
 * The sale in the currency that it is booked in: as it was charged, or at what was settled for it,
 * where the pair says so or SL keeps one currency alone. A sale that was begun in one of them is
 * finished in it, whatever the setting says by then.
 *
 * @param begun the invoice of the sale, as far as it is known
 * @throws HubError as `inSettlement`
 */
export async function inBookedCurrency(
  { settings, reference }: Pick<PairRuntime, "settings" | "reference">,
  sale: Sale,
  begun: Intent | undefined,
): Promise<Sale> {
  const { currency } = sale.document.total;
  const base = settings.sl.baseCurrency;
  if (currency === base || settings.mode !== "invoice") return sale;
  const known = begun as Intent<Partial<InvoiceDraft>> | undefined;
  const bookedIn = known !== undefined && isFrozen(known) ? known.draft.currency : undefined;
  if (bookedIn === currency) return sale;
  if (bookedIn === base) return inSettlement(sale, settings);
  // What Stripe settles as itself is in no other currency.
  const [first] = sale.payments;
  if (first !== undefined && settledOf(first).currency === currency) return sale;
  const isWanted = settings.bookIn === "settlement";
  if (!isWanted && (await reference.isMultiCurrency()) !== false) return sale;
  return inSettlement(sale, settings);
}

/**
 * A credit note is in the charged currency, and what it is worth is nobody's to say.
 *
 * @throws HubError `mapping.currency_unsupported`
 */
export function assertNoNotes(sale: Sale, notes: readonly unknown[]): void {
  if (sale.presentment === undefined || notes.length === 0) return;
  const { identity } = sale.document;
  throw new HubError(
    "mapping.currency_unsupported",
    `${identity} is booked at what was settled for it, and has a credit note in ` +
      sale.presentment.document.total.currency,
    {
      facts: { document: identity },
      cure: "Book the credit note by hand in SL and dismiss.",
    },
  );
}
