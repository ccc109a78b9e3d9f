import type { Reply, ReplyStruct } from "../soap/answer.ts";
import { Refusal } from "../soap/fault.ts";
import { type Column, EMPTY_DATE } from "../tables/columns.ts";
import { fold, num, type Row, text } from "../tables/store.ts";
import { findView, VIEWS } from "../views/catalogue.ts";
import type { View } from "../views/view.ts";
import { pagedDataSetOfColumns } from "./data-sets.ts";
import { type Call, type Handlers, listIn, matches, textIn } from "./handler.ts";
import { about, ping } from "./lookups.ts";

/** Quick Query: the read-only views, filtered by display column name. */
export const quickQuery: Handlers = {
  about,
  ping,
  getScreen: (call) => {
    const view = installed(call, call.text("queryViewName"));
    if (view === undefined) {
      throw new Refusal(`Query view ${call.text("queryViewName")} not found`);
    }
    return {
      myQueryView: catalogueRow(view),
      myQueryResults: runView(call, view),
      errorMessage: "",
    };
  },
  getQueryViewsByID: (call) =>
    VIEWS.filter((view) => matches(view.name, call.text("queryViewName")))
      .filter((view) => installed(call, view.name) !== undefined)
      .map(catalogueRow),
  getQueryViewsByExactID: (call) => {
    const view = installed(call, call.text("queryViewName"));
    return view === undefined ? undefined : catalogueRow(view);
  },
};

function installed(call: Call, name: string): View | undefined {
  return call.world.switches.viewsInstalled ? findView(name) : undefined;
}

function catalogueRow(view: View): ReplyStruct {
  return {
    errorMessage: "",
    resultCode: 0,
    SQLView: view.name,
    BaseQueryView: view.name,
    QueryViewName: view.name,
    Module: view.module,
    Number: "",
    ViewDescription: view.description,
    ViewFilter: "",
    ViewSort: "",
    ColumnsRemovedMoved: "",
    DrillPrograms: "",
    VisibilityType: 0,
    Visibility: "",
    SystemDatabase: 0,
    CompanyColumn: "",
    CompanyParms: 0,
    NoteColumns: "",
    CreatedBy: "SLIPWAY",
  };
}

type Filter = Readonly<{ column: Column; value: string; comparison: string }>;

/** Columns and comparisons that a view may answer by an index. */
const INDEXED = new Set<Column["kind"]>(["text", "date"]);
const BOUNDS = new Set(["=", ">=", "<=", "<"]);

function runView(call: Call, view: View): Reply {
  const { filters, page, pageSize } = readFilters(call, view);
  const equal = new Map(
    filters
      .filter(({ comparison, column }) => INDEXED.has(column.kind) && BOUNDS.has(comparison))
      .map(({ column, comparison, value }) => {
        return [fold(column.name) + (comparison === "=" ? "" : ` ${comparison}`), fold(value)];
      }),
  );
  const found = [...view.rows(call.world, call.searched, equal)].filter((row) =>
    filters.every((filter) => passes(row, filter)),
  );
  return pagedDataSetOfColumns(call.world, view.columns, {
    rows: found,
    paging: { page, pageSize },
  });
}

/** The filters; `pageSize` and `currentPageNumber` are reserved names, not columns. */
function readFilters(
  call: Call,
  view: View,
): Readonly<{ filters: readonly Filter[]; page: number; pageSize: number }> {
  const filters: Filter[] = [];
  let page = 1;
  let pageSize = 0;
  for (const sent of listIn(call.args, "filters", "queryFilter") ?? []) {
    const name = textIn(sent, "name");
    const raw = sent.value;
    const value = typeof raw === "string" ? raw : "";
    if (fold(name) === "PAGESIZE") pageSize = Number(value);
    else if (fold(name) === "CURRENTPAGENUMBER") page = Number(value);
    else {
      const column = view.columns.find((one) => fold(one.name) === fold(name));
      if (column === undefined) throw new Refusal(`Invalid column name '${name}' in ${view.name}`);
      filters.push({ column, value, comparison: textIn(sent, "comparisonType") || "=" });
    }
  }
  return { filters, page, pageSize };
}

function passes(row: Row, { column, value, comparison }: Filter): boolean {
  if (comparison.toUpperCase() === "LIKE") return isLike(text(row, column.name), value);
  if (comparison.toUpperCase() === "IN") {
    const values = value.split(",").map((one) => fold(one.trim().replace(/^'|'$/g, "")));
    return values.includes(fold(row[column.name]));
  }
  const order = compare(row, column, value);
  switch (comparison) {
    case "=":
      return order === 0;
    case "<>":
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      throw new Refusal(`Comparison type ${comparison} is not supported`);
  }
}

function compare(row: Row, column: Column, value: string): number {
  if (column.kind === "float" || column.kind === "int")
    return num(row, column.name) - Number(value);
  if (column.kind === "date") {
    const wanted = value.trim();
    return ordered((text(row, column.name) || EMPTY_DATE).slice(0, wanted.length), wanted);
  }
  return ordered(fold(text(row, column.name)), fold(value));
}

function ordered(own: string, wanted: string): number {
  return own === wanted ? 0 : own < wanted ? -1 : 1;
}

/** SQL's LIKE: without `%` it is equality. */
function isLike(own: string, pattern: string): boolean {
  return pattern.includes("%") ? matches(own, pattern) : fold(own) === fold(pattern);
}
