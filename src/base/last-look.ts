import { AsyncLocalStorage } from "node:async_hooks";

/** What whoever makes a call that writes has to say before it leaves. */
export type LastLook = Readonly<{
  /**
   * Awaited once what the write needs is read, however long that took: a claim that has grown old
   * meanwhile begins anew.
   *
   * @throws HubError where it is not to be sent any more
   */
  renew(): Promise<void>;
  /** Asked right before the first byte leaves, since a process can stand still anywhere. */
  mayLeave(): boolean;
}>;

const looks = new AsyncLocalStorage<LastLook>();

/**
 * Makes `call`, whose write leaves this process only as `look` says. The clients are shared by all
 * runs, so it is the flow of the call that says on whose behalf it is made.
 */
export function sendBy<T>(look: LastLook, call: () => Promise<T>): Promise<T> {
  return looks.run(look, call);
}

/** The last look of whoever makes this call; one that nobody has bound may always leave. */
export function lastLook(): LastLook {
  return looks.getStore() ?? UNBOUND;
}

const UNBOUND: LastLook = { renew: async () => undefined, mayLeave: () => true };
