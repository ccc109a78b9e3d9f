import { formatEvent } from "../formatters/hooks.ts";
import { eraOf, renderInEra } from "../formatters/versions.ts";
import type { EventRow } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** An event with its object in the shape of a version, as it was when the event was made. */
export function eventInVersion(world: World, event: EventRow, apiVersion: string): Wire {
  const era = eraOf(apiVersion);
  const kept = era === "current" ? event.object : event.older[era];
  const object = kept ?? renderInEra(world, event.object, era);
  return formatEvent(world, event, { apiVersion, object });
}

const PATH_BY_OBJECT: Record<string, string> = {
  "checkout.session": "checkout/sessions",
  balance: "balance",
  "test_helpers.test_clock": "test_helpers/test_clocks",
};

/** The same event as a thin one: who and what, without the object (stripe-facts section 2). */
export function thinEvent(event: EventRow): Wire {
  const { id, object } = event.object;
  const kind = typeof object === "string" ? object : "object";
  const objectId = typeof id === "string" ? id : "";
  const path = PATH_BY_OBJECT[kind] ?? `${kind}s`;
  return {
    id: event.id,
    object: "v2.core.event",
    type: `v1.${event.type}`,
    context: null,
    created: new Date(event.created * 1000).toISOString(),
    livemode: false,
    related_object: { id: objectId, type: kind, url: `/v1/${path}/${objectId}` },
    snapshot_event: event.id,
  };
}
