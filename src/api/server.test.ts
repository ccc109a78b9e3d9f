import { Agent, get } from "node:http";
import { expect, test, vi } from "vitest";
import { openServer } from "./server.ts";

/** So long the client would keep its connection, and the close wait for it. */
const KEPT_MS = 20_000;

test("a client that keeps its connection holds up no close once it has its answer", async () => {
  const closing = new AbortController();
  const app = openServer(closing.signal);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  app.get("/slow", async () => {
    asked.resolve();
    return answer.promise;
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const agent = new Agent({ keepAlive: true, timeout: KEPT_MS });
  const read = Promise.withResolvers<string>();
  get(`${url}/slow`, { agent }, (response) => {
    response.setEncoding("utf8").on("data", read.resolve);
  }).on("error", read.reject);
  await asked.promise;

  closing.abort();
  const startedMs = performance.now();
  const closed = app.close();
  await vi.waitUntil(() => !app.server.listening);
  answer.resolve("answered");

  expect(await read.promise).toBe("answered");
  await closed;
  expect(performance.now() - startedMs).toBeLessThan(KEPT_MS / 2);
  agent.destroy();
});
