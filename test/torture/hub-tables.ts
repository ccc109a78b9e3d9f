/** What the hub knows of what it booked. */
export const BOOKED_TABLES = [
  ...["person_wait", "unapplied", "attempt", "collected_document", "intent"],
  ...["receipt", "row_owner", "link"],
];
/** What each run begins with: tables of the hub without a row. */
export const HUB_TABLES = [
  ...BOOKED_TABLES,
  ...[
    "run",
    "parked",
    "customer_lock",
    "sales_order",
    "journal_row",
    "balance_row",
    "dispute",
    "lineage",
    "site_probe",
    "pair_state",
    "event",
    "event_walk",
    "lane",
  ],
];
