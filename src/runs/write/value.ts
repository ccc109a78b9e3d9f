import { HubError } from "../../base/errors.ts";
import { isSameAmount, type Money, toDecimal } from "../../base/money.ts";
import { type Rate, rateBetween, worthOf } from "../../base/rate.ts";
import { sideTotal } from "../../erp/journal.ts";
import type { DocumentDraft, DocumentRate, OrderDraft } from "../../erp/port.ts";
import type { Mapped } from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";

/**
 * How a document in another currency than the ledger's is valued: by what Stripe's balance has
 * moved for it, or at the rate of another document. Without either, at SL's rate of its date.
 */
export type Worth = Readonly<{ settled: Money }> | Readonly<{ rate: Rate }>;

/**
 * Gives a draft in another currency its rate; one in the base currency stays as it is, and one that
 * takes another document back has that one's.
 */
export type Valuer = <D extends DocumentDraft>(
  mapped: Mapped<D>,
  worth?: Worth | undefined,
) => Promise<Mapped<D>>;

/** What of a pair is asked where its documents are valued. */
export type Valuing = Pick<PairRuntime, "settings" | "reference"> &
  Readonly<{ erp: Pick<PairRuntime["erp"], "capabilities"> }>;

/**
 * The valuer of a pair. A rate values and never changes an amount of Stripe.
 *
 * @throws HubError `mapping.currency_unsupported` where the site keeps one currency alone, or was
 *   not found to keep a rate that is given; `mapping.rate_missing`, `money.rate`, `erp.contract`
 */
export function valuerOf(pair: Valuing): Valuer {
  return async (mapped, worth) => {
    const { draft, notes } = mapped;
    const base = pair.settings.sl.baseCurrency;
    if (draft.currency === base || draft.rate !== undefined) return mapped;
    await assertMultiCurrency(pair, draft.currency);
    const rate = await rateFor(pair, draft, worth);
    const { currency, documentDate: date } = draft;
    const of: DocumentRate = { ...rate, type: pair.settings.sl.rateType, date };
    const whole = wholeOf(draft);
    if (whole === undefined) return { draft: { ...draft, rate: of }, notes };
    const valued = worthOf(whole, rate);
    const words = `${toDecimal(whole)} ${currency} is worth ${toDecimal(valued)} ${base}`;
    return {
      draft: { ...draft, rate: { ...of, worth: valued } },
      notes: [...notes, `${words}, at ${rateWords(rate)}.`],
    };
  };
}

/**
 * Gives an order in another currency SL's rate of its day, which its invoices will have too; one in
 * the base currency stays as it is.
 *
 * @throws HubError `mapping.currency_unsupported`, `mapping.rate_missing`
 */
export async function ratedOrder(
  pair: Valuing,
  { draft, notes }: Mapped<OrderDraft>,
): Promise<Mapped<OrderDraft>> {
  const { currency, orderDate: date } = draft;
  if (currency === pair.settings.sl.baseCurrency) return { draft, notes };
  await assertMultiCurrency(pair, currency);
  const rate = await slRate(pair, currency, date);
  return { draft: { ...draft, rate: { ...rate, type: pair.settings.sl.rateType, date } }, notes };
}

async function assertMultiCurrency(
  { settings, reference }: Pick<PairRuntime, "settings" | "reference">,
  currency: string,
): Promise<void> {
  if ((await reference.isMultiCurrency()) !== false) return;
  const { baseCurrency } = settings.sl;
  throw new HubError(
    "mapping.currency_unsupported",
    `SL keeps ${baseCurrency} alone (GLSetup.MCActive is 0), and the document is in ${currency}`,
    {
      facts: { currency, base: baseCurrency },
      cure: "Activate multi-currency in SL, or set book-in: settlement; then resume.",
    },
  );
}

async function rateFor(
  pair: Valuing,
  draft: DocumentDraft,
  worth: Worth | undefined,
): Promise<Rate> {
  if (worth === undefined) return slRate(pair, draft.currency, draft.documentDate);
  assertKeepsRates(pair, draft.currency);
  if ("rate" in worth) return worth.rate;
  const { settled } = worth;
  const whole = wholeOf(draft);
  const base = pair.settings.sl.baseCurrency;
  if (settled.currency !== base || whole === undefined) {
    throw new HubError("bug.assertion", `${settled.currency} values nothing in ${base}`);
  }
  const rate = rateBetween(whole, settled);
  if (isSameAmount(worthOf(whole, rate), settled)) return rate;
  throw new HubError("bug.assertion", `A rate of ${rate.value} does not give what was settled`);
}

/**
 * SL's own rate of a day from a currency to the base.
 *
 * @throws HubError `mapping.rate_missing`
 */
export async function slRate(
  { settings, reference }: Valuing,
  currency: string,
  date: string,
): Promise<Rate> {
  const { baseCurrency: base, rateType: type } = settings.sl;
  const rate = await reference.rate({ currency, base, type, date });
  if (rate !== undefined) return rate;
  throw new HubError(
    "mapping.rate_missing",
    `SL has no rate of type ${type} from ${currency} to ${base} for ${date} or an earlier day`,
    { facts: { currency, base, type, date } },
  );
}

/** Where SL puts its own rate in the place of one that is given, clearing would differ. */
function assertKeepsRates({ settings, erp }: Valuing, currency: string) {
  const answer = erp.capabilities["supplied-rate"];
  if (answer === "yes") return;
  const { baseCurrency } = settings.sl;
  const words = answer === "no" ? "does not keep" : "was not asked whether it keeps";
  throw new HubError(
    "mapping.currency_unsupported",
    `Stripe has settled money in ${currency} in another currency, ` +
      `and the SL site ${words} the rate to ${baseCurrency} that this gives`,
    {
      facts: { currency, base: baseCurrency, answer },
      cure:
        "Run `slipway doctor --probe` with --foreign-currency, which asks the site; " +
        "where it says no, set accounts.bridge or book-in: settlement. Then resume.",
    },
  );
}

/** The amount that the rate of a document values; none of an application, which books none. */
function wholeOf(draft: DocumentDraft): Money | undefined {
  switch (draft.kind) {
    case "payment":
      return draft.amount;
    case "invoice":
    case "memo":
      return draft.total;
    case "journal":
      return sideTotal(draft, "debit");
    case "application":
      return undefined;
  }
}

/** `32.84/5000` is how an exact rate is kept, and for people it is a quotient all the same. */
function rateWords({ value, multDiv }: Rate): string {
  return multDiv === "M" ? `a rate of ${value}` : `one for ${value}`;
}
