import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DomainEventEnvelope } from "../../hub-events/index.ts";

export type Received = Readonly<{
  headers: IncomingHttpHeaders;
  body: string;
  event: DomainEventEnvelope;
}>;

type Status = number | undefined;
type Answer = (event: DomainEventEnvelope) => Status | Promise<Status>;

/** A subscriber on this machine: keeps what it got and answers as it is told. */
export type Receiver = Readonly<{
  url: string;
  received: Received[];
  /** The keys of the events that it has taken, in order. */
  taken(): string[];
  /** Status by event, also one that comes later; default 204. Undefined: no answer at all. */
  answerWith(answer: Answer): void;
  close(): Promise<void>;
}>;

export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const taken: string[] = [];
  let answer: Answer = () => 204;
  const respond = async (event: DomainEventEnvelope, response: ServerResponse) => {
    const status = await answer(event);
    if (status === undefined) return;
    if (status < 300) taken.push(event.key);
    response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/" } : {}).end();
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const event = JSON.parse(body) as DomainEventEnvelope;
      received.push({ headers: request.headers, body, event });
      void respond(event, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/slipway`,
    received,
    taken: () => [...taken],
    answerWith: (next) => {
      answer = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
