import { statSync } from "node:fs";
import type { Pool } from "pg";
import { readChannels } from "../alerts/index.ts";
import type { CapabilityRow, Check } from "../api/contract.ts";
import type { Doctor } from "../api/index.ts";
import { HubError } from "../base/errors.ts";
import { type AlertChannel, keyPath } from "../config/index.ts";
import type { PairBook } from "../pairs/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import { listCapabilities } from "./capabilities.ts";
import { type Finding, type Look, takeLooks } from "./check.ts";
import { pairLooks } from "./pair-looks.ts";
import { probeSite } from "./probe.ts";
import { subscriberLooks } from "./subscriber-looks.ts";

/** Where the pairs are found, ready for calls outside of their lanes. */
type Book = Pick<PairBook, "all" | "require">;

type HubParts = Readonly<{
  pool: Pool;
  book: Book;
  home: string;
  channels: () => readonly AlertChannel[];
}>;

/** Looks for what is wrong with the hub and its pairs; with `probe` also asks the sites. */
export function createDoctor(deps: HubParts): Doctor {
  const { pool, book } = deps;
  return {
    run: async ({ pair, probe, consent }) => {
      const pairs = pair === undefined ? book.all() : [book.require(pair)];
      const looks = [...hubLooks(deps), ...(await subscriberLooks(deps.pool))];
      const checks = await takeLooks(null, looks);
      const capabilities: CapabilityRow[] = [];
      for (const one of pairs) {
        checks.push(...(await takeLooks(one.id, pairLooks(pool, one))));
        if (probe) checks.push(...(await probeSite(pool, one, consent)));
        capabilities.push(...(await listCapabilities(pool, one)));
      }
      return { checks, capabilities };
    },
  };
}

/** The looks of one pair alone, for `slipway pair test`. */
export function testPair(pool: Pool, pair: PairRuntime): Promise<Check[]> {
  return takeLooks(pair.id, pairLooks(pool, pair));
}

function hubLooks({ pool, book, home, channels }: HubParts): Look[] {
  return [
    {
      name: "database",
      look: async () => {
        const rows = await pool.query<{ version: string; fsync: string }>(
          "select current_setting('server_version') as version, current_setting('fsync') as fsync",
        );
        const { version, fsync } = rows.rows[0] ?? { version: "", fsync: "" };
        if (fsync === "on") return `PostgreSQL ${version}`;
        throw new HubError("config.invalid", "PostgreSQL runs with fsync off", {
          cure: "Switch fsync on: without it an acknowledged webhook can be lost.",
        });
      },
    },
    { name: "key-file", look: async () => lookAtKeyFile(home) },
    {
      name: "pairs",
      look: async () =>
        book.all().length > 0
          ? `${book.all().length} configured`
          : { warning: "no pair is configured", cure: "Add one with `slipway pair add`." },
    },
    { name: "alerts", look: () => lookAtChannels(pool, channels()) },
  ];
}

async function lookAtChannels(pool: Pool, channels: readonly AlertChannel[]): Promise<Finding> {
  if (channels.length === 0) return "nobody is told: no channel is configured (docs/alerts.md)";
  const failing = (await readChannels(pool, channels)).filter(({ error }) => error !== null);
  if (failing.length === 0) return `notices go to ${channels.map(({ name }) => name).join(", ")}`;
  return {
    warning: failing.map(({ name, error }) => `${name} takes no notice: ${error}`).join("; "),
    cure: "Correct the channel in `alerts:` of slipway.yaml; try it with slipway alerts test.",
  };
}

function lookAtKeyFile(home: string): Finding {
  if (process.platform === "win32") return "its rights are those of the home folder";
  const mode = statSync(keyPath(home), { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return "the key comes from SLIPWAY_KEY";
  if ((mode & 0o077) === 0) return "only its owner may read it";
  return { warning: "others may read the key file", cure: `Run chmod 600 ${keyPath(home)}.` };
}
