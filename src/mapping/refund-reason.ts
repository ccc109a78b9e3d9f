import { HubError } from "../base/errors.ts";
import type { Refund } from "../canonical/refund.ts";
import type { PairSettings } from "../config/index.ts";
import { type GlAccount, USER_FIELDS, type UserFieldName, type UserFields } from "../erp/port.ts";
import { fitText } from "./text.ts";
import { fitUserField } from "./user-fields.ts";

/** Why something was taken back, and what SL is told of it. */
export type ReturnReason = Readonly<{
  /** The key under `accounts.returns`. */
  key: string;
  account: GlAccount;
  /** What the memo is called; empty where the reason has no words of its own. */
  text: string;
  fields: UserFields;
  notes: readonly string[];
}>;

/** Stripe's reasons by the accounts that they go to. */
const KEY_OF: Readonly<Record<string, string>> = {
  duplicate: "duplicate",
  fraudulent: "fraudulent",
  requested_by_customer: "requested",
  expired_uncaptured_charge: "expired",
};
const DEFAULT_KEY = "requested";

/**
 * The reason of a refund: the merchant's own in its metadata where the pair has an account for it,
 * else Stripe's; words that name no reason of the pair are kept as text.
 *
 * @throws HubError `mapping.account_missing`
 */
export function reasonOfRefund(
  refund: Pick<Refund, "reason" | "metadata">,
  settings: PairSettings,
): ReturnReason {
  const own = (refund.metadata[settings.metadata.refundReason] ?? "").trim();
  const key = keyOf(own);
  if (own !== "" && Object.hasOwn(settings.accounts.returns, key)) {
    return returnReason(key, settings);
  }
  const stripes = returnReason(KEY_OF[refund.reason] ?? DEFAULT_KEY, settings);
  const words = own === "" ? [] : [`Reason in the merchant's words: ${own}`];
  const guessed =
    refund.reason in KEY_OF ? [] : [`Stripe has no reason: booked as ${stripes.key}.`];
  const text = own === "" ? stripes.text : fitText(own, 30).text;
  return { ...stripes, text, notes: [...words, ...guessed, ...stripes.notes] };
}

/**
 * A reason by its key, its fields as wide as SL's.
 *
 * @throws HubError `mapping.account_missing`, `mapping.field_invalid`
 */
export function returnReason(key: string, settings: PairSettings): ReturnReason {
  const { returns } = settings.accounts;
  const account = Object.hasOwn(returns, key) ? returns[key] : undefined;
  if (account === undefined) {
    const setting = `accounts.returns.${key}`;
    throw new HubError("mapping.account_missing", `${setting} is not set`, { facts: { setting } });
  }
  const said = Object.hasOwn(settings.refundReasons, key) ? settings.refundReasons[key] : undefined;
  return { key, account, text: said?.text ?? "", ...fieldsOf(key, said?.fields ?? {}) };
}

function fieldsOf(
  key: string,
  given: Readonly<Record<string, string>>,
): Pick<ReturnReason, "fields" | "notes"> {
  const fields: Partial<Record<UserFieldName, string>> = {};
  const notes: string[] = [];
  for (const to of USER_FIELDS) {
    const value = given[to];
    if (value === undefined) continue;
    const fitted = fitUserField(to, value, { from: `refund-reasons.${key}.fields`, to });
    fields[to] = fitted.value;
    notes.push(...fitted.notes);
  }
  return { fields, notes };
}

function keyOf(words: string): string {
  return words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}
