import type { PairRuntime } from "../pair-runtime.ts";

/** Whether the site takes documents in another currency than the customer's: a probe tells. */
export function isOtherKept({ erp }: Pick<PairRuntime, "erp">): boolean {
  return erp.capabilities["foreign-currency"] === "yes";
}

/**
 * The currency that a new customer trades in, undefined for the company's own: that of the sale
 * where SL takes no other one of a customer.
 */
export function newCustomerCurrency(
  pair: Pick<PairRuntime, "erp" | "settings">,
  currency: string,
): string | undefined {
  const isBase = currency === pair.settings.sl.baseCurrency;
  return isBase || isOtherKept(pair) ? undefined : currency;
}
