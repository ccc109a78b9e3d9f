import { Refusal } from "../../soap/fault.ts";
import type { Struct } from "../../soap/request.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { enteredRow } from "../entry.ts";

/** The screen numbers that order rows carry in their audit columns. */
export const ORDER_SCREENS = { order: "40100", shipper: "40110", update: "40400" } as const;

/** SOHeader.Status and the status of lines, schedules and shippers. */
export const ORDER_STATUS = { open: "O", closed: "C" } as const;

/** SOHeader.NextFunctionID: the step a document waits for; blank when there is none. */
export const NEXT_STEP = { createShipper: "4041000", updateShipper: "4040000" } as const;

/** Asks SL to find the price or cost itself. */
export const SL_DECIDES = -999876;

/** The document of receivables that a shipper of each behaviour becomes. */
export const DOCUMENT_OF_BEHAVIOR: Readonly<Record<string, "IN" | "DM" | "CM">> = {
  SO: "IN",
  MO: "IN",
  WC: "IN",
  DM: "DM",
  CM: "CM",
  RMA: "CM",
};

/**
 * The columns of an order table that a sent object carries. Some dates are strings in the order
 * contract: `YYYY-MM-DD…` and `MM/DD/YYYY` are read, a blank one is no date.
 */
export function orderRow(world: World, table: string, sent: Struct): Row {
  const { columns } = world.store.definition(table);
  const plain: Record<string, Struct[string]> = { ...sent };
  for (const { name, kind } of columns.values()) {
    const value = sent[name];
    if (kind === "date" && typeof value === "string") plain[name] = isoDate(name, value);
    else if (kind !== "text" && typeof value === "string") plain[name] = numberIn(name, value);
  }
  const dates = Object.entries(plain).filter(([, value]) => value !== undefined);
  return enteredRow(world, table, Object.fromEntries(dates));
}

function isoDate(name: string, value: string): string {
  const trimmed = value.trim();
  if (trimmed === "") return "0001-01-01T00:00:00";
  const iso = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d)?/.exec(trimmed);
  if (iso !== null) return `${iso[1]}${iso[2] ?? "T00:00:00"}`;
  const written = /^(\d{1,2})\/(\d{1,2})\/(\d{4})/.exec(trimmed);
  if (written === null) throw new Refusal(`${name} ${trimmed} is not a date`);
  const [, month = "", date = "", year = ""] = written;
  return `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}T00:00:00`;
}

function numberIn(name: string, value: string): number {
  const trimmed = value.trim();
  if (/^true$/i.test(trimmed)) return 1;
  const number = /^(false)?$/i.test(trimmed) ? 0 : Number(trimmed);
  if (!Number.isFinite(number)) throw new Refusal(`${name} ${trimmed} is not a number`);
  return number;
}

/** The order by number in the company of the call, or undefined. */
export function findOrder(
  reader: Pick<World["store"], "get">,
  companyId: string,
  ordNbr: string,
): Row | undefined {
  return ordNbr.trim() === "" ? undefined : reader.get("SOHeader", companyId, ordNbr);
}

/** @throws Refusal when there is no such order */
export function orderFor(world: World, ordNbr: string): Row {
  const order = findOrder(world.store, world.companyId, ordNbr);
  if (order === undefined) throw new Refusal(`Order ${ordNbr.trim()} not found`, 8013);
  return order;
}

/** Rows of a child table of an order, in the order of their reference. */
export function partsOf(
  reader: Pick<World["store"], "find">,
  table: string,
  ordNbr: string,
): readonly Row[] {
  return byReference(reader.find(table, "byOrder", ordNbr));
}

/** Rows of a child table of a shipper, in the order of their reference. */
export function partsOfShipper(
  reader: Pick<World["store"], "find">,
  table: string,
  shipperId: string,
): readonly Row[] {
  return byReference(reader.find(table, "byShipper", shipperId));
}

function byReference(rows: readonly Row[]): readonly Row[] {
  const key = (row: Row): string =>
    text(row, "LineRef") || text(row, "MiscChrgRef") || text(row, "TaxID") || text(row, "PmtRef");
  return [...rows].sort((a, b) => key(a).localeCompare(key(b)));
}

/** The order type, which must exist and be active. */
export function orderType(world: World, typeId: string): Row {
  const type = world.store.get("SOType", world.companyId, typeId);
  if (type === undefined) throw new Refusal(`Order type ${typeId} not found`, 8013);
  if (num(type, "Active") === 0) throw new Refusal(`Order type ${typeId} is inactive`);
  return type;
}

/** The one row of SOSetup. */
export function orderSetup(world: World): Row {
  const setup = world.store.get("SOSetup", "SO");
  if (setup === undefined) throw new Error("the set-up row of SOSetup is missing");
  return setup;
}
