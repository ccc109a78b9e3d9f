import type { EventRow, WebhookEndpointRow } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** Event on the wire, its object in the shape of `apiVersion`. */
export function formatEvent(
  world: World,
  row: EventRow,
  shown: { apiVersion: string; object: Wire },
): Wire {
  return {
    id: row.id,
    object: "event",
    api_version: shown.apiVersion,
    created: row.created,
    data: {
      object: shown.object,
      ...(row.previous_attributes === null ? {} : { previous_attributes: row.previous_attributes }),
    },
    livemode: false,
    pending_webhooks: world.tables.delivery.by("pending", row.id).length,
    request: { id: row.request.id, idempotency_key: row.request.idempotency_key },
    type: row.type,
  };
}

/** Webhook endpoint on the wire; its secret only in the answer that makes it. */
export function formatWebhookEndpoint(row: WebhookEndpointRow, withSecret = false): Wire {
  const secret = row.secrets[0]?.secret;
  return {
    id: row.id,
    object: "webhook_endpoint",
    api_version: row.api_version,
    application: null,
    created: row.created,
    description: row.description,
    enabled_events: row.enabled_events,
    livemode: false,
    metadata: row.metadata,
    ...(withSecret && secret !== undefined ? { secret } : {}),
    status: row.status,
    url: row.url,
  };
}
