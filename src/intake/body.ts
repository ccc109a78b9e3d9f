import { HubError } from "../base/errors.ts";
import { type EventHead, ID_PATTERN } from "../events/index.ts";

/** Stripe's events, read and checked; what is in `data` stays as Stripe sent it. */
export type ReadEvent = EventHead &
  Readonly<{ apiVersion: string | null; livemode: boolean; createdAt: Date }>;

const TYPE_PATTERN = /^[A-Za-z0-9_.]{1,100}$/;
const VERSION_PATTERN = /^[A-Za-z0-9_.-]{1,64}$/;
/** The year 5138: far beyond any real event, well within PostgreSQL's range. */
const CREATED_SECONDS_MAX = 100_000_000_000;

/**
 * Reads the body of a validly signed webhook. Only values of a known form leave this function as
 * text of ours; everything else stays in the raw bytes.
 *
 * @throws HubError `intake.body_invalid`
 */
export function readBody(rawBody: Buffer): ReadEvent {
  const event = parse(rawBody);
  const { id, type, object, api_version: apiVersion, livemode } = event;
  if (typeof id !== "string" || !ID_PATTERN.test(id)) throw invalid("has no valid id");
  if (typeof type !== "string" || !TYPE_PATTERN.test(type)) throw invalid("has no valid type");
  if (apiVersion != null && !isVersion(apiVersion)) throw invalid("has no valid api_version");
  return {
    id,
    type,
    object,
    data: event.data,
    related_object: event.related_object,
    apiVersion: apiVersion ?? null,
    livemode: livemode === true,
    createdAt: createdAtOf(event.created),
  };
}

function parse(rawBody: Buffer): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(rawBody.toString("utf8"));
  } catch (cause) {
    throw new HubError("intake.body_invalid", "The body is no JSON", { cause });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw invalid("is no object");
  }
  return parsed as Record<string, unknown>;
}

function isVersion(value: unknown): value is string {
  return typeof value === "string" && VERSION_PATTERN.test(value);
}

/** Unix seconds in snapshot events, an ISO time in thin ones. */
function createdAtOf(created: unknown): Date {
  const seconds = typeof created === "string" ? Date.parse(created) / 1_000 : created;
  if (typeof seconds === "number" && seconds >= 0 && seconds <= CREATED_SECONDS_MAX) {
    return new Date(seconds * 1_000);
  }
  throw invalid("has no valid creation time");
}

function invalid(reason: string): HubError {
  return new HubError("intake.body_invalid", `The event ${reason}`);
}
