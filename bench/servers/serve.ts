import { once } from "node:events";
import type { FastifyInstance } from "fastify";

/**
 * Listens on a free port, says so on standard output as one JSON object, and closes on SIGTERM or
 * at the end of standard input.
 */
export async function serveUntilStopped(
  app: FastifyInstance,
  close: () => Promise<void> = async () => undefined,
): Promise<void> {
  const stopped = Promise.race([once(process, "SIGTERM"), once(process.stdin, "end")]);
  process.stdin.resume();
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  console.log(JSON.stringify({ ready: true, url: `${url}/webhooks/stripe/bench` }));
  await stopped;
  process.stdin.destroy();
  await app.close();
  await close();
}
