import { invalidRequest, resourceMissing } from "../errors.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import type { EventRow } from "../store/catalog-rows.ts";
import { eventInVersion } from "../webhooks/render.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** Stripe shows the events of the last 30 days only. */
const SHOWN_SECONDS = 30 * 86_400;
const TYPES_MAX = 20;

function isShown(world: World, row: EventRow): boolean {
  const isThere = row.visible_ms === undefined || row.visible_ms <= world.clock.nowMs();
  return isThere && row.created > world.nowSeconds() - SHOWN_SECONDS;
}

function list(call: Call): Wire {
  const { world, params } = call;
  const type = params.text("type");
  const types = params.texts("types");
  if (types !== undefined && types.length > TYPES_MAX) {
    throw invalidRequest(`types has at most ${TYPES_MAX} members`, undefined, "types");
  }
  const delivered = params.boolean("delivery_success");
  const isGroup = type?.endsWith("*") === true;
  const matches = (row: EventRow) =>
    (type === undefined ||
      row.type === type ||
      (isGroup && row.type.startsWith(type.slice(0, -1)))) &&
    (types === undefined || types.includes(row.type)) &&
    (delivered === undefined || isDelivered(world, row) === delivered);
  return listPage(call, {
    table: world.tables.event,
    kind: "event",
    url: "/v1/events",
    bucket: { index: "type", value: isGroup ? undefined : type },
    where: (row) => isShown(world, row) && matches(row),
    format: (row) => eventInVersion(world, row, world.settings.apiVersion),
  });
}

function isDelivered(world: World, row: EventRow): boolean {
  const owed = world.tables.delivery.by("event", row.id);
  return owed.every((delivery) => delivery.status === "delivered");
}

function retrieve({ world, id }: Call): Wire {
  const row = world.tables.event.get(id);
  if (row === undefined || !isShown(world, row)) throw resourceMissing("event", id);
  return eventInVersion(world, row, world.settings.apiVersion);
}

export const eventRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/events",
    accepts: `${PAGING} created delivery_success type types`,
    run: list,
  },
  { method: "GET", path: "/v1/events/:id", accepts: "", run: retrieve },
];
