import { dataAvailable, REPORT_COLUMNS, REPORT_TYPE } from "../operations/reports.ts";
import type { ReportRunRow } from "../store/report-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** The type of report on the wire. */
export function formatReportType(world: World): Wire {
  const { start, end } = dataAvailable(world);
  return {
    id: REPORT_TYPE,
    object: "reporting.report_type",
    data_available_end: end,
    data_available_start: start,
    default_columns: [...REPORT_COLUMNS],
    livemode: true,
    name: "Balance summary",
    updated: end,
    version: 1,
  };
}

/** A report that was asked for, on the wire; with its file once that is there. */
export function formatReportRun(world: World, row: ReportRunRow): Wire {
  const isReady = world.nowSeconds() >= row.ready;
  return {
    id: row.id,
    object: "reporting.report_run",
    created: row.created,
    error: null,
    livemode: true,
    parameters: {
      columns: row.columns,
      interval_end: row.interval_end,
      interval_start: row.interval_start,
      timezone: row.timezone,
      ...(row.currency === null ? {} : { currency: row.currency }),
    },
    report_type: row.report_type,
    result: isReady ? formatFile(row) : null,
    status: isReady ? "succeeded" : "pending",
    succeeded_at: isReady ? row.ready : null,
  };
}

function formatFile(row: ReportRunRow): Wire {
  return {
    id: row.file,
    object: "file",
    created: row.ready,
    expires_at: row.ready + 365 * 86_400,
    filename: `${row.id}.csv`,
    links: { object: "list", data: [], has_more: false, url: `/v1/file_links?file=${row.file}` },
    purpose: "finance_report_run",
    size: Buffer.byteLength(row.csv),
    title: `FinanceReportRun ${row.id}`,
    type: "csv",
    url: `https://files.stripe.com/v1/files/${row.file}/contents`,
  };
}
