import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatTestClock } from "../formatters/catalog.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { emit } from "../operations/emit.ts";
import { newId } from "../random.ts";
import type { TestClockRow } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

const ADVANCE_SECONDS_MAX = 2 * 366 * 86_400;

function clockOf(world: World, id: string): TestClockRow {
  const row = world.tables.test_clock.get(id);
  if (row === undefined) throw resourceMissing("test_helpers.test_clock", id);
  return row;
}

function create({ world, params }: Call): Wire {
  const frozen_time = params.integer("frozen_time");
  if (frozen_time === undefined) throw parameterMissing("frozen_time");
  const row = world.tables.test_clock.put({
    id: newId("test_clock"),
    created: world.nowSeconds(),
    frozen_time,
    name: params.text("name") ?? null,
    status: "ready",
  });
  emit(world, "test_helpers.test_clock.created", formatTestClock(world, row));
  return formatTestClock(world, row);
}

/** There is nothing to bill in between, so the clock has arrived when the answer has gone out. */
function advance({ world, params, id }: Call): Wire {
  const before = clockOf(world, id);
  const frozen_time = params.integer("frozen_time");
  if (frozen_time === undefined) throw parameterMissing("frozen_time");
  const isAllowed =
    frozen_time > before.frozen_time && frozen_time - before.frozen_time <= ADVANCE_SECONDS_MAX;
  if (!isAllowed) {
    const message = "frozen_time must be later than now, by two years at most.";
    throw invalidRequest(message, undefined, "frozen_time");
  }
  const moving = { ...before, frozen_time, status: "advancing" };
  emit(world, "test_helpers.test_clock.advancing", formatTestClock(world, moving));
  const ready = world.tables.test_clock.put({ ...moving, status: "ready" });
  emit(world, "test_helpers.test_clock.ready", formatTestClock(world, ready));
  return formatTestClock(world, moving);
}

function remove({ world, id }: Call): Wire {
  const row = clockOf(world, id);
  for (const customer of world.tables.customer.by("test_clock", id)) {
    world.tables.customer.put({ ...customer, deleted: true });
  }
  world.tables.test_clock.delete(id);
  emit(world, "test_helpers.test_clock.deleted", formatTestClock(world, row));
  return { id, object: "test_helpers.test_clock", deleted: true };
}

function list(call: Call): Wire {
  const { world } = call;
  return listPage(call, {
    table: world.tables.test_clock,
    kind: "test_helpers.test_clock",
    url: "/v1/test_helpers/test_clocks",
    format: (row) => formatTestClock(world, row),
  });
}

const PATH = "/v1/test_helpers/test_clocks";

export const testClockRoutes: readonly Route[] = [
  { method: "POST", path: PATH, accepts: "frozen_time customer name", run: create },
  { method: "GET", path: PATH, accepts: PAGING, run: list },
  {
    method: "GET",
    path: `${PATH}/:id`,
    accepts: "",
    run: ({ world, id }) => formatTestClock(world, clockOf(world, id)),
  },
  { method: "POST", path: `${PATH}/:id/advance`, accepts: "frozen_time", run: advance },
  { method: "DELETE", path: `${PATH}/:id`, accepts: "", run: remove },
];
