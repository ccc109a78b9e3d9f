/** Every rule, with when it holds; docs/alerts.md shows this table. */
export const RULES = {
  parked: "runs wait for a person, one alert for each error code of a pair",
  "circuit-open": "SL does not answer and the pair's circuit is open",
  backlog: "an order has been due for longer than `limits.backlog` minutes, and nothing holds it",
  credentials: "Stripe or SL refuses the pair's credentials, so the pair is paused",
  paused: "the pair is paused for another reason than credentials",
  endpoint: "the pair's webhook endpoint is disabled, or sends another API version or too little",
  disk: "the disk of the home folder has less than `limits.disk-free` percent left",
  "batch-wait":
    "a document has waited in SL for a person for `limits.batch-wait` hours: release, application",
  "order-left":
    "money of a closed sales order has had no document for its pair's `order.left-days`",
  "dispute-evidence":
    "evidence for a dispute is due within `limits.dispute-evidence` days, and none was submitted",
  "dispute-over": "refunds and disputes take more of a charge than it brought",
  "refund-failed": "the money of a refund that failed is open credit of its customer in SL",
  stray: "the sweeper found work that nobody would have done, in the last hour",
  gap: "events that Stripe had not delivered were found, in the last day",
  forgotten: "the hub was off for more than 30 days, and Stripe tells no events of that time",
  "pull-behind": "Stripe could not be asked for events or balance transactions in time",
  "rows-unowned": "a balance transaction has had no document for more than a day",
  "rows-suspense": "rows of the balance were booked on suspense, in the last week",
  tampered:
    "documents of the hub were changed or doubled in SL, and nobody has healed or accepted it",
  "watch-behind": "a comparison with SL has been due for 30 hours, or they have failed for two",
  "proof-differs": "the last day that the hub has proved differs in one of its currencies",
  "proof-behind": "days could not be proved for two hours, or none was for five days",
} as const;

/** A rule's name. */
export type Rule = keyof typeof RULES;

/** A trouble that holds now, however many records it has. */
export type Condition = Readonly<{
  rule: Rule;
  /** Empty where it is the hub's own. */
  pair: string;
  /** Parts troubles of one rule and pair. */
  key: string;
  /** One sentence that names what is wrong and where. */
  title: string;
  /** What a person does about it. */
  cure: string;
  /** The first few of what it is about. */
  records: readonly string[];
  count: number;
}>;

/** Records that a notice names; the rest is in the list that its cure leads to. */
export const RECORDS_SHOWN = 10;
