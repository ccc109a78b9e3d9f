import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isPaidDaily, today } from "../operations/payout-days.ts";
import { defaultSettings, type Settings } from "../store/settings.ts";
import { type AdminParts, BadAdminRequest } from "./parts.ts";

const Fault = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  action: z.enum(["drop", "error", "hang", "latency", "missing"]).default("error"),
  status: z.number().int().min(400).max(599).optional(),
  when: z.enum(["before", "after"]).optional(),
  times: z.number().int().min(1).nullable().optional(),
  probability: z.number().min(0).max(1).optional(),
  delayMs: z.number().min(0).optional(),
  stored: z.boolean().optional(),
  seed: z.number().int().optional(),
});

const Switches = z
  .strictObject({
    pause: z.boolean(),
    lateMs: z.number().min(0),
    spreadMs: z.number().min(0),
    doubleProbability: z.number().min(0).max(1),
    doubleNext: z.number().int().min(0),
    dropProbability: z.number().min(0).max(1),
    dropNext: z.number().int().min(0),
    shuffleBuffer: z.number().int().min(0),
    shuffleFlushMs: z.number().min(1),
    thin: z.boolean(),
    seed: z.number().int(),
    timeoutMs: z.number().min(1),
    firstRetryMs: z.number().min(1),
    retryFactor: z.number().min(1),
    retriesMax: z.number().int().min(0),
    concurrency: z.number().int().min(1).max(64),
    signatureAgeMs: z.number(),
    ownTime: z.boolean(),
  })
  .partial();

const Account = z
  .strictObject({
    settlementCurrencies: z.array(z.string()).min(1),
    feePercent: z.string().regex(/^\d{1,3}(\.\d{1,6})?$/),
    feeFixed: z.number().int().min(0),
    availableAfterDays: z.number().int().min(0),
    asyncCaptureDelayMs: z.number().min(0).nullable(),
    chargesWithoutIntent: z.boolean(),
    refundMovesAfterMs: z.number().min(0),
    refundsNeedBalance: z.boolean(),
    releaseMakesRefund: z.boolean(),
    disputeFee: z.number().int().min(0),
    payoutSchedule: z.enum(["daily", "manual"]),
    payoutSubmitsAfterMs: z.number().min(0),
    payoutArrivesAfterDays: z.number().int().min(0),
    reconciliationAfterMs: z.number().min(0),
    instantFeePercent: z.string().regex(/^\d{1,3}(\.\d{1,6})?$/),
    collectsNegative: z.boolean(),
    topupAfterDays: z.number().int().min(0),
    latencyMs: z.number().min(0),
    eventsLateMs: z.number().min(0),
    eventsLateShare: z.number().min(0).max(1),
    restrictedKeys: z.record(
      z.string().regex(/^rk_test_\w{8,}$/),
      z.array(z.string().regex(/^[a-z_]+:(read|write)$/)),
    ),
    apiVersion: z.string(),
  })
  .partial();

const Rates = z.record(z.string(), z.string().regex(/^\d{1,9}(\.\d{1,12})?$/));
const Clock = z.strictObject({
  advanceMs: z.number().min(0).optional(),
  shiftMs: z.number().int().optional(),
  freeze: z.boolean().optional(),
});
const Name = z.strictObject({ name: z.string().regex(/^[\w-]{1,80}$/) });

/** What is left of a partial settings object: keys that were not sent must not overwrite. */
function sentOnly<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Rows, reset, faults, switches, clock and snapshots, under `/_sandbox`; no key, for tests. */
export function serveAdmin(app: FastifyInstance, parts: AdminParts): void {
  serveRows(app, parts);
  serveFaults(app, parts);
  serveSettings(app, parts);
  serveClock(app, parts);
  serveSnapshots(app, parts);
}

