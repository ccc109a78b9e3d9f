// A hub in a process of its own, started by real-worker.ts. Before and after each write it tells
// its parent where it stands and waits for the word to go on: there it is killed or stopped.

import { silentLog } from "../../src/base/log.ts";
import type { StripePort } from "../../src/canonical/port.ts";
import { openPool } from "../../src/db/index.ts";
import { type ErpConnector, screenOf } from "../../src/erp/port.ts";
import { openStripe } from "../../src/stripe/index.ts";
import type { WriteStep } from "./faults.ts";
import { connect, openIntake, startLanes } from "./hub-parts.ts";
import { type PairFile, readPairFile } from "./pair-file.ts";
import { clockOf } from "./virtual-time.ts";

/** What the child is told. */
export type ToChild =
  | Readonly<{
      kind: "open";
      pair: string;
      pairFile: PairFile;
      secrets: Readonly<Record<string, string>>;
      databaseUrl: string;
      timeFile: string;
      owner: string;
    }>
  | Readonly<{ kind: "go"; nr: number }>;

/** What the child says. */
export type FromChild =
  | Readonly<{ kind: "ready"; port: number }>
  | Readonly<{ kind: "before"; nr: number; step: WriteStep; mark: string }>
  | Readonly<{ kind: "after"; nr: number }>
  | Readonly<{ kind: "run"; words: string }>
  | Readonly<{ kind: "took over"; words: string }>;

let lastNr = 0;
const waiting = new Map<number, () => void>();

process.on("disconnect", () => process.exit());
process.on("message", (message: ToChild) => {
  switch (message.kind) {
    case "open":
      open(message).catch((error: unknown) => {
        console.error(error);
        process.exit(1);
      });
      break;
    case "go":
      waiting.get(message.nr)?.();
      break;
  }
});

async function open(orders: Extract<ToChild, { kind: "open" }>): Promise<void> {
  const { databaseUrl, owner } = orders;
  const clock = clockOf(orders.timeFile);
  const settings = readPairFile(orders.pair, orders.pairFile, orders.secrets);
  const pool = openPool(databaseUrl, { applicationName: owner });
  const log = silentLog;
  const app = await openIntake({ settings, pool, log });
  await app.listen({ port: 0, host: "127.0.0.1" });
  startLanes({
    ...{ settings, pool, databaseUrl, owner, clock, log },
    erp: watchedErp(connect(settings)),
    stripe: watchedStripe(openStripe(settings)),
    isWanted: () => true,
    onRun: (words) => say({ kind: "run", words }),
    onTakeOver: (words) => say({ kind: "took over", words }),
  });
  const address = app.server.address();
  say({ kind: "ready", port: typeof address === "object" ? (address?.port ?? 0) : 0 });
}

function watchedErp(real: ErpConnector): ErpConnector {
  const own: Partial<ErpConnector> = {
    reserve: (head, signal) =>
      watched(`${head.screen}.reserve`, head.key, () => real.reserve(head, signal)),
    fill: (batNbr, draft, signal) =>
      watched(`${screenOf(draft)}.fill`, draft.key, () => real.fill(batNbr, draft, signal)),
    release: (screen, batNbr, signal) =>
      watched(`${screen}.release`, batNbr, () => real.release(screen, batNbr, signal)),
    createCustomer: (draft, signal) =>
      watched("customer.create", draft.key, () => real.createCustomer(draft, signal)),
  };
  return over(real, own);
}

function watchedStripe(real: StripePort): StripePort {
  return over(real, {
    writeMetadata: (objectId, changes, signal) =>
      watched("writeback.write", objectId, () => real.writeMetadata(objectId, changes, signal)),
  });
}

function over<P extends object>(real: P, own: Partial<P>): P {
  return new Proxy(real, {
    get: (target, name): unknown => Reflect.get(own, name) ?? Reflect.get(target, name),
  });
}

async function watched<T>(step: WriteStep, mark: string, call: () => Promise<T>): Promise<T> {
  lastNr += 1;
  const nr = lastNr;
  await wordFor(nr, { kind: "before", nr, step, mark });
  try {
    return await call();
  } finally {
    await wordFor(nr, { kind: "after", nr });
  }
}

function wordFor(nr: number, message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    waiting.set(nr, () => {
      waiting.delete(nr);
      resolve();
    });
    say(message);
  });
}

function say(message: FromChild): void {
  process.send?.(message);
}
