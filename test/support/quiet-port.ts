import { randomInt } from "node:crypto";
import { freePort } from "../../src/demo/free-port.ts";

/**
 * A port of 127.0.0.1 that stays free while its server is away.
 *
 * What asks for any port, and every outgoing connection, gets one of the system's own range, which
 * begins above these: a server that comes back finds its port taken there now and then.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const wanted = randomInt(20_000, 32_000);
    if ((await freePort(wanted)) === wanted) return wanted;
  }
}
