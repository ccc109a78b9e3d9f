import type { Pool } from "pg";
import type { StripeSetup } from "../canonical/setup.ts";
import type { AlertChannel } from "../config/index.ts";
import type { Touches } from "../erp/touches.ts";
import type { PairBook } from "../pairs/index.ts";
import type { PairRuntime } from "../runs/index.ts";

/** What the looks look with; `compose.ts` hands it in. */
export type DoctorDeps = Readonly<{
  pool: Pool;
  home: string;
  /** Where the pairs are found, ready for calls outside of their lanes. */
  book: Pick<PairBook, "all" | "require">;
  /** Where notices of alerts go. */
  channels: () => readonly AlertChannel[];
  /** Names of migrations that this code has and the database lacks. */
  pendingMigrations: () => Promise<readonly string[]>;
  /** Bytes that the hub may still write into a folder. */
  freeBytes: (folder: string) => Promise<number>;
  nowMs: () => number;
  /** How the pair is set up at Stripe. */
  setupOf: (pair: PairRuntime) => StripeSetup;
  /** The version that webhooks are to come in. */
  pinnedVersion: string;
  /** What the connector touches in SL. */
  touches: () => Touches;
  /** The event types that wake lanes. */
  workedTypes: readonly string[];
}>;
