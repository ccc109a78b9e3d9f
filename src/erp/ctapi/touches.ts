import { readFileSync } from "node:fs";
import type { TouchedService, TouchedTable, TouchedView, Touches } from "../touches.ts";
import { CONTRACT_USAGE, PROBED_OPERATIONS, type ServiceName } from "./contract-usage.ts";
import { VIEW } from "./views.ts";

/** The screens as SL's menu numbers them. */
const SCREEN: Readonly<Record<ServiceName, string>> = {
  invoiceAndMemo: "08.010 Invoice and Memo",
  paymentApplication: "08.030 Payment Application",
  paymentEntry: "08.050 Payment Entry",
  journalTransactions: "01.010 Journal Transactions",
  customerMaintenance: "08.260 Customer Maintenance",
  inventoryItems: "10.250 Inventory Items",
  orders: "40.100 Sales Orders",
  shippers: "40.110 Shippers",
  quickQuery: "Quick Query",
  common: "companies, batches, taxes",
};

/** How an operation begins that changes something. */
const WRITES = /^(edit|place|apply|adminHold)/;
/** What the contracts call some of SL's tables. */
const TABLE_OF: Readonly<Record<string, string>> = {
  CustomerV2: "Customer",
  order: "SOHeader",
  orderItem: "SOLine",
  company: "Company",
};
/** Parts of a message that are no table. */
const NO_TABLE = new Set(["screen", "nameValuePairs", "queryFilter", "vs_qvcatalog"]);
/** What every row carries for its own message. */
const NO_FIELD = new Set(["errorMessage", "resultCode"]);
const SQL_FOLDER = new URL("../../../site/sql/", import.meta.url);

/** Everything that the connector touches, read from the tables that its code is typed by. */
export function describeTouches(): Touches {
  const services = Object.keys(CONTRACT_USAGE) as ServiceName[];
  return {
    tablesAltered: 0,
    services: services.map(serviceOf),
    tables: tablesOf(services),
    views: Object.values(VIEW)
      .map(viewOf)
      .sort(byName(({ view }) => view)),
  };
}

function operationsOf(service: ServiceName): string[] {
  const probed: Readonly<Partial<Record<ServiceName, readonly string[]>>> = PROBED_OPERATIONS;
  return [...new Set([...CONTRACT_USAGE[service].operations, ...(probed[service] ?? [])])].sort();
}

function serviceOf(service: ServiceName): TouchedService {
  const operations = operationsOf(service);
  return {
    service,
    screen: SCREEN[service],
    writes: operations.filter((name) => WRITES.test(name)),
    reads: operations.filter((name) => !WRITES.test(name)),
  };
}

function tablesOf(services: readonly ServiceName[]): TouchedTable[] {
  const fields = new Map<string, Set<string>>();
  const written = new Set<string>();
  for (const service of services) {
    const types: Readonly<Record<string, readonly string[]>> = CONTRACT_USAGE[service].types;
    const isWriting = operationsOf(service).some((name) => WRITES.test(name));
    for (const [type, elements] of Object.entries(types)) {
      if (NO_TABLE.has(type)) continue;
      const table = TABLE_OF[type] ?? type;
      const known = fields.get(table) ?? new Set();
      for (const name of elements) if (!NO_FIELD.has(name)) known.add(name);
      fields.set(table, known);
      if (isWriting && isPartOf(types.screen, type)) written.add(table);
    }
  }
  return [...fields]
    .map(([table, names]) => ({ table, isWritten: written.has(table), fields: [...names].sort() }))
    .sort(byName(({ table }) => table));
}

/** A screen writes the rows that it is made of; a service without a screen writes its rows. */
function isPartOf(screen: readonly string[] | undefined, type: string): boolean {
  if (screen === undefined) return true;
  const row = type === "CustomerV2" ? "Customer" : type;
  if (row === "Snote") return screen.some((part) => part.endsWith("Note"));
  return screen.includes(`my${row}`);
}

/** The tables that a shipped view selects from, by its own text. */
function viewOf(view: string): TouchedView {
  const sql = readFileSync(new URL(`${view}.sql`, SQL_FOLDER), "utf8");
  const named = [...sql.matchAll(/\b(?:from|join)\s+dbo\.(\w+)/gi)].map(([, table = ""]) => table);
  return { view, reads: [...new Set(named)].sort() };
}

function byName<T>(nameOf: (one: T) => string) {
  return (a: T, b: T) => (nameOf(a) < nameOf(b) ? -1 : 1);
}
