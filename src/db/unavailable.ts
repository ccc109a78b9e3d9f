import { HubError, toHubError } from "../base/errors.ts";

// Classes of SQLSTATE, PostgreSQL manual, appendix "Error Codes": connection exception,
// insufficient resources, operator intervention.
const SQL_CLASSES = new Set(["08", "53", "57"]);

const SOCKET_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

// What `pg` says in words only, without a code.
const MESSAGES = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect/,
  /^timeout expired$/,
  /^Query read timeout$/,
  /connection error and is not queryable$/,
];

const CAUSES_MAX = 5;

/**
 * Whether an error says that the database cannot answer now, so that the same may succeed later:
 * SQLSTATE classes 08, 53 and 57, broken or refused sockets, time limits of the pool.
 *
 * Looks through `cause`, so a wrapped error counts too. A statement that was wrong is never one.
 */
export function isUnavailable(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth++) {
    if (current instanceof HubError && current.code === "db.unavailable") return true;
    if (isUnavailableItself(current)) return true;
    // Node tries each address of a name and gathers what each of them answered.
    if (current instanceof AggregateError && current.errors.some(isUnavailable)) return true;
    current = current.cause;
  }
  return false;
}

/** As `toHubError`, but a database that cannot answer now is `db.unavailable` and no bug. */
export function toDbError(thrown: unknown): HubError {
  const error = toHubError(thrown);
  if (error.code !== "bug.unexpected" || !isUnavailable(error.cause)) return error;
  return new HubError("db.unavailable", `The database did not answer: ${error.message}`, {
    cause: error.cause,
  });
}

function isUnavailableItself(error: Error): boolean {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (SOCKET_CODES.has(code)) return true;
  if (/^[0-9A-Z]{5}$/.test(code)) return SQL_CLASSES.has(code.slice(0, 2));
  return code === "" && MESSAGES.some((pattern) => pattern.test(error.message));
}
