import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import { intentKey, randomId } from "../base/ids.ts";
import type { ErpScreen } from "../erp/port.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { Finding, Look } from "./check.ts";

const SAVE_SQL = `
insert into site_probe (pair, name, site, answer, detail, server_version)
values ($1, $2, $3, $4, $5, $6)
on conflict (pair, name) do update set site = excluded.site, answer = excluded.answer,
  detail = excluded.detail, server_version = excluded.server_version, probed_at = now()`;

/**
 * Asks the site what it can do by doing it: an empty held batch in each screen, read back with its
 * key. Nothing is released and no batch holds a document, so the books do not move; the empty
 * batches are named, to be voided. Answers are stored with date and server version.
 */
export function probeLooks(pool: Pool, pair: PairRuntime): Look[] {
  return [
    { name: "probe.reserve-invoice", look: () => probeReserve(pool, pair, "invoice") },
    { name: "probe.reserve-payment", look: () => probeReserve(pool, pair, "payment") },
    { name: "probe.find-by-key", look: () => probeViews(pool, pair) },
  ];
}

async function probeReserve(pool: Pool, pair: PairRuntime, screen: ErpScreen): Promise<Finding> {
  const name = `reserve-${screen}`;
  const key = intentKey({
    pair: pair.id,
    object: `probe:${randomId()}`,
    purpose: "invoice",
    part: screen,
    generation: 0,
  });
  const calendar = await pair.erp.readCalendar();
  const { version } = await pair.erp.check();
  const head = {
    screen,
    key,
    stripeId: "slipway doctor probe",
    period: calendar.firstOpenReceivables,
    currency: pair.settings.sl.baseCurrency,
    rateDate: new Date().toISOString().slice(0, 10),
  };
  try {
    const { batNbr } = await pair.erp.reserve(head);
    const reading = await pair.erp.readBatch(screen, batNbr);
    const isKept = reading?.key === key && reading.documents.length === 0;
    const detail = isKept ? `batch ${batNbr}` : `batch ${batNbr} did not keep its key`;
    await save(pool, pair, { name, answer: isKept ? "yes" : "no", detail, version });
    if (isKept) return `an empty held batch is kept with its key; void batch ${batNbr}`;
    return { warning: detail, cure: "This site needs another key field: set field.key." };
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.code !== "erp.refused") throw thrown;
    await save(pool, pair, { name, answer: "no", detail: thrown.message, version });
    return {
      warning: `SL refuses an empty batch: ${thrown.message}`,
      cure: "Nothing to do where the views are: documents are added in one call and found by key.",
    };
  }
}

async function probeViews(pool: Pool, pair: PairRuntime): Promise<Finding> {
  const { version } = await pair.erp.check();
  try {
    const found = await pair.erp.newestKeyed(1);
    const detail = `${found.length} read`;
    await save(pool, pair, { name: "find-by-key", answer: "yes", detail, version });
    return "the views answer";
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.category === "transient") throw thrown;
    await save(pool, pair, { name: "find-by-key", answer: "no", detail: thrown.message, version });
    return {
      warning: `the views do not answer: ${thrown.message}`,
      cure: "Install the views of site/sql in the SL database; without them no restore is safe.",
    };
  }
}

async function save(
  pool: Pool,
  pair: PairRuntime,
  probe: { name: string; answer: "yes" | "no"; detail: string; version: string },
): Promise<void> {
  const { name, answer, detail, version } = probe;
  await pool.query(SAVE_SQL, [pair.id, name, pair.erp.site, answer, detail, version]);
}
