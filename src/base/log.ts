import { pino } from "pino";

/** The hub's own log: one JSON object a line, facts beside the message, never a secret. */
export type Log = Readonly<{
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}>;

/** Opens the log on standard error, so that standard output stays for results. */
export function openLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

/** A log that keeps quiet, for tests and for one-shot commands. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
