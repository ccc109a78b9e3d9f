import type { Command } from "commander";
import type { Cli } from "./cli.ts";

/** Adds one command to the program. */
export type Register = (program: Command, cli: Cli) => void;

type CommandEntry = Readonly<{ name: string; load: () => Promise<Register> }>;

/**
 * Every command, in the order of the help. Each is loaded when it is asked for: `slipway trace`
 * should not wait for the parts that only `slipway serve` needs.
 */
export const COMMANDS: readonly CommandEntry[] = [
  { name: "start", load: async () => (await import("./commands/start.ts")).registerStart },
  { name: "serve", load: async () => (await import("./commands/serve.ts")).registerServe },
  { name: "sandbox", load: async () => (await import("./commands/sandbox.ts")).registerSandbox },
  { name: "demo", load: async () => (await import("./commands/demo.ts")).registerDemo },
  { name: "trace", load: async () => (await import("./commands/trace.ts")).registerTrace },
  { name: "events", load: async () => (await import("./commands/events.ts")).registerEvents },
  { name: "runs", load: async () => (await import("./commands/runs.ts")).registerRuns },
  { name: "parked", load: async () => (await import("./commands/parked.ts")).registerParked },
  {
    name: "customers",
    load: async () => (await import("./commands/customers.ts")).registerCustomers,
  },
  { name: "orders", load: async () => (await import("./commands/orders.ts")).registerOrders },
  {
    name: "disputes",
    load: async () => (await import("./commands/disputes.ts")).registerDisputes,
  },
  { name: "payout", load: async () => (await import("./commands/payout.ts")).registerPayout },
  { name: "replay", load: async () => (await import("./commands/replay.ts")).registerReplay },
  { name: "reverse", load: async () => (await import("./commands/reverse.ts")).registerReverse },
  { name: "history", load: async () => (await import("./commands/history.ts")).registerHistory },
  { name: "held", load: async () => (await import("./commands/held.ts")).registerHeld },
  {
    name: "unapplied",
    load: async () => (await import("./commands/unapplied.ts")).registerUnapplied,
  },
  { name: "rows", load: async () => (await import("./commands/rows.ts")).registerRows },
  { name: "proof", load: async () => (await import("./commands/proof.ts")).registerProof },
  { name: "close", load: async () => (await import("./commands/close.ts")).registerClose },
  {
    name: "backfill",
    load: async () => (await import("./commands/backfill.ts")).registerBackfill,
  },
  { name: "golive", load: async () => (await import("./commands/golive.ts")).registerGolive },
  { name: "sweep", load: async () => (await import("./commands/sweep.ts")).registerSweep },
  { name: "watch", load: async () => (await import("./commands/watch.ts")).registerWatch },
  { name: "lanes", load: async () => (await import("./commands/lanes.ts")).registerLanes },
  { name: "lookup", load: async () => (await import("./commands/lookup.ts")).registerLookup },
  { name: "alerts", load: async () => (await import("./commands/alerts.ts")).registerAlerts },
  {
    name: "subscribers",
    load: async () => (await import("./commands/subscribers.ts")).registerSubscribers,
  },
  { name: "stream", load: async () => (await import("./commands/stream.ts")).registerStream },
  { name: "pair", load: async () => (await import("./commands/pair.ts")).registerPair },
  { name: "doctor", load: async () => (await import("./commands/doctor.ts")).registerDoctor },
  { name: "rebuild", load: async () => (await import("./commands/rebuild.ts")).registerRebuild },
  { name: "config", load: async () => (await import("./commands/config.ts")).registerConfig },
  { name: "migrate", load: async () => (await import("./commands/migrate.ts")).registerMigrate },
  { name: "backup", load: async () => (await import("./commands/backup.ts")).registerBackup },
  { name: "restore", load: async () => (await import("./commands/restore.ts")).registerRestore },
];
