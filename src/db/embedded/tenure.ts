import pg from "pg";
import { pause, systemClock } from "../../base/clock.ts";
import { TENURE_NAME } from "./probe.ts";

/**
 * A connection that says "somebody uses this server" as long as it is open. The kernel closes it
 * with its process, so a killed hub leaves no claim behind, and nothing has to be cleaned up.
 */
export type Tenure = Readonly<{
  /** Whether another process holds a tenure on the same server. */
  hasOthers(): Promise<boolean>;
  close(): Promise<void>;
}>;

/** In `pg` since 8.10 (lib/client.js), not in its types. */
type Counted = Readonly<{ ref(): void; unref(): void }>;

// The server needs a moment to see that the connection of a hub that just left is closed.
const LEAVING_MS = 500;
const POLL_MS = 20;

const COUNT_OTHERS = `select count(*)::int as others from pg_stat_activity
  where application_name = $1 and pid <> pg_backend_pid()`;

/** Opens a tenure; `onLost` is called once when it ends otherwise than by `close`. */
export async function openTenure(url: string, onLost: () => void): Promise<Tenure> {
  const client = new pg.Client({
    connectionString: url,
    application_name: TENURE_NAME,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    keepAlive: true,
  });
  let isOver = false;
  const lost = () => {
    if (isOver) return;
    isOver = true;
    onLost();
  };
  client.on("error", lost);
  await client.connect();
  client.on("end", lost);
  const socket = client as pg.Client & Counted;
  // A program that forgot to stop the server must still be able to end.
  socket.unref();
  return {
    hasOthers: async () => {
      // While leaving, this connection may be all that keeps the program alive until it is done.
      socket.ref();
      const deadlineMs = systemClock.monotonicMs() + LEAVING_MS;
      while (true) {
        const answer = await client.query<{ others: number }>(COUNT_OTHERS, [TENURE_NAME]);
        if (answer.rows[0]?.others === 0) return false;
        if (systemClock.monotonicMs() > deadlineMs) return true;
        await pause(POLL_MS);
      }
    },
    close: async () => {
      isOver = true;
      socket.ref();
      await client.end().catch(() => undefined);
    },
  };
}
