import { HubRefusal } from "../../cli/hub-client.ts";

const TRIES_MAX = 5;

/** Asks again where SL has just failed: of a question of many calls, one in a hundred hits one. */
export async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (thrown) {
      const isSl = thrown instanceof HubRefusal && thrown.answer.code.startsWith("erp.");
      if (!isSl || tried === TRIES_MAX) throw thrown;
    }
  }
}
