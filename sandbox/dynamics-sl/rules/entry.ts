import { Refusal, SoapFault } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { type Column, EMPTY_DATE } from "../tables/columns.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";

/**
 * Text as a single-byte column keeps it: characters outside Latin-1 become `?`, one for each UTF-16
 * unit as SQL Server does, and trailing blanks fall away.
 */
function toColumnText(value: string): string {
  return value.replace(/[\u0100-\uFFFF]/g, "?").trimEnd();
}

function textFor(world: World, table: string, column: Column, value: string): string {
  const kept = toColumnText(value);
  if (column.width === 0 || kept.length <= column.width) return kept;
  if (world.switches.longTextRefused) {
    throw new Refusal(
      `String or binary data would be truncated: ${table}.${column.name} holds ` +
        `${column.width} characters`,
    );
  }
  return kept.slice(0, column.width).trimEnd();
}

/**
 * A date as SMALLDATETIME: whole minutes between 1900 and 2079. SL's empty date and .NET's smallest
 * one are blank here, so that defaults apply.
 */
function dateFor(value: string, path: string): string {
  if (value.startsWith("0001-01-01") || value === EMPTY_DATE) return "";
  if (value < EMPTY_DATE || value > "2079-06-06T23:59:59") {
    throw new SoapFault("Server", `SqlDateTime overflow: ${path} = ${value}`);
  }
  return `${value.slice(0, 16)}:00`;
}

/**
 * The columns of `table` that a screen object carries, as SL would store them; empty values stay
 * explicit so that they clear a column. @throws Refusal when text is too long
 */
export function enteredRow(world: World, table: string, sent: Struct | undefined): Row {
  const row: Record<string, string | number> = {};
  if (sent === undefined) return row;
  const { columns } = world.store.definition(table);
  for (const column of columns.values()) {
    const value = sent[column.name];
    if (value === undefined || typeof value === "object") continue;
    if (typeof value === "boolean") row[column.name] = value ? 1 : 0;
    else if (typeof value === "number") row[column.name] = value;
    else if (column.kind === "date") row[column.name] = dateFor(value, `${table}.${column.name}`);
    else row[column.name] = textFor(world, table, column, value);
  }
  if (!world.switches.userFieldsKept && table !== "Customer") {
    delete row.User1;
    delete row.User2;
  }
  return row;
}

/** Column names without those the caller cannot set. */
export function without(row: Row, names: readonly string[]): Row {
  const kept: Record<string, string | number> = {};
  for (const name in row) {
    const value = row[name];
    if (value !== undefined && !names.includes(name)) kept[name] = value;
  }
  return kept;
}

/** Refuses an account or subaccount that SL does not have active; blank ones pass until release. */
export function checkAccount(world: World, acct: string, sub: string): void {
  if (!world.switches.accountsValidated) return;
  if (acct !== "") {
    const xref = world.store.get("AcctXref", world.companyId, acct);
    if (xref === undefined) throw new Refusal(`Account ${acct} not found`, 8013);
    if (num(xref, "Active") === 0) throw new Refusal(`Account ${acct} is inactive`);
  }
  if (sub !== "") {
    const xref = world.store.get("SubXref", world.companyId, sub);
    if (xref === undefined) throw new Refusal(`Subaccount ${sub} not found`, 8013);
    if (num(xref, "Active") === 0) throw new Refusal(`Subaccount ${sub} is inactive`);
  }
}

/** The customer of a document; unknown or inactive ones are refused at entry. */
export function customerForEntry(world: World, custId: string): Row {
  const customer = world.store.get("Customer", custId);
  if (custId === "" || customer === undefined) {
    throw new Refusal(`Customer ${custId} not found`, 8013);
  }
  const status = text(customer, "Status");
  if (status === "I") throw new Refusal(`Customer ${custId} is inactive`);
  if (status === "H" && world.switches.holdRefused) {
    throw new Refusal(`Customer ${custId} is on hold`);
  }
  return customer;
}

/** Saves a note and returns its id; an empty text keeps `noteId` as it was. */
export function saveNote(
  world: World,
  note: Struct | undefined,
  place: Readonly<{ table: string; level: string; noteId: number }>,
): number {
  const sent = note?.sNoteText;
  if (!world.switches.notesKept || typeof sent !== "string" || sent.trim() === "") {
    return place.noteId;
  }
  const nID = place.noteId === 0 ? world.store.nextIdentity("Snote", "nID") : place.noteId;
  world.store.put("Snote", {
    nID,
    sNoteText: toColumnText(sent),
    sTableName: place.table,
    sLevelName: place.level,
    dtRevisedDate: world.now(),
  });
  return nID;
}
