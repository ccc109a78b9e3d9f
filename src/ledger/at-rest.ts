import { HubError } from "../base/errors.ts";
import type { HeldBalance } from "../canonical/balance.ts";

/** Rows that come while they are listed make the balance move: so often both are asked again. */
const ASKED_MAX = 10;

/**
 * What `list` finds, with the balance of the same moment: it is asked for before and after, until
 * both answers are the same. To be found on a busy account, `list` must take moments.
 *
 * @throws HubError `stripe.balance_moves` where the balance never stood still
 */
export async function listAtRest<T>(
  readHeld: () => Promise<readonly HeldBalance[]>,
  list: () => Promise<T>,
): Promise<Readonly<{ held: readonly HeldBalance[]; listed: T }>> {
  let held = await readHeld();
  for (let asked = 1; asked <= ASKED_MAX; asked += 1) {
    const listed = await list();
    const again = await readHeld();
    if (isSameBalance(held, again)) return { held, listed };
    held = again;
  }
  const words = `Stripe's balance moved each of ${ASKED_MAX} times that its rows were listed`;
  throw new HubError("stripe.balance_moves", words);
}

function isSameBalance(a: readonly HeldBalance[], b: readonly HeldBalance[]): boolean {
  const told = (all: readonly HeldBalance[]) =>
    all.map(({ currency, available, pending }) => `${currency} ${available.minor + pending.minor}`);
  return told(a).join() === told(b).join();
}
