import type { FastifyInstance } from "fastify";
import { type AlertState, listAlerts, readChannels, testChannels } from "../alerts/index.ts";
import { type AlertRow, type AlertsAnswer, AlertsQuery } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { toPage } from "./paging.ts";
import { readInput } from "./request-input.ts";

/** `GET /api/alerts` and `POST /api/alerts/test`. */
export function registerAlerts(app: FastifyInstance, deps: ApiDeps): void {
  const { pool, alertChannels } = deps;
  app.get("/alerts", async (request): Promise<AlertsAnswer> => {
    const { pair, state, before, limit } = readInput(AlertsQuery, request.query);
    await requireKnownPair(deps, pair);
    const found = await listAlerts(pool, {
      isOpen: state === "open",
      ...(pair === undefined ? {} : { pair }),
      ...(before === undefined ? {} : { before }),
      limit: limit + 1,
    });
    const channels = await readChannels(pool, alertChannels());
    return {
      ...toPage(found.map(toAlertRow), limit, (row) => row.id),
      channels: channels.map(({ takenAt, ...channel }) => {
        return { ...channel, takenAt: takenAt?.toISOString() ?? null };
      }),
    };
  });

  app.post("/alerts/test", async () => {
    const channels = await testChannels(alertChannels(), new AbortController().signal);
    return { channels };
  });
}

function toAlertRow(alert: AlertState): AlertRow {
  const { id, rule, pair, key, title, cure, records, count, notices } = alert;
  return {
    ...{ id, rule, pair: pair === "" ? null : pair, key, title, cure },
    records: [...records],
    count,
    openedAt: alert.openedAt.toISOString(),
    notifiedAt: alert.notifiedAt?.toISOString() ?? null,
    notices,
    resolvedAt: alert.resolvedAt?.toISOString() ?? null,
  };
}
