import type { FastifyInstance } from "fastify";
import { counted } from "../base/counted.ts";
import {
  addSubscriber,
  disableSubscriber,
  enableSubscriber,
  listSubscribers,
  readSubscriber,
  removeSubscriber,
  replaySubscriber,
  rollSecret,
  type StartAt,
  type Subscriber,
  waitingDeliveries,
} from "../subscribers/index.ts";
import {
  SubscriberAddRequest,
  SubscriberChangeRequest,
  SubscriberDisableRequest,
  type SubscriberEffects,
  SubscriberParams,
  SubscriberReplayRequest,
  type SubscriberRow,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";
import { instantOrNull } from "./rows.ts";

/** Whom the hub tells by webhook: list, show, add, remove, replay, enable, disable, roll. */
export function registerSubscribers(app: FastifyInstance, deps: ApiDeps): void {
  const { pool } = deps;
  const { sealingKey, teller } = deps.telling;
  registerReads(app, deps);

  app.post("/subscribers", async (request, reply) => {
    const { dryRun, from, ...added } = readInput(SubscriberAddRequest, request.body);
    for (const pair of added.pairs) await requireKnownPair(deps, pair);
    const how = { key: sealingKey, dryRun };
    const secret = await addSubscriber(pool, { ...added, from: readStart(from) }, how);
    teller.lookNow();
    const answer = { id: added.id, secret: dryRun ? null : secret, oldSecretUntil: null };
    return reply.code(dryRun ? 200 : 201).send({ isDryRun: dryRun, ...answer });
  });

  app.delete("/subscribers/:id", async (request): Promise<SubscriberEffects> => {
    const { id } = readInput(SubscriberParams, request.params);
    const { dryRun } = readInput(SubscriberChangeRequest, request.body);
    const { waiting } = await readSubscriber(pool, id);
    if (!dryRun) await removeSubscriber(pool, id);
    const left = `${counted(waiting, "delivery", "deliveries")} that waited for it`;
    return { isDryRun: dryRun, effects: [`${id} is told nothing more, nor the ${left}`] };
  });

  app.post("/subscribers/:id/replay", async (request): Promise<SubscriberEffects> => {
    const { id } = readInput(SubscriberParams, request.params);
    const { from, dryRun } = readInput(SubscriberReplayRequest, request.body);
    const count = await replaySubscriber(pool, id, { from: readStart(from), dryRun });
    teller.lookNow();
    return { isDryRun: dryRun, effects: [`${counted(Number(count), "event")} to tell ${id}`] };
  });

  app.post("/subscribers/:id/enable", async (request): Promise<SubscriberEffects> => {
    const { id } = readInput(SubscriberParams, request.params);
    const { dryRun } = readInput(SubscriberChangeRequest, request.body);
    const { waiting, behind } = await readSubscriber(pool, id);
    if (!dryRun) await enableSubscriber(pool, id);
    teller.lookNow();
    const due = counted(waiting, "delivery is due", "deliveries are due");
    return { isDryRun: dryRun, effects: [`${due} at once, and ${behind} positions are read`] };
  });

  app.post("/subscribers/:id/disable", async (request): Promise<SubscriberEffects> => {
    const { id } = readInput(SubscriberParams, request.params);
    const { dryRun, reason } = readInput(SubscriberDisableRequest, request.body);
    if (dryRun) await readSubscriber(pool, id);
    else await disableSubscriber(pool, id, { reason });
    return { isDryRun: dryRun, effects: [`${id} is told nothing until it is enabled`] };
  });

  app.post("/subscribers/:id/secret", async (request) => {
    const { id } = readInput(SubscriberParams, request.params);
    const { dryRun } = readInput(SubscriberChangeRequest, request.body);
    if (dryRun) {
      await readSubscriber(pool, id);
      return { isDryRun: true, id, secret: null, oldSecretUntil: null };
    }
    const { secret, oldUntil } = await rollSecret(pool, id, sealingKey);
    return { isDryRun: false, id, secret, oldSecretUntil: oldUntil.toISOString() };
  });
}

function registerReads(app: FastifyInstance, { pool }: ApiDeps): void {
  app.get("/subscribers", async () => ({
    subscribers: (await listSubscribers(pool)).map(toSubscriberRow),
  }));

  app.get("/subscribers/:id", async (request) => {
    const { id } = readInput(SubscriberParams, request.params);
    const subscriber = await readSubscriber(pool, id);
    const deliveries = await waitingDeliveries(pool, id);
    return {
      ...toSubscriberRow(subscriber),
      deliveries: deliveries.map(({ position, dueAt, lastError, ...rest }) => ({
        ...rest,
        position: String(position),
        dueAt: dueAt.toISOString(),
        lastError: lastError ?? null,
      })),
    };
  });
}

/** `start`, `now`, a position or an instant, as the contract has checked it. */
export function readStart(from: string): StartAt {
  if (from === "start" || from === "now") return from;
  return /^\d+$/.test(from) ? { after: BigInt(from) } : { since: new Date(from) };
}

/** What stands behind the question mark may open something at the receiver. */
function withoutQuery(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? url : `${url.slice(0, at)}?••••••`;
}

function toSubscriberRow(subscriber: Subscriber): SubscriberRow {
  const { id, url, types, pairs, state, position, behind, waiting, failing } = subscriber;
  return {
    ...{ id, url: withoutQuery(url), state, waiting, failing },
    types: [...types],
    pairs: [...pairs],
    disabledReason: subscriber.disabledReason ?? null,
    position: String(position),
    behind: String(behind),
    delivered: String(subscriber.delivered),
    lastDeliveredAt: instantOrNull(subscriber.lastDeliveredAt ?? null),
    lastError: subscriber.lastError ?? null,
    lastFailedAt: instantOrNull(subscriber.lastFailedAt ?? null),
    failingSince: instantOrNull(subscriber.failingSince ?? null),
    createdAt: subscriber.createdAt.toISOString(),
  };
}
