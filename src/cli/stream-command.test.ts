import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "./testing/run-command.ts";

/** A hub that is lost after its first event, and refuses whoever comes back. */
let hub: ReturnType<typeof createServer>;
let asked: IncomingMessage[];

const TOLD = { timestamp: "2026-03-10T12:00:00.000Z", position: "7", type: "order.booked" };

function answer(request: IncomingMessage, response: ServerResponse): void {
  asked.push(request);
  if (asked.length > 1) {
    const error = { code: "api.unauthorized", message: "Wrong token", requestId: "r-1" };
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ error }));
    return;
  }
  const event = { ...TOLD, pair: "acme-us", key: "pi_1", data: { object: "pi_1" } };
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(`id: 7\ndata: ${JSON.stringify(event)}\n\n`, () => response.destroy());
}

beforeEach(async () => {
  asked = [];
  hub = createServer(answer);
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
});

afterEach(() => new Promise((resolve) => hub.close(resolve)));

test("a stream that is followed goes on after the event that it saw last", async () => {
  const { port } = hub.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const ran = await runCommand(["stream", "--follow", "--url", url, "--token", "some-token"]);

  expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "7"]);
  expect(ran.out).toMatch(/ {2}7 {2}order\.booked {2}acme-us pi_1 {2}object=pi_1\n$/);
  expect(ran.err).toContain("the stream goes on when it does");
  expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("Wrong token")]);
});
