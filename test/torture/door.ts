import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TortureWorker } from "./worker.ts";

type Door = Readonly<{
  url: string;
  /** Who serves what comes to this door. */
  lead(to: () => TortureWorker | undefined): void;
  close(): Promise<void>;
}>;

/** An address that stays the same while workers come and go; nobody home is a lost connection. */
export async function openDoor(): Promise<Door> {
  let find: () => TortureWorker | undefined = () => undefined;
  const server: Server = createServer((request, response) => {
    const worker = find();
    if (worker === undefined) request.socket.destroy();
    else worker.serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    lead: (to) => {
      find = to;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
