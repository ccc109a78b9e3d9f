import { connect, type Socket } from "node:net";
import type { SignedEvent } from "./charge-events.ts";

/** How fast a server answered. */
export type LoadResult = Readonly<{ perSecond: number; latencyMs: readonly number[] }>;

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * Sends every event once over `connections` sockets that stay open, each with one request under
 * way, and waits for all answers. Requests are written out before the first is sent, and answers
 * are only looked at for their status, so that the sender takes little of the machine.
 *
 * @throws Error for an answer other than 200, and for a connection that ends
 */
export async function sendAll(
  url: string,
  events: readonly SignedEvent[],
  connections: number,
): Promise<LoadResult> {
  const target = new URL(url);
  const requests = events.map((event) => requestOf(target, event));
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(target)));
  const latencyMs: number[] = [];
  let next = 0;
  const take = () => requests[next++];
  const startedAtMs = performance.now();
  await Promise.all(sockets.map((socket) => work(socket, take, latencyMs)));
  const tookMs = performance.now() - startedAtMs;
  for (const socket of sockets) socket.destroy();
  return { perSecond: (events.length / tookMs) * 1_000, latencyMs };
}

function requestOf(target: URL, event: SignedEvent): Buffer {
  const head = [
    `POST ${target.pathname} HTTP/1.1`,
    `host: ${target.host}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${event.body.length}`,
    `stripe-signature: ${event.signature}`,
    "user-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)",
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), event.body]);
}

function open(target: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}

/** One socket: the next request goes out when the answer to the one before is complete. */
function work(socket: Socket, take: () => Buffer | undefined, latencyMs: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    let sentAtMs = 0;
    const send = () => {
      const request = take();
      if (request === undefined) return resolve();
      sentAtMs = performance.now();
      socket.write(request);
    };
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The server closed a connection")));
    socket.on("data", (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const length = answerLength(received);
      if (length === undefined || received.length < length) return;
      const status = received.toString("latin1", 9, 12);
      if (status !== "200") {
        return reject(new Error(`Answer ${received.toString("utf8", 0, 600)}`));
      }
      latencyMs.push(performance.now() - sentAtMs);
      received = received.subarray(length);
      send();
    });
    send();
  });
}

/** Length of head and body together; undefined while the head is not complete. */
function answerLength(received: Buffer): number | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = received.toString("latin1", 0, headEnd).toLowerCase();
  const bodyLength = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  if (bodyLength === undefined) throw new Error(`An answer without a length: ${head}`);
  return headEnd + HEAD_END.length + Number(bodyLength);
}
