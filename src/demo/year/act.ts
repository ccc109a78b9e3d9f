/** What happens at Stripe at a moment: a call of its API, or what a bank or shopper does. */
export type Act = Readonly<{
  /** In ms since 1970. */
  at: number;
  path: string;
  body: Readonly<Record<string, unknown>>;
  /** By which later acts mean it: `{{name}}` is its id, `{{name.field}}` a text of it. */
  name?: string;
  /** Stripe may refuse it: a bank a card, or what came before has left nothing to do. */
  mayBeRefused?: true;
}>;

/** Why a payment, refund or payout is worth telling of, by the name of the act that made it. */
export type Oddity = Readonly<{ name: string; why: string; rank: number }>;

/** A sale with all that follows from it in days and weeks. */
export type Sale = Readonly<{ acts: readonly Act[]; oddities: readonly Oddity[] }>;

/** A sale that is paid; `charge` and `amount` are what refunds and disputes are of. */
export type Paid = Readonly<{
  acts: readonly Act[];
  charge: string;
  amount: number;
  paidAt: number;
  /** What can follow: not everything can be given back or disputed. */
  may: readonly ("refund" | "dispute" | "credit-note")[];
  invoice?: string;
}>;
