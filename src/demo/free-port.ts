import { createServer } from "node:net";

/** `wanted` when nothing listens there on the loopback address, else a free port. */
export async function freePort(wanted: number): Promise<number> {
  const first = await tryPort(wanted);
  if (first !== undefined) return first;
  const any = await tryPort(0);
  if (any === undefined) throw new Error("No free port on the loopback address");
  return any;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const taken = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(taken));
    });
  });
}
