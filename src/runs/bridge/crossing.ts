import type { Money } from "../../base/money.ts";
import { worthOf } from "../../base/rate.ts";
import type { DocumentDraft, GlAccount } from "../../erp/port.ts";
import {
  bridgeOf,
  checkExchangeAccounts,
  clearingOf,
  type Stopover,
  stopoverAt,
} from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { type Intent, isFrozen } from "../write/intent.ts";
import { slRate, type Valuing, type Worth } from "../write/value.ts";
import { washLines } from "./washed.ts";

/** How a document over charged money is valued, and whether it reaches clearing over the bridge. */
export type Crossing = Readonly<{ isBridged: boolean; worth: Worth | undefined }>;

/** Money of the customer's currency with what Stripe's balance has moved for it. */
export type ToCross = Readonly<{
  amount: Money;
  /** Above zero. */
  settled: Money;
  /** Calendar date `YYYY-MM-DD` of the row. */
  date: string;
  /** The document's intent, where it is known: what is begun is finished as it was begun. */
  known?: Intent | undefined;
}>;

/**
 * The way of money from the currency that was charged to the one that Stripe settled. What was
 * settled in the base currency gives the rate of its document, which hits clearing. Any other, and
 * where the site keeps no rate that is given, goes over the bridge: the document is worth what
 * SL's rate of the settlement currency makes of it, or what SL's rate of its own does.
 *
 * Whatever the journal behind it will need is asked for here, before anything is written.
 *
 * @throws HubError `mapping.account_missing`, `mapping.rate_missing`
 */
export async function crossingOf(pair: Valuing, of: ToCross): Promise<Crossing> {
  const { settings, erp } = pair;
  const { amount, settled, known } = of;
  const { baseCurrency } = settings.sl;
  if (amount.currency === settled.currency) return { isBridged: false, worth: undefined };
  const keepsRates = erp.capabilities["supplied-rate"];
  const isWanted = settled.currency !== baseCurrency || keepsRates === "no";
  const isBegun = known !== undefined && isFrozen(known);
  const hasWay = settings.accounts.bridge !== undefined;
  const isBridged =
    (isBegun ? hitsBridge(known.draft, settings) : undefined) ?? (isWanted && hasWay);
  if (!isBridged) return { isBridged, worth: { settled } };
  clearingOf(settled.currency, settings);
  checkExchangeAccounts(settings);
  const isBase = settled.currency === baseCurrency;
  const rate = isBase ? undefined : await slRate(pair, settled.currency, of.date);
  // Without a rate of its own the document has SL's, and the journals take the difference.
  if (keepsRates === "no" || amount.currency === baseCurrency)
    return { isBridged, worth: undefined };
  return { isBridged, worth: { settled: rate === undefined ? settled : worthOf(settled, rate) } };
}

/** How a memo of a customer's money is valued, and over what it reaches clearing. */
export type MemoCrossing = Readonly<{ over: Stopover | undefined; worth: Worth | undefined }>;

/**
 * The way of a memo's money. Where Cash Manager keeps clearing it takes no memo's line on it, so
 * what does not go over the bridge goes over the wash account.
 *
 * @param of.standing the memo as SL holds it already, for a hub that does not know it
 * @throws HubError those of `crossingOf`, and `erp.not_found`
 */
export async function crossingOfMemo(
  pair: Valuing & Pick<PairRuntime, "erp">,
  of: ToCross & Readonly<{ standing?: DocumentDraft | undefined }>,
): Promise<MemoCrossing> {
  const { settings } = pair;
  const { isBridged, worth } = await crossingOf(pair, of);
  if (isBridged) return { over: stopoverAt("bridge", settings), worth };
  const { known, standing } = of;
  const begun = known !== undefined && isFrozen(known) ? known : undefined;
  const asBegun = standing === undefined ? begun : { draft: standing, receipt: undefined };
  if (asBegun !== undefined) {
    const [washed] = await washLines(pair, asBegun);
    if (washed === undefined) return { over: undefined, worth };
    return { over: { role: "wash", account: washed.sales }, worth };
  }
  const isWashed = settings.clearing.cashAccount === "yes";
  return { over: isWashed ? stopoverAt("wash", settings) : undefined, worth };
}

/** Whether a draft hits the bridge; undefined for one that a rebuild took over without lines. */
export function hitsBridge(draft: unknown, settings: PairRuntime["settings"]): boolean | undefined {
  const { kind, ...known } = draft as Partial<DocumentDraft>;
  if (kind === undefined || settings.accounts.bridge === undefined) return undefined;
  const bridge = bridgeOf(settings);
  const isBridge = (one: GlAccount) =>
    one.account === bridge.account && one.subaccount === bridge.subaccount;
  if ("cash" in known) return isBridge(known.cash as GlAccount);
  const lines = "lines" in known ? (known.lines as readonly { sales?: GlAccount }[]) : [];
  return lines.some(({ sales }) => sales !== undefined && isBridge(sales));
}
