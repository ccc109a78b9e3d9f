import { pause } from "../base/clock.ts";
import { toHubError } from "../base/errors.ts";
import type { ErpConnector } from "../erp/port.ts";
import type { PairRuntime } from "./pair-runtime.ts";

/** What a long report asks of the ERP, page after page: reads, which may be made again. */
const READS = [
  "findByKey",
  "ledgerBalance",
  "listBatchLines",
  "listDocuments",
  "listJournals",
  "listLedgerLines",
  "listUnreleased",
  "listUnreleasedLines",
  "readBatch",
] as const satisfies readonly (keyof ErpConnector)[];
const IS_READ: ReadonlySet<unknown> = new Set(READS);

/** No answer, or a lock: the next moment brings one, or the ERP is away for longer. */
const PASSING: ReadonlySet<string> = new Set(["erp.unavailable", "erp.busy"]);
const AGAIN_AFTER_MS = [250, 2_000] as const;

type Read = (...args: unknown[]) => Promise<unknown>;

/**
 * The pair for whoever reads the ERP a hundred times for one answer, such as a close: a read that
 * had no answer is made again, twice, so that one lost call does not cost the whole report.
 */
export function asPatientReader(pair: PairRuntime, wait: typeof pause = pause): PairRuntime {
  const erp = new Proxy<ErpConnector>(pair.erp, {
    get: (connector, name) => {
      const member: unknown = Reflect.get(connector, name);
      if (!IS_READ.has(name)) return member;
      return (...args: unknown[]) => readAgain(() => (member as Read).apply(connector, args), wait);
    },
  });
  return { ...pair, erp };
}

async function readAgain(read: () => Promise<unknown>, wait: typeof pause): Promise<unknown> {
  for (const delayMs of AGAIN_AFTER_MS) {
    try {
      return await read();
    } catch (thrown) {
      if (!PASSING.has(toHubError(thrown).code)) throw thrown;
      await wait(delayMs);
    }
  }
  return read();
}
