import { currencyExponent } from "../base/currency.ts";
import { HubError } from "../base/errors.ts";
import { fromDecimal, type Money } from "../base/money.ts";

/** An SL invoice that a payment names, with how much it is to get of it. */
export type NamedInvoice = Readonly<{
  /** In upper case, or undefined where the number alone is to tell. */
  customerId: string | undefined;
  refNbr: string;
  /** Undefined: as much as it has open. */
  asked: Money | undefined;
}>;

/** Metadata values end at 500 letters, so more than this are no list of invoices. */
const NAMED_MAX = 50;
const EXAMPLE = "000123:300.00, 000124, C300/000125";
const ENTRY = /^(?:([^/:,;\s]{1,15})\/)?([A-Za-z0-9_.-]{1,10})(?::(.+))?$/;

/**
 * The invoices that a metadata value names, in its order: numbers as SL has them, parted by commas,
 * semicolons or blanks, each with an amount behind a colon if it is to get less than all, and with
 * its customer before a slash where the number alone is not enough: `000123:300.00, C300/000124`.
 *
 * @param field where the value stands, for the message: `DynamicsSL_InvoiceNbr of ch_3Pq`
 * @throws HubError `mapping.invoices_invalid`
 */
export function parseNamedInvoices(value: string, field: string, currency: string): NamedInvoice[] {
  const entries = value.split(/[\s,;]+/).filter((entry) => entry !== "");
  if (entries.length === 0) throw invalid(field, value, "names no invoice");
  if (entries.length > NAMED_MAX) throw invalid(field, value, `names more than ${NAMED_MAX}`);
  const named = entries.map((entry) => parseEntry(entry, { field, value, currency }));
  const seen = new Set<string>();
  for (const { customerId = "", refNbr } of named) {
    const name = `${customerId}/${refNbr}`.toUpperCase();
    if (seen.has(name)) throw invalid(field, value, `names invoice ${refNbr} twice`);
    seen.add(name);
  }
  return named;
}

function parseEntry(
  entry: string,
  at: Readonly<{ field: string; value: string; currency: string }>,
): NamedInvoice {
  const { field, value, currency } = at;
  const found = ENTRY.exec(entry);
  const [, customerId, refNbr, amount] = found ?? [];
  if (refNbr === undefined) {
    const rule =
      "an invoice is [customer/]number[:amount], its number of 1 to 10 letters or digits";
    throw invalid(field, value, `has "${entry}": ${rule}`);
  }
  const asked = amount === undefined ? undefined : parseAmount(amount, currency);
  if (amount !== undefined && asked === undefined) {
    const decimals = currencyExponent(currency);
    const rule = `an amount of ${currency} is above zero, with ${decimals} decimals at most`;
    throw invalid(field, value, `has "${entry}": ${rule}`);
  }
  return { customerId: customerId?.toUpperCase(), refNbr: refNbr.toUpperCase(), asked };
}

function parseAmount(text: string, currency: string): Money | undefined {
  if (!/^\d{1,12}(\.\d{1,3})?$/.test(text)) return undefined;
  try {
    const amount = fromDecimal(text, currency);
    return amount.minor > 0n ? amount : undefined;
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "money.precision") return undefined;
    throw thrown;
  }
}

function invalid(field: string, value: string, problem: string): HubError {
  return new HubError("mapping.invoices_invalid", `${field} ${problem}; for example ${EXAMPLE}`, {
    facts: { field, value: value.slice(0, 200), example: EXAMPLE },
  });
}
