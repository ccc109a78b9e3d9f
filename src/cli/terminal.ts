/** Where a command writes, and what may be written there. */
export type Terminal = Readonly<{
  /** One or more lines for standard output: results. */
  write(text: string): void;
  /** Lines for standard error: remarks and failures, which must not end up in a pipe. */
  warn(text: string): void;
  /** Colours of standard output, and of standard error: each may go elsewhere than to a screen. */
  paint: Paint;
  warnPaint: Paint;
  /** How many letters fit on a line of standard output; undefined where no person looks at it. */
  columns?: number | undefined;
}>;

/** Colours with a meaning; without colours the text itself. */
export type Paint = Readonly<Record<"good" | "bad" | "faint" | "strong", (text: string) => string>>;

const CODES = { good: 32, bad: 31, faint: 2, strong: 1 } as const;

/** Plain unless a person looks at the stream and NO_COLOR (no-color.org) is unset. */
export function choosePaint(
  isTty: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const isPlain = !isTty || (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  const painted = (code: number) => (text: string) =>
    isPlain || text === "" ? text : `\u001b[${code}m${text}\u001b[0m`;
  return {
    good: painted(CODES.good),
    bad: painted(CODES.bad),
    faint: painted(CODES.faint),
    strong: painted(CODES.strong),
  };
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    write: (text) => void process.stdout.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
    paint: choosePaint(process.stdout.isTTY === true, process.env),
    warnPaint: choosePaint(process.stderr.isTTY === true, process.env),
    columns: process.stdout.columns,
  };
}
