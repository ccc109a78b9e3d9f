import type { Pool } from "pg";
import { startAlerts } from "./alerts/index.ts";
import type { Metrics } from "./api/index.ts";
import type { Log } from "./base/log.ts";
import { startBackfills } from "./compose-looks.ts";
import type { HubEnv } from "./config/index.ts";
import { WORKED_TYPES } from "./events/index.ts";
import type { PairBook } from "./pairs/index.ts";
import { startProving, startReports } from "./proof/index.ts";
import { startPulling } from "./pull/index.ts";
import { asPatientReader, type PairRuntime } from "./runs/index.ts";
import { PINNED_API_VERSION } from "./stripe/index.ts";
import { startWatching } from "./watch/index.ts";

type Watching = Readonly<{
  env: HubEnv;
  pool: Pool;
  log: Log;
  owner: string;
  book: PairBook;
  metrics: Metrics;
  guest: (pair: PairRuntime) => PairRuntime;
}>;

/** Asks Stripe and SL for what does not come by itself, and tells people what goes wrong. */
export function startWatches({ env, book, metrics, owner, guest, ...parts }: Watching) {
  const pulling = startPulling({
    ...parts,
    owner,
    pairs: () =>
      book.all().map(({ id, settings, stripe }) => {
        const { intake, eventsSince } = settings.stripe;
        return { id, intake, eventsSince, stripe };
      }),
    booksOpenInvoices: (pair) => book.get(pair)?.settings.invoice.when === "finalized",
    ledger: (pair) => book.get(pair),
    onTaken: metrics.eventsTaken,
  });
  const alerts = startAlerts({
    ...parts,
    home: env.home,
    pinnedVersion: PINNED_API_VERSION,
    workedTypes: WORKED_TYPES,
    settings: () => book.alerts(),
    pairs: () =>
      book.all().map(({ id, settings, stripe }) => {
        const { journalDelay } = settings;
        return { id, stripe, journalDelay, takesWebhooks: settings.stripe.intake !== "pull" };
      }),
    onSent: metrics.noticeSent,
  });
  const readers = () => book.all().map((pair) => asPatientReader(guest(pair)));
  const watching = startWatching({ ...parts, pairs: readers });
  const proving = startProving({ ...parts, pairs: readers });
  const reports = startReports({ ...parts, pairs: readers });
  const backfills = startBackfills({ ...parts, owner, book });
  const asked = [pulling, alerts, backfills, watching, proving];
  const all = [...asked, reports];
  return {
    /** What somebody has just asked for is begun now, not at the next look. */
    lookNow: () => {
      for (const one of asked) one.lookNow();
    },
    stop: () => Promise.all(all.map((one) => one.stop())).then(() => undefined),
  };
}
