import { HubError } from "../../base/errors.ts";

/**
 * The cause of a failed write as what it means: a unique violation of `receipt` or `row_owner` says
 * that another intent already stands for that SL document or owns that balance row.
 */
export function asReceiptConflict(
  cause: unknown,
  { key, slKey }: Readonly<{ key: string; slKey: string | undefined }>,
): unknown {
  const { code, constraint } = cause as { code?: string; constraint?: string };
  if (code !== "23505" || (constraint !== "receipt_pkey" && constraint !== "row_owner_pkey")) {
    return cause;
  }
  const what = constraint === "receipt_pkey" ? `${slKey} in SL` : "a balance row";
  return new HubError("conflict.key_taken", `Another intent already owns ${what}`, {
    facts: { intent: key, slKey },
    cause,
  });
}

/** Whether another lane has opened the same attempt of a shared record at the same moment. */
export function isAttemptTaken(cause: unknown): boolean {
  const { code, constraint } = cause as { code?: string; constraint?: string };
  return code === "23505" && constraint === "attempt_pkey";
}
