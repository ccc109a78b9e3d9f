import type { DomainEventData, DomainEventType } from "./catalog.ts";

/**
 * How every statement begins that tells an event: a `select` of pair, key, type and data follows.
 * It stands as a part of the statement that does what the event tells of, so that neither is
 * without the other, and costs no statement of its own.
 */
export const TELL = "insert into domain_event (pair, key, type, data)";

/** An event that code makes, for a statement that takes several as JSON. */
export type Told<T extends DomainEventType = DomainEventType> = {
  [Type in T]: Readonly<{
    type: Type;
    data: DomainEventData<Type>;
    /** Where its order is not kept with that of the run's lane. */
    key?: string;
  }>;
}[T];

/** The key of events about the state of a pair. */
export const PAIR_KEY = "pair";

/** The rows of a parameter that holds `Told[]` as JSON; `key` is null where the lane's counts. */
export function toldRows(parameter: string): string {
  return `jsonb_to_recordset(${parameter}::jsonb) as told (type text, key text, data jsonb)`;
}