function serveRows(app: FastifyInstance, { world, sender, faults, rearm }: AdminParts): void {
  app.get<{ Querystring: Record<string, string> }>("/_sandbox/rows", (request) => {
    const { table: name, ...where } = request.query;
    if (name === undefined) {
      return Object.fromEntries(
        world.store.names().map((table) => [table, world.store.table(table)?.size ?? 0]),
      );
    }
    const table = world.store.table(name);
    if (table === undefined) throw new BadAdminRequest(`no table "${name}"`);
    const wanted = Object.entries(where);
    return [...table.all()].filter((row) =>
      wanted.every(([path, value]) => valueAt(row, path) === value),
    );
  });
  app.post("/_sandbox/reset", () => {
    world.store.restore([{ table: "settings", rows: [defaultSettings()] }]);
    faults.clear();
    sender.reload();
    rearm();
    return { reset: true };
  });
}

/** What stands at `a.b` of a row, as text; undefined where nothing does. */
function valueAt(row: object, path: string): string | undefined {
  let value: unknown = row;
  for (const key of path.split(".")) value = (value as Record<string, unknown> | null)?.[key];
  return value === undefined ? undefined : String(value as string);
}

function serveFaults(app: FastifyInstance, { faults }: AdminParts): void {
  app.get("/_sandbox/faults", () => ({ faults: faults.list() }));
  const clear = () => {
    faults.clear();
    return { faults: [] };
  };
  app.delete("/_sandbox/faults", clear);
  app.post("/_sandbox/faults/clear", clear);
  app.post("/_sandbox/faults", (request) => {
    const { seed, ...rule } = Fault.parse(request.body);
    return faults.add(sentOnly(rule), seed ?? 1);
  });
}

function serveSettings(app: FastifyInstance, parts: AdminParts): void {
  const { world, sender, rearm } = parts;
  const put = (change: Partial<Settings>) =>
    world.change(() => world.tables.settings.put({ ...world.settings, ...change }));
  app.get("/_sandbox/settings", () => world.settings);
  app.post("/_sandbox/settings", (request) => {
    const given = sentOnly(Account.parse(request.body));
    // Daily payouts begin with the next midnight, not with the days before they were switched on.
    const isSwitchedOn = given.payoutSchedule === "daily" && !isPaidDaily(world);
    const settings = put(isSwitchedOn ? { ...given, paidOutDay: today(world) } : given);
    rearm();
    return settings;
  });
  app.get("/_sandbox/rates", () => world.settings.rates);
  app.post("/_sandbox/rates", (request) => {
    return put({ rates: { ...world.settings.rates, ...Rates.parse(request.body) } }).rates;
  });
  app.get("/_sandbox/webhooks", () => {
    const events = world.tables.event.size;
    return { switches: world.settings.webhooks, state: sender.state(), events };
  });
  app.post("/_sandbox/webhooks", (request) => {
    const given = sentOnly(Switches.parse(request.body));
    put({ webhooks: { ...world.settings.webhooks, ...given } });
    if ("seed" in given) sender.reseed();
    if (!world.settings.webhooks.pause) sender.resume();
    return { switches: world.settings.webhooks, state: sender.state() };
  });
}

function serveClock(app: FastifyInstance, { world }: AdminParts): void {
  const shown = () => ({ nowMs: world.clock.nowMs(), now: world.nowSeconds() });
  app.get("/_sandbox/clock", shown);
  app.post("/_sandbox/clock", (request) => {
    const { advanceMs, freeze, shiftMs } = Clock.parse(request.body);
    if (shiftMs !== undefined) world.clock.shift(shiftMs);
    if (freeze === true) world.clock.freeze();
    if (freeze === false) world.clock.thaw();
    if (advanceMs !== undefined) world.clock.advance(advanceMs);
    return shown();
  });
}

function serveSnapshots(app: FastifyInstance, parts: AdminParts): void {
  const { world, sender, snapshots, rearm } = parts;
  app.post("/_sandbox/snapshot", (request) => {
    const { name } = Name.parse(request.body);
    snapshots.save(name, world.store.snapshot());
    return { name };
  });
  app.post("/_sandbox/restore", (request) => {
    const { name } = Name.parse(request.body);
    const snapshot = snapshots.get(name);
    if (snapshot === undefined) throw new BadAdminRequest(`no snapshot "${name}"`);
    world.store.restore(snapshot);
    sender.reload();
    rearm();
    return { name };
  });
}
