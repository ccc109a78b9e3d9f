import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatWebhookEndpoint } from "../formatters/hooks.ts";
import { isApiVersion } from "../formatters/versions.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { newId, randomText } from "../random.ts";
import type { WebhookEndpointRow } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** An endpoint that is there. */
export function endpointOf(world: World, id: string): WebhookEndpointRow {
  const row = world.tables.webhook_endpoint.get(id);
  if (row === undefined) throw resourceMissing("webhook_endpoint", id);
  return row;
}

/** A new signing secret in Stripe's form. */
export function newSecret(): string {
  return `whsec_${randomText(32)}`;
}

function checkedUrl(url: string): string {
  if (/^https?:\/\/\S+$/.test(url)) return url;
  throw invalidRequest("Invalid URL: An explicit scheme must be provided.", "url_invalid", "url");
}

function create({ world, params }: Call): Wire {
  const url = checkedUrl(params.required("url"));
  const enabled_events = params.texts("enabled_events");
  if (enabled_events === undefined) throw parameterMissing("enabled_events");
  const version = params.clearable("api_version") ?? null;
  if (version !== null && !isApiVersion(version)) {
    throw invalidRequest(`Invalid API version: ${version}`, undefined, "api_version");
  }
  const row = world.tables.webhook_endpoint.put({
    id: newId("webhook_endpoint"),
    created: world.nowSeconds(),
    url,
    secrets: [{ secret: newSecret(), expires_ms: null }],
    enabled_events,
    api_version: version,
    description: params.clearable("description") ?? null,
    metadata: params.metadata(),
    status: "enabled",
  });
  return formatWebhookEndpoint(row, true);
}

function update({ world, params, id }: Call): Wire {
  const before = endpointOf(world, id);
  const url = params.text("url");
  const description = params.clearable("description");
  const disabled = params.boolean("disabled");
  const row = world.tables.webhook_endpoint.put({
    ...before,
    url: url === undefined ? before.url : checkedUrl(url),
    enabled_events: params.texts("enabled_events") ?? before.enabled_events,
    description: description === undefined ? before.description : description,
    metadata: params.metadata(before.metadata),
    status: disabled === undefined ? before.status : disabled ? "disabled" : "enabled",
  });
  return formatWebhookEndpoint(row);
}

function remove({ world, id }: Call): Wire {
  endpointOf(world, id);
  world.tables.webhook_endpoint.delete(id);
  return { id, object: "webhook_endpoint", deleted: true };
}

function list(call: Call): Wire {
  const { world } = call;
  return listPage(call, {
    table: world.tables.webhook_endpoint,
    kind: "webhook_endpoint",
    url: "/v1/webhook_endpoints",
    format: (row) => formatWebhookEndpoint(row),
  });
}

export const webhookEndpointRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/webhook_endpoints",
    accepts: "api_version connect description enabled_events metadata url",
    run: create,
  },
  { method: "GET", path: "/v1/webhook_endpoints", accepts: PAGING, run: list },
  {
    method: "GET",
    path: "/v1/webhook_endpoints/:id",
    accepts: "",
    run: ({ world, id }) => formatWebhookEndpoint(endpointOf(world, id)),
  },
  {
    method: "POST",
    path: "/v1/webhook_endpoints/:id",
    accepts: "description disabled enabled_events metadata url",
    run: update,
  },
  { method: "DELETE", path: "/v1/webhook_endpoints/:id", accepts: "", run: remove },
];
