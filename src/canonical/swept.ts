/** What changes at Stripe long after it was made, and is asked for again. */
export const SWEPT_KINDS = ["refund", "dispute", "payout", "topup"] as const;
export type SweptKind = (typeof SWEPT_KINDS)[number];

/** Such an object as Stripe shows it: who books it, and its status with what came of it. */
export type SweptObject = Readonly<{
  id: string;
  laneKey: string;
  /** Status, balance rows and dates in one text: another text is another state. */
  state: string;
  createdAt: Date;
}>;

/** Objects of a kind by the time they were made, newest first. */
export type SweptQuery = Readonly<{ kind: SweptKind; from: Date; until: Date }>;
export type SweptPage = Readonly<{ objects: readonly SweptObject[]; isLast: boolean }>;
