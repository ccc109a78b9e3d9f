import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatReportRun, formatReportType } from "../formatters/reports.ts";
import type { Call, Route } from "../http/route.ts";
import { checkedCurrency } from "../money/currencies.ts";
import {
  addReportRun,
  REPORT_COLUMNS,
  REPORT_TYPE,
  reportOfFile,
  reportRunOf,
} from "../operations/reports.ts";
import type { Wire } from "../wire.ts";

function retrieveType({ world, id }: Call): Wire {
  if (id !== REPORT_TYPE) throw resourceMissing("reporting.report_type", id);
  return formatReportType(world);
}

function create({ world, params }: Call): Wire {
  const type = params.required("report_type");
  if (type !== REPORT_TYPE) {
    throw invalidRequest(`This sandbox makes ${REPORT_TYPE} alone.`, undefined, "report_type");
  }
  const asked = params.nested("parameters");
  const interval_start = asked?.integer("interval_start");
  const interval_end = asked?.integer("interval_end");
  if (interval_start === undefined) throw parameterMissing("parameters[interval_start]");
  if (interval_end === undefined) throw parameterMissing("parameters[interval_end]");
  const currency = asked?.text("currency");
  const run = addReportRun(world, {
    ...{ interval_start, interval_end },
    timezone: checkedZone(asked?.text("timezone") ?? "Etc/UTC"),
    currency: currency === undefined ? null : checkedCurrency(currency),
    columns: checkedColumns(asked?.texts("columns")),
  });
  return formatReportRun(world, run);
}

function checkedZone(name: string): string {
  if (Intl.supportedValuesOf("timeZone").includes(name) || /^(Etc\/)?UTC$/.test(name)) return name;
  throw invalidRequest(`Invalid timezone: ${name}`, undefined, "parameters[timezone]");
}

function checkedColumns(names: readonly string[] | undefined): string[] {
  const known: readonly string[] = REPORT_COLUMNS;
  for (const name of names ?? []) {
    if (known.includes(name)) continue;
    throw invalidRequest(`Invalid column: ${name}`, undefined, "parameters[columns]");
  }
  return [...(names ?? known)];
}

export const reportRoutes: readonly Route[] = [
  { method: "GET", path: "/v1/reporting/report_types/:id", accepts: "", run: retrieveType },
  {
    method: "POST",
    path: "/v1/reporting/report_runs",
    accepts: "parameters report_type",
    run: create,
  },
  {
    method: "GET",
    path: "/v1/reporting/report_runs/:id",
    accepts: "",
    run: ({ world, id }) => formatReportRun(world, reportRunOf(world, id)),
  },
  {
    method: "GET",
    path: "/v1/files/:id/contents",
    accepts: "",
    run: ({ world, id }) => reportOfFile(world, id).csv,
  },
];
