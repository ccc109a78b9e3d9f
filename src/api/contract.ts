// What travels between the hub and its CLI and console, a file for each resource. Instants are
// ISO 8601 in UTC, amounts are decimal text, database numbers that may outgrow a double are text.

export * from "./contract-acts.ts";
export * from "./contract-alerts.ts";
export * from "./contract-backfill.ts";
export * from "./contract-close.ts";
export * from "./contract-customers.ts";
export * from "./contract-disputes.ts";
export * from "./contract-doctor.ts";
export * from "./contract-events.ts";
export * from "./contract-golive.ts";
export * from "./contract-held.ts";
export * from "./contract-lanes.ts";
export * from "./contract-lookups.ts";
export * from "./contract-matches.ts";
export * from "./contract-orders.ts";
export * from "./contract-pairs.ts";
export * from "./contract-parked.ts";
export {
  ErrorAnswer,
  NumberedParams,
  PAGE_ROWS_DEFAULT,
  PAGE_ROWS_MAX,
} from "./contract-parts.ts";
export * from "./contract-payouts.ts";
export * from "./contract-preview.ts";
export * from "./contract-proof.ts";
export * from "./contract-reversals.ts";
export * from "./contract-rows.ts";
export * from "./contract-runs.ts";
export * from "./contract-subscribers.ts";
export * from "./contract-sweep.ts";
export * from "./contract-trace.ts";
export * from "./contract-walks.ts";
export * from "./contract-watch.ts";
export * from "./contract-wizard.ts";
