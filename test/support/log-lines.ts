import type { Log } from "../../src/base/log.ts";

export type LogLine = Readonly<{ level: string; facts: object; message: string }>;

/** A log that keeps its lines, for tests of what an operator is told. */
export function keepLines(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const keep = (level: string) => (facts: object, message: string) =>
    void lines.push({ level, facts, message });
  const log = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
  return { log, lines };
}
