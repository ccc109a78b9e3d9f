import type { Socket } from "node:net";
import pg, { type Pool, type PoolClient } from "pg";
import { columnTypes } from "../../src/db/column-types.ts";

/** One statement on its way to the database. */
export type Statement = Readonly<{
  sql: string;
  values: readonly unknown[];
  /** Sent inside somebody's transaction, whose locks outlast the statement. */
  isInTransaction: boolean;
}>;

/** Looks at each statement before it is sent and after its answer; may throw or wait. */
export type StatementGate = Readonly<{
  /** Passed before a connection is taken for a transaction. */
  begin: () => Promise<void>;
  before: (statement: Statement) => Promise<void>;
  after: (statement: Statement) => Promise<void>;
}>;

type Query = (sql: unknown, values?: readonly unknown[]) => Promise<unknown>;

/**
 * A connection pool that can die as the pool of a killed process does: every connection is cut, and
 * whoever still holds it gets nothing through any more. Each statement passes `gate`.
 */
export class MortalPool {
  /** What the hub's code uses. */
  readonly pool: Pool;
  readonly #real: Pool;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  constructor(url: string, worker: string, gate: StatementGate) {
    this.#real = new pg.Pool({
      connectionString: url,
      max: 12,
      application_name: worker,
      types: columnTypes,
    });
    this.#real.on("error", () => undefined);
    this.#real.on("connect", (client) => {
      const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
      this.#sockets.add(stream);
      if (this.#isCut) stream.destroy();
      client.on("error", () => undefined);
    });
    const real = this.#real;
    this.pool = Object.assign(Object.create(real) as Pool, {
      query: gated(real.query.bind(real) as unknown as Query, gate, false),
      connect: async () => {
        await gate.begin();
        return gatedClient(await real.connect(), gate);
      },
    });
  }

  /** Cuts every connection; the server rolls back what was not committed. */
  async cut(): Promise<void> {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    await this.#real.end().catch(() => undefined);
  }
}

function gatedClient(client: PoolClient, gate: StatementGate): PoolClient {
  const wrapped = Object.create(client) as PoolClient;
  return Object.assign(wrapped, {
    query: gated(client.query.bind(client) as unknown as Query, gate, true),
    release: (broken?: Error | boolean) => client.release(broken),
    on: (name: "error", listener: (error: Error) => void) => {
      client.on(name, listener);
      return wrapped;
    },
    removeListener: (name: "error", listener: (error: Error) => void) => {
      client.removeListener(name, listener);
      return wrapped;
    },
  });
}

function gated(query: Query, gate: StatementGate, isInTransaction: boolean): Query {
  return async (sql, values) => {
    const statement = { ...textOf(sql, values), isInTransaction };
    await gate.before(statement);
    const result = await query(sql, values);
    await gate.after(statement);
    return result;
  };
}

/** A query comes as text with values, or as an object of both. */
function textOf(
  sql: unknown,
  values: readonly unknown[] | undefined,
): Omit<Statement, "isInTransaction"> {
  if (typeof sql === "string") return { sql, values: values ?? [] };
  const { text, values: own } = sql as { text: string; values?: readonly unknown[] };
  return { sql: text, values: own ?? [] };
}
