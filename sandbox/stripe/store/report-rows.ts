import type { Row } from "./table.ts";

/** A report that was asked for, with what the account's rows said at that moment. */
export type ReportRunRow = Row & {
  report_type: string;
  /** Seconds; the second one is left out. */
  interval_start: number;
  interval_end: number;
  /** Of the days that the report speaks of. */
  timezone: string;
  currency: string | null;
  columns: string[];
  /** The second from which on its file is there. */
  ready: number;
  file: string;
  csv: string;
};
