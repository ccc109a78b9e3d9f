import type { EventsPage, EventsQuery, ListedEvent } from "../canonical/port.ts";
import type { ListPage, Paging, StripeApi } from "./stripe-api.ts";
import { instantOf, shapeError, textOf, type Wire } from "./wire.ts";

/** The events of a span of time, as `StripePort.listEvents` promises. */
export async function* listEvents(
  api: StripeApi,
  query: EventsQuery,
  signal?: AbortSignal,
): AsyncIterable<EventsPage> {
  // Past the SDK's typed method: it turns decimal texts inside of an event into objects of its own,
  // and the event is to be stored as Stripe wrote it.
  const pages = api.pages(
    "events.list",
    (paging) => api.sdk.rawRequest("GET", pathOf(query, paging)) as Promise<ListPage>,
    signal,
  );
  for await (const { members, isLast } of pages) yield { events: members.map(listed), isLast };
}

function pathOf({ from, until, types }: EventsQuery, paging: Paging): string {
  const params = new URLSearchParams({ "created[gte]": secondsOf(from) });
  if (until !== undefined) params.set("created[lt]", secondsOf(until));
  for (const type of types ?? []) params.append("types[]", type);
  for (const [name, value] of Object.entries(paging)) params.set(name, String(value));
  return `/v1/events?${params}`;
}

function listed(event: Wire): ListedEvent {
  const createdAt = instantOf(event, "created");
  if (createdAt === undefined) throw shapeError(textOf(event, "id"), "has no time of creation");
  const [id, type] = [textOf(event, "id"), textOf(event, "type")];
  return { id, type, createdAt, body: JSON.stringify(event) };
}

function secondsOf(instant: Date): string {
  return String(Math.floor(instant.getTime() / 1_000));
}
