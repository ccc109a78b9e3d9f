/** What kind of trouble an error is; the kind decides what a run does with it. */
export type ErrorCategory =
  | "input"
  | "auth"
  | "config"
  | "mapping"
  | "stripe"
  | "erp"
  | "conflict"
  | "transient"
  | "bug";

/** When trying the same again makes sense. */
export type Retry = "never" | "backoff" | "after_fix";
