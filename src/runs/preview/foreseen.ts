import type { HubError } from "../../base/errors.ts";
import type { Purpose } from "../../base/ids.ts";
import type { Money } from "../../base/money.ts";
import type { CustomerDraft, DocumentDraft, OrderDraft } from "../../erp/port.ts";

/** A document as it would be booked; `draft` is in the form that intents are saved in. */
export type ForeseenDocument = Readonly<{
  purpose: Purpose;
  object: string;
  draft: CustomerDraft | DocumentDraft | OrderDraft;
  notes: readonly string[];
}>;

/** What booking a lane would come to, found without writing anything. */
export type Foreseen = Readonly<{
  /** The Stripe invoice, PaymentIntent or charge; the lane's key where there is nothing to book. */
  object: string;
  /** The amount with its currency, or undefined where there is nothing to book. */
  total: Money | undefined;
  documents: readonly ForeseenDocument[];
  /** Why nothing, or nothing more, would be booked. */
  stop: HubError | undefined;
  /** What a decision about an item may name; undefined where no sale was found. */
  itemTargets?: readonly string[];
}>;
