import { HubError } from "../../base/errors.ts";
import { type Money, sum, toDecimal } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerReading, DocumentReading, PayerType } from "../../erp/port.ts";
import { ENDINGS } from "../../mapping/index.ts";
import type { ApplicationIntent } from "../apply/apply.ts";
import type { Payer } from "../apply/apply-plan.ts";
import { canListApplications } from "../apply/apply-route.ts";
import { applyTo } from "../apply/apply-to.ts";
import type { RunContext } from "../context.ts";
import { doneReceipt } from "../write/book.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { BACK } from "../write/reversal-parts.ts";

const PAYERS: readonly PayerType[] = ["CM", "PA", "PP"];

/**
 * The document in SL behind the credit at Stripe that has paid a part of this invoice, looked for
 * before anything of the sale is written: the one that metadata name, else the customer's only open
 * one with as much. Undefined where no credit was used, or it is applied already.
 *
 * @throws HubError `mapping.credit_unknown` where none or several could be meant, there are too
 *   many to list, or the named one has less; and where the invoice stands, none is named, and SL
 *   does not say whether one has paid
 */
export async function findCredit(
  context: RunContext,
  sale: Sale,
  customer: CustomerReading,
): Promise<Payer | undefined> {
  const amount = sale.document.withoutCharge.customerBalance;
  if (amount.minor <= 0n) return undefined;
  const begun = begunCredit(context, sale);
  if (begun !== undefined) return begun;
  const { pair } = context;
  const named = sale.metadata[pair.settings.metadata.creditNumber]?.trim() ?? "";
  const { customerId } = customer;
  const isUsed = await isCreditUsed(context, sale);
  if (isUsed === true) return undefined;
  if (isUsed === undefined && named === "") {
    throw unknownCredit(sale, { customerId, found: "" }, "nothing tells which credit has paid it");
  }
  const found = await creditsNamed(context, { sale, customerId, named });
  const fitting = found.filter(
    ({ type, balance }) =>
      PAYERS.includes(type as PayerType) &&
      balance.currency === amount.currency &&
      balance.minor >= amount.minor,
  );
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) {
    const all = fitting.map(({ type, refNbr }) => `${type} ${refNbr}`).join(", ");
    throw unknownCredit(sale, { customerId, found: all }, wordsOf(customerId, named, all));
  }
  return { type: only.type as PayerType, customerId, refNbr: only.refNbr };
}

/**
 * The documents of a number, or without one all of the customer's that have anything open.
 *
 * @throws HubError `mapping.credit_unknown` for a customer whose documents are too many to list
 */
async function creditsNamed(
  { pair: { erp }, signal }: RunContext,
  of: Readonly<{ sale: Sale; customerId: string; named: string }>,
): Promise<readonly DocumentReading[]> {
  const { sale, customerId, named } = of;
  if (named !== "") return erp.listReleased(customerId, named, signal);
  try {
    return await erp.listOpenCredits(customerId, signal);
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.facts.reason !== "too_large") throw thrown;
    const words = `customer ${customerId} has more documents than SL lists at once`;
    throw unknownCredit(sale, { customerId, found: "" }, words);
  }
}

/**
 * Whether credit has paid what it had to of an invoice that stands. A hub that lost its database
 * does not know what it has applied, and that credit has less open now, or nothing: what SL lists
 * is a fact, and no other credit is taken for it. Undefined where SL does not say.
 */
async function isCreditUsed(
  { door }: RunContext,
  { document, payments }: Sale,
): Promise<boolean | undefined> {
  const { identity: object, withoutCharge } = document;
  const invoice = doneReceipt(door.store.find({ object, purpose: "invoice", part: "" }));
  if (invoice === undefined) return false;
  if (!(await canListApplications(door))) return undefined;
  const own = payments.flatMap(({ chargeId }) =>
    door.store.parts(chargeId, "payment").map(({ receipt }) => receipt as Partial<DocumentReceipt>),
  );
  const rows = await door.erp.listApplications(invoice.customerId, [invoice], door.signal);
  const others = rows.filter(
    ({ target, payer }) =>
      target.type === invoice.type &&
      target.refNbr === invoice.refNbr &&
      !own.some((one) => one?.type === payer.type && one.refNbr === payer.refNbr),
  );
  const { customerBalance, creditNotes } = withoutCharge;
  const paid = sum(
    others.map(({ amount }) => amount),
    customerBalance.currency,
  );
  if (paid.minor <= creditNotes.minor) return false;
  return paid.minor >= creditNotes.minor + customerBalance.minor ? true : undefined;
}

/** Applies it to the released invoice. */
export async function settleCredit(
  context: RunContext,
  sale: Sale,
  paid: Readonly<{ credit: Payer | undefined; invoice: DocumentReceipt }>,
): Promise<void> {
  const { credit, invoice } = paid;
  if (credit === undefined) return;
  await applyTo(context, {
    object: sale.document.identity,
    payer: credit,
    target: { type: "IN", refNbr: invoice.refNbr },
    amount: sale.document.withoutCharge.customerBalance,
  });
}

/** What an earlier run has chosen stays chosen: by now it may have nothing open any more. */
function begunCredit({ door }: RunContext, sale: Sale): Payer | undefined {
  const applied = door.store.parts(sale.document.identity, "apply");
  // The memo of an invoice that ended, or was taken back, is no credit of the customer's.
  const begun = applied.find(({ identity }) => !isEnding(identity.part) && !isBack(identity)) as
    | ApplicationIntent
    | undefined;
  if (begun === undefined) return undefined;
  const { payer, customerId } = begun.draft;
  return { ...payer, customerId };
}

function isBack({ part }: Readonly<{ part: string }>): boolean {
  return part.startsWith(BACK);
}

function isEnding(part: string): boolean {
  return ENDINGS.some((ending) => ending === part);
}

function wordsOf(customerId: string, named: string, found: string): string {
  if (named !== "") return `${named} of customer ${customerId} is no credit with as much open`;
  return found === ""
    ? `customer ${customerId} has no open credit memo or payment with as much`
    : `customer ${customerId} has several open credits: ${found}`;
}

function unknownCredit(
  sale: Sale,
  looked: Readonly<{ customerId: string; found: string }>,
  words: string,
): HubError {
  const { identity, withoutCharge } = sale.document;
  const used = toText(withoutCharge.customerBalance);
  return new HubError(
    "mapping.credit_unknown",
    `${used} of ${identity} was paid from the balance at Stripe, and in SL ${words}`,
    { facts: { document: identity, amount: used, ...looked } },
  );
}

function toText(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}
