import { HubError } from "../../base/errors.ts";
import { chosenNumber } from "../../base/ids.ts";
import { type Money, money } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { DocumentReading, GlAccount } from "../../erp/port.ts";
import { linkedCustomerId } from "../../links/index.ts";
import {
  customerObject,
  type NamedInvoice,
  namedCustomerId,
  parseNamedInvoices,
} from "../../mapping/index.ts";
import { canListApplications } from "../apply/apply-route.ts";
import type { RunContext } from "../context.ts";
import type { Door } from "../write/door.ts";
import type { IntentStore } from "../write/intent-store.ts";
import { canFindByKey } from "../write/route.ts";

/** What is asked for invoices: a run's own parts, or those of whoever only foresees it. */
export type Finding = Pick<RunContext, "pool" | "pair"> &
  Readonly<{ door: Pick<Door, "erp" | "signal"> & { store: Pick<IntentStore, "keyFor"> } }>;

/** A named invoice as SL has it. */
export type FoundInvoice = Readonly<{
  customerId: string;
  refNbr: string;
  asked: Money | undefined;
  /** Balance less what others have pending; of an unreleased one its whole amount. */
  open: Money;
  isReleased: boolean;
  /** The receivable account, which only a released one tells. */
  receivable: GlAccount | undefined;
}>;

/**
 * The invoices that the metadata of a sale name, in their order, as SL has them at the moment.
 *
 * @throws HubError `mapping.invoices_missing`, `mapping.invoices_invalid`,
 *   `mapping.invoice_unknown`, `mapping.invoice_ambiguous`, `mapping.currency_unsupported`
 */
export async function findNamedInvoices(
  context: Finding,
  sale: Sale,
): Promise<readonly FoundInvoice[]> {
  const { currency } = sale.document.total;
  const found: FoundInvoice[] = [];
  for (const named of namedInvoices(context, sale)) {
    const invoice = await findOne(context, sale, named);
    if (invoice.open.currency !== currency) {
      throw new HubError(
        "mapping.currency_unsupported",
        `Invoice ${invoice.refNbr} is in ${invoice.open.currency}, the charge in ${currency}`,
        {
          facts: { refNbr: invoice.refNbr, invoice: invoice.open.currency, charge: currency },
          cure: `Name an invoice in ${currency}, or apply by hand in SL and dismiss.`,
        },
      );
    }
    const { customerId, refNbr } = invoice;
    // What it has open would be there for both.
    if (found.some((one) => one.customerId === customerId && one.refNbr === refNbr)) {
      throw new HubError(
        "mapping.invoices_invalid",
        `Invoice ${refNbr} of customer ${customerId} is named twice`,
        { facts: { customerId, refNbr } },
      );
    }
    found.push(invoice);
  }
  return found;
}

function namedInvoices({ pair }: Finding, sale: Sale): NamedInvoice[] {
  const key = pair.settings.metadata.invoices;
  const { currency } = sale.document.total;
  // An empty value is none: that is how Stripe removes a key.
  const source = sale.metadataSources.find(({ metadata }) => (metadata[key] ?? "").trim() !== "");
  const value = source?.metadata[key];
  if (source === undefined || value === undefined) {
    const places = sale.metadataSources.map(({ objectId }) => objectId).join(", ");
    throw new HubError("mapping.invoices_missing", `No metadata ${key} names an SL invoice`, {
      facts: { field: key, places },
      cure: `Name the SL invoices in metadata ${key} of ${places}, then resume.`,
    });
  }
  return parseNamedInvoices(value, `${key} of ${source.objectId}`, currency);
}

async function findOne(context: Finding, sale: Sale, named: NamedInvoice): Promise<FoundInvoice> {
  const { door } = context;
  const { refNbr, asked } = named;
  const { customerId, unreleased } = await customerOf(context, sale, named);
  const shown = await door.erp.readReleased("IN", customerId, refNbr, door.signal);
  if (shown !== undefined) {
    const open = await withoutPending(context, sale, shown);
    return { customerId, refNbr, asked, open, isReleased: true, receivable: shown.own };
  }
  if (unreleased === undefined) throw unknown(refNbr, `customer ${customerId} has none`);
  return { customerId, refNbr, asked, open: unreleased, isReleased: false, receivable: undefined };
}

type Owner = Readonly<{ customerId: string; unreleased: Money | undefined }>;

/**
 * Whose invoice it is. Numbers repeat over customers, so one that several have needs its customer:
 * the one before the slash, else the one that the sale is known to be of.
 */
async function customerOf(context: Finding, sale: Sale, named: NamedInvoice): Promise<Owner> {
  const { door } = context;
  const { refNbr } = named;
  const hint = named.customerId ?? (await customerOfSale(context, sale));
  if (!(await canFindByKey(door))) {
    if (hint !== undefined) return { customerId: hint, unreleased: undefined };
    throw new HubError(
      "mapping.invoice_ambiguous",
      `Without the views of site/sql nobody tells whose invoice ${refNbr} is`,
      { facts: { refNbr } },
    );
  }
  const all = await door.erp.findInvoices(refNbr, door.signal);
  const own = all.filter(({ customerId }) => customerId.trim().toUpperCase() === hint);
  const isNamed = named.customerId !== undefined;
  const [only, second] = isNamed || own.length > 0 ? own : all;
  if (only === undefined) {
    const whose = isNamed ? `customer ${named.customerId} has none` : "no customer has one";
    throw unknown(refNbr, whose);
  }
  if (second !== undefined) {
    const customers = all.map(({ customerId }) => customerId).join(", ");
    throw new HubError(
      "mapping.invoice_ambiguous",
      `Several SL invoices have number ${refNbr}: of ${customers}`,
      { facts: { refNbr, customers } },
    );
  }
  return {
    customerId: only.customerId.trim(),
    unreleased: only.isReleased ? undefined : only.amount,
  };
}

async function customerOfSale({ pool, pair }: Finding, sale: Sale): Promise<string | undefined> {
  const named = namedCustomerId(sale, pair.settings);
  const known = named ?? (await linkedCustomerId(pool, pair.id, customerObject(sale)));
  return known?.toUpperCase();
}

/** What others have pending on an invoice is theirs; SL would refuse what goes beyond. */
async function withoutPending(
  { door }: Finding,
  sale: Sale,
  { customerId, refNbr, balance }: DocumentReading,
): Promise<Money> {
  if (balance.minor === 0n || !(await canListApplications(door))) return balance;
  const invoice = { type: "IN", refNbr };
  const rows = await door.erp.listApplications(customerId, [invoice], door.signal);
  // A payment of ours from before the database was put back is nobody else's.
  const own = sale.payments.map(({ chargeId }) => {
    const identity = { object: chargeId, purpose: "payment", part: customerId.trim() } as const;
    return chosenNumber(door.store.keyFor(identity), 0);
  });
  const taken = rows
    .filter(({ isPending, target }) => isPending && isInvoice(target, refNbr))
    .filter(({ payer }) => !own.includes(payer.refNbr.trim()))
    .reduce((sum, { amount }) => sum + amount.minor, 0n);
  const left = balance.minor - taken;
  return money(left < 0n ? 0n : left, balance.currency);
}

function isInvoice(target: Readonly<{ type: string; refNbr: string }>, refNbr: string): boolean {
  const id = (text: string) => text.trim().toUpperCase();
  return target.type === "IN" && id(target.refNbr) === id(refNbr);
}

function unknown(refNbr: string, whose: string): HubError {
  return new HubError("mapping.invoice_unknown", `SL has no invoice ${refNbr}: ${whose}`, {
    facts: { refNbr },
  });
}
