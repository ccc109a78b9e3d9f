import { HubError } from "../base/errors.ts";
import { fromDecimal, type Money, money, sum, toDecimal } from "../base/money.ts";

/** What of a refund is each customer's. */
export type RefundPart = Readonly<{ customerId: string; amount: Money }>;

type Entry = Readonly<{ text: string; customerId: string; line: string }>;

/**
 * What a refund of a shared charge gives back to each customer, where its metadata name lines:
 * `C300/il_1Abc=12.50, C301/il_2Def=7.50`. Nothing tells whose a line of the sale is, so each is
 * to say it, and how much of it goes back.
 *
 * @param of.customers those that share the charge, each with what they have of it yet
 * @throws HubError `mapping.refund_lines`
 */
export function partsByLines(
  named: string,
  of: Readonly<{ amount: Money; customers: readonly RefundPart[] }>,
): readonly RefundPart[] {
  const { amount, customers } = of;
  const { currency } = amount;
  const ids = customers.map(({ customerId }) => customerId);
  const entries = entriesOf(named);
  const unknown = entries.find((entry) => !ids.some((id) => isOf(entry, id)));
  if (unknown !== undefined) {
    const words = `"${unknown.text}" names none of the customers ${ids.join(", ")}`;
    throw invalid(named, { ...of, ids, words });
  }
  const given = entries.map((entry) => {
    const minor = amountOf(entry.line, currency);
    if (minor !== undefined) return { ...entry, minor };
    throw invalid(named, { ...of, ids, words: `"${entry.text}" has no amount above zero` });
  });
  const parts = customers.map(({ customerId, amount: kept }) => {
    const own = given.filter((entry) => isOf(entry, customerId));
    const part = money(
      own.reduce((so, { minor }) => so + minor, 0n),
      currency,
    );
    if (part.minor <= kept.minor) return { customerId, amount: part };
    const words = `${toDecimal(part)} is for ${customerId}, who has ${toDecimal(kept)} of it yet`;
    throw invalid(named, { ...of, ids, words });
  });
  const added = sum(
    parts.map((part) => part.amount),
    currency,
  );
  if (added.minor === amount.minor) return parts;
  const words = `its amounts do not add up to the refund of ${toDecimal(amount)}`;
  throw invalid(named, { ...of, ids, words });
}

/** The lines that are named for one customer, as `mapping.refund_lines` of a charge of theirs. */
export function linesOfCustomer(named: string, customerId: string): string {
  const own = entriesOf(named).filter((entry) => isOf(entry, customerId));
  return own.map(({ line }) => line).join(", ");
}

function isOf(entry: Entry, customerId: string): boolean {
  return entry.customerId === customerId.toUpperCase();
}

function entriesOf(named: string): readonly Entry[] {
  const texts = named.split(/[,;]/).map((text) => text.trim());
  return texts
    .filter((text) => text !== "")
    .map((text) => {
      const [customer = "", ...line] = text.includes("/") ? text.split("/") : ["", text];
      return { text, customerId: customer.trim().toUpperCase(), line: line.join("/").trim() };
    });
}

function amountOf(line: string, currency: string): bigint | undefined {
  const [, text, ...others] = line.split("=");
  if (text === undefined || others.length > 0) return undefined;
  try {
    const { minor } = fromDecimal(text.trim(), currency);
    return minor > 0n ? minor : undefined;
  } catch (thrown) {
    if (thrown instanceof HubError) return undefined;
    throw thrown;
  }
}

function invalid(
  named: string,
  of: Readonly<{ amount: Money; ids: readonly string[]; words: string }>,
): HubError {
  const { amount, ids, words } = of;
  const customers = ids.join(", ");
  const [first = "", second = first] = ids;
  return new HubError("mapping.refund_lines", `Refund lines "${named.slice(0, 120)}": ${words}`, {
    facts: { value: named.slice(0, 200), customers, amount: toDecimal(amount) },
    cure:
      `Several SL customers share the charge: say of each line whose it is and how much, as in ` +
      `${first}/il_1Abc=12.50, ${second}/il_2Def=7.50; or remove the metadata, and each of them ` +
      "gets back in proportion to what they have paid. Then resume.",
  });
}
