import { randomInt } from "node:crypto";
import { freePort } from "../../src/demo/free-port.ts";

const FIRST = 20_000;
/** Each of the test processes that run side by side has its own. */
const SHARE = 1_000;
const SHARES = 12;

const share = FIRST + (Number(process.env.VITEST_POOL_ID ?? process.pid) % SHARES) * SHARE;
// Another run on this machine has the same shares.
let given = randomInt(SHARE);

/**
 * A port of 127.0.0.1 that stays free while its server is away.
 *
 * What asks for any port, and every outgoing connection, gets one of the system's own range, which
 * begins above these: a server that comes back finds its port taken there now and then. None is
 * given twice, since the one who got it may not listen yet.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const wanted = share + (given++ % SHARE);
    if ((await freePort(wanted)) === wanted) return wanted;
  }
}
