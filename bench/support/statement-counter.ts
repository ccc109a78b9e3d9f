import { connect, createServer, type Socket } from "node:net";

/** What passed through since the counts were last set to zero. */
export type StatementCounts = Readonly<{
  /** Statements that the server was told to execute, `begin` and `commit` among them. */
  statements: number;
  /** How often each text was executed, in lower case and with single blanks. */
  byText: ReadonlyMap<string, number>;
}>;

export type StatementCounter = Readonly<{
  /** The database's URL, by way of the counter. */
  url: string;
  counts(): StatementCounts;
  reset(): void;
  close(): Promise<void>;
}>;

/**
 * Stands between a hub and its PostgreSQL and counts what is executed, from the wire: the hub needs
 * no code for it, and nothing that it sends can be missed.
 *
 * @param targetUrl URL of a database reached without TLS
 */
export async function openStatementCounter(targetUrl: string): Promise<StatementCounter> {
  const target = new URL(targetUrl);
  const byText = new Map<string, number>();
  const count = (text: string) => {
    const plain = text.trim().replaceAll(/\s+/g, " ").toLowerCase();
    byText.set(plain, (byText.get(plain) ?? 0) + 1);
  };
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    near.setNoDelay(true);
    const reader = new FrontendReader(count);
    near.on("data", (chunk: Buffer) => reader.read(chunk));
    join(near, far, sockets);
    join(far, near, sockets);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(targetUrl);
  url.port = String(typeof address === "object" && address !== null ? address.port : 0);
  return {
    url: url.href,
    counts: () => ({
      statements: [...byText.values()].reduce((sum, times) => sum + times, 0),
      byText: new Map(byText),
    }),
    reset: () => byText.clear(),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(from: Socket, to: Socket, all: Set<Socket>): void {
  all.add(from);
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => {
    all.delete(from);
    to.destroy();
  });
}

/**
 * Reads what a client sends: "Message Flow" and "Message Formats" of PostgreSQL's documentation,
 * protocol 3. The first message has no type byte; all others are type, length, body.
 */
export class FrontendReader {
  readonly #onExecute: (text: string) => void;
  #rest: Buffer = Buffer.alloc(0);
  #isStarted = false;
  readonly #prepared = new Map<string, string>();
  readonly #bound = new Map<string, string>();

  constructor(onExecute: (text: string) => void) {
    this.#onExecute = onExecute;
  }

  read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const head = this.#isStarted ? 1 : 0;
      if (this.#rest.length < head + 4) return;
      const end = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < end) return;
      const body = this.#rest.subarray(head + 4, end);
      if (this.#isStarted) this.#message(String.fromCharCode(this.#rest[0] ?? 0), body);
      this.#isStarted = true;
      this.#rest = this.#rest.subarray(end);
    }
  }

  #message(type: string, body: Buffer): void {
    const [first, second] = texts(body);
    if (type === "Q") this.#onExecute(first);
    if (type === "P") this.#prepared.set(first, second);
    if (type === "B") this.#bound.set(first, this.#prepared.get(second) ?? second);
    if (type === "E") this.#onExecute(this.#bound.get(first) ?? "");
  }
}

/** The two texts at the beginning, each ended by a zero byte; empty where there is none. */
function texts(body: Buffer): [string, string] {
  const firstEnd = body.indexOf(0);
  if (firstEnd < 0) return ["", ""];
  const secondEnd = body.indexOf(0, firstEnd + 1);
  const second = secondEnd < 0 ? "" : body.toString("utf8", firstEnd + 1, secondEnd);
  return [body.toString("utf8", 0, firstEnd), second];
}
