import { toHubError } from "./errors.ts";
import type { Log } from "./log.ts";

/** Work that is done again and again, until it is stopped. */
export type RepeatedWork = Readonly<{
  /** Begins a turn now, or right after the one under way: there is something new to find. */
  lookNow(): void;
  /** No turn begins any more; resolves when the one that is under way is over. */
  stop(): Promise<void>;
}>;

/** What is done, and how often. */
export type Repetition = Readonly<{
  everyMs: number;
  log: Log;
  /** What a failure comes to, for the log. */
  later: string;
  /** One turn. The signal says that the process stops. */
  work: (signal: AbortSignal) => Promise<void>;
}>;

/**
 * Does `work` now and every `everyMs`; a turn that comes while one is under way is left out.
 *
 * Of failures in a row only the first is logged: a database that is away for an hour is not told of
 * every second.
 */
export function repeatWork({ everyMs, log, later, work }: Repetition): RepeatedWork {
  const closing = new AbortController();
  let running: Promise<void> | undefined;
  let isAskedFor = false;
  let hasFailed = false;
  const turn = async () => {
    try {
      await work(closing.signal);
      hasFailed = false;
    } catch (thrown) {
      const { code, message } = toHubError(thrown);
      if (!hasFailed) log.warn({ code, error: message }, later);
      hasFailed = true;
    } finally {
      running = undefined;
      if (isAskedFor) lookNow();
    }
  };
  const begin = () => {
    running ??= turn();
  };
  const lookNow = () => {
    isAskedFor = running !== undefined;
    if (!closing.signal.aborted) begin();
  };
  const timer = setInterval(begin, everyMs);
  begin();
  return {
    lookNow,
    stop: async () => {
      clearInterval(timer);
      closing.abort();
      await running;
    },
  };
}
