import { eraOf, renderInEra } from "../formatters/versions.ts";
import { newId } from "../random.ts";
import type { DeliveryRow, WebhookEndpointRow } from "../store/catalog-rows.ts";
import { isWire, type Json, type Wire } from "../wire.ts";
import type { World } from "../world.ts";

/**
 * Records an event about `object` as it stands now; it is sent when the running change commits.
 * Endpoints that stand on an older version get the shape of this moment too, not of a later one.
 */
export function emit(world: World, type: string, object: Wire, before?: Wire): void {
  const older: { [era: string]: Wire } = {};
  const accountVersion = world.settings.apiVersion;
  const endpoints = [...world.tables.webhook_endpoint.all()];
  const versions = endpoints.map((endpoint) => endpoint.api_version ?? accountVersion);
  for (const version of [accountVersion, ...versions]) {
    const era = eraOf(version);
    if (era !== "current") older[era] ??= renderInEra(world, object, era);
  }
  const id = newId("event");
  world.record({
    id,
    created: world.nowSeconds(),
    type,
    object,
    previous_attributes: before === undefined ? null : previousAttributes(before, object),
    older,
    request: world.origin,
    ...lateness(world),
  });
  // In the same commit as the event, so that a sandbox killed right here still delivers it.
  for (const endpoint of endpoints) {
    if (wants(world, endpoint, type)) addDelivery(world, id, endpoint);
  }
}

/** Which events are listed late is drawn from the machine's randomness, as their ids are. */
function lateness({ settings, clock }: World): { visible_ms?: number } {
  const { eventsLateMs = 0, eventsLateShare = 1 } = settings;
  if (eventsLateMs === 0 || Math.random() >= eventsLateShare) return {};
  return { visible_ms: clock.nowMs() + eventsLateMs };
}

/** Since this version refunds of charges have events of their own; the sandbox has no others. */
const REFUND_EVENTS_SINCE = "2024-10-28";

/** Whether an endpoint is there for events of this type, and its version has them. */
export function wants(world: World, endpoint: WebhookEndpointRow, type: string): boolean {
  if (endpoint.status !== "enabled") return false;
  const version = endpoint.api_version ?? world.settings.apiVersion;
  if (type.startsWith("refund.") && version < REFUND_EVENTS_SINCE) return false;
  return endpoint.enabled_events.some((wanted) => wanted === "*" || wanted === type);
}

/** Writes that an event is owed to an endpoint. */
export function addDelivery(
  world: World,
  event: string,
  endpoint: WebhookEndpointRow,
): DeliveryRow {
  return world.tables.delivery.put({
    id: newId("delivery"),
    created: world.nowSeconds(),
    event,
    endpoint: endpoint.id,
    status: "pending",
    attempts: 0,
    next_ms: world.clock.nowMs() + world.settings.webhooks.lateMs,
    last_status: null,
  });
}

/** The old values of what changed, nested ones by key, as `data.previous_attributes` shows them. */
function previousAttributes(before: Wire, after: Wire): Wire {
  const changed: { [key: string]: Json } = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = before[key] ?? null;
    const is = after[key] ?? null;
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    changed[key] = isWire(was) && isWire(is) ? previousAttributes(was, is) : was;
  }
  return changed;
}
