import { AsyncLocalStorage } from "node:async_hooks";

/** What went out in one call that writes, and what came back; undefined where nothing did. */
export type Exchange = Readonly<{ request: string; answer: string | undefined }>;

/** Of request and answer each: it bounds what an attempt adds to the database. */
export const EXCHANGE_BYTES_MAX = 8 * 1_024;

const listeners = new AsyncLocalStorage<(exchange: Exchange) => void>();

/**
 * Runs `call` and tells `onExchange` of each exchange that is noted on its behalf. The clients of
 * both sides are shared by all runs, so it is the flow of the call that says whose exchange it is.
 */
export function hearExchanges<T>(
  onExchange: (exchange: Exchange) => void,
  call: () => Promise<T>,
): Promise<T> {
  return listeners.run(onExchange, call);
}

/** Notes an exchange, free of secrets, for whoever called; cut to what an attempt may hold. */
export function noteExchange({ request, answer }: Exchange): void {
  listeners.getStore()?.({
    request: storable(request),
    answer: answer === undefined ? undefined : storable(answer),
  });
}

/** Text that PostgreSQL takes, of at most `EXCHANGE_BYTES_MAX` bytes, saying where it was cut. */
function storable(text: string): string {
  const clean = text.replaceAll("\u0000", "").toWellFormed();
  const bytes = Buffer.byteLength(clean);
  if (bytes <= EXCHANGE_BYTES_MAX) return clean;
  const mark = `\n… cut: ${bytes} bytes in all`;
  const room = EXCHANGE_BYTES_MAX - Buffer.byteLength(mark);
  // A character that the cut would split is left out whole.
  const kept = new TextDecoder().decode(Buffer.from(clean).subarray(0, room), { stream: true });
  return `${kept}${mark}`;
}
