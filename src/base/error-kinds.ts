/** What kinds of trouble there are; the kind decides what a run does with it. */
export const ERROR_CATEGORIES = [
  ...(["input", "auth", "config", "mapping", "stripe", "erp"] as const),
  ...(["conflict", "transient", "bug"] as const),
] as const;
export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

/** When trying the same again makes sense. */
export type Retry = "never" | "backoff" | "after_fix";
