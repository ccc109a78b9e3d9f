import pg from "pg";
import { pause } from "../base/clock.ts";

/** What to listen to and whom to tell. */
export type ListenOptions = Readonly<{
  url: string;
  channel: string;
  onMessage: (payload: string) => void;
  /** Called after each new connection but the first: what was notified meanwhile is lost, poll. */
  onReconnect: () => void;
  /** Told once for each outage, when the first try to connect again has failed. */
  onOutage?: (error: unknown) => void;
  applicationName?: string;
  /** How often a silent connection is asked whether it still lives. Default 20 s. */
  checkEveryMs?: number;
}>;

/** A running listener; `stop` ends it and its connection. */
export type Listener = Readonly<{ stop(): Promise<void> }>;

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 5_000;

/**
 * Listens to a channel on a connection of its own and resolves once it does.
 *
 * A lost connection is opened again for ever, after 0.1 s doubling up to 5 s. A connection that a
 * firewall forgot is found by a question every 20 s.
 *
 * @throws the error of the first connection, since a wrong URL would else be tried in silence
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const stopping = new AbortController();
  let current: Connection | undefined = await connect(options);
  const loop = async () => {
    let delayMs = BACKOFF_FIRST_MS;
    while (!stopping.signal.aborted) {
      if (current !== undefined) {
        await untilLost(current, options, stopping.signal);
        await current.client.end().catch(() => undefined);
        current = undefined;
      }
      await pause(delayMs, stopping.signal);
      if (stopping.signal.aborted) return;
      current = await connect(options).catch((error: unknown) => {
        if (delayMs === BACKOFF_FIRST_MS) options.onOutage?.(error);
        return undefined;
      });
      delayMs = current === undefined ? Math.min(delayMs * 2, BACKOFF_MAX_MS) : BACKOFF_FIRST_MS;
      if (current !== undefined) options.onReconnect();
    }
  };
  const ended = loop();
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

type Connection = Readonly<{ client: pg.Client; lost: Promise<void> }>;

async function connect(options: ListenOptions): Promise<Connection> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName ?? "slipway-listen",
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    keepAlive: true,
  });
  const lost = new Promise<void>((resolve) => {
    client.on("error", () => resolve());
    client.on("end", () => resolve());
  });
  client.on("notification", (message) => options.onMessage(message.payload ?? ""));
  try {
    await client.connect();
    await client.query(`listen ${client.escapeIdentifier(options.channel)}`);
  } catch (thrown) {
    await client.end().catch(() => undefined);
    throw thrown;
  }
  return { client, lost };
}

/** Resolves when the connection is lost, gives no answer in time, or `signal` aborts. */
async function untilLost(
  { client, lost }: Connection,
  options: ListenOptions,
  signal: AbortSignal,
): Promise<void> {
  const checkEveryMs = options.checkEveryMs ?? 20_000;
  while (!signal.aborted) {
    const round = new AbortController();
    const isLost = await Promise.race([
      lost.then(() => true),
      pause(checkEveryMs, AbortSignal.any([signal, round.signal])).then(() => false),
    ]);
    round.abort();
    if (isLost || signal.aborted) return;
    const answer = await client.query("select 1").catch(() => undefined);
    if (answer === undefined) return;
  }
}
