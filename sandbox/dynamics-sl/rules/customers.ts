import { Refusal } from "../soap/fault.ts";
import type { Struct } from "../soap/request.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf } from "./amounts.ts";
import { newBalances } from "./balances.ts";
import { checkAccount, enteredRow, saveNote, without } from "./entry.ts";
import { nextNumber } from "./numbering.ts";
import { periodOf } from "./periods.ts";

const SCREEN = "08260";
const STATUSES = ["A", "I", "H", "O"];

/** Customer column ← class column, where the customer has nothing of its own. */
const CLASS_DEFAULTS: readonly (readonly [string, string])[] = [
  ["ArAcct", "ARAcct"],
  ["ArSub", "ARSub"],
  ["SlsAcct", "SlsAcct"],
  ["SlsSub", "SlsSub"],
  ["PrePayAcct", "PrePayAcct"],
  ["PrePaySub", "PrePaySub"],
  ["Terms", "Terms"],
  ["PriceClassID", "PriceClass"],
  ["PrcLvlId", "PrcLvlID"],
];

/** What 08.260 saves: the customer with its order settings and its note. */
export type CustomerScreen = Readonly<{
  customer: Struct;
  edi: Struct | undefined;
  note: Struct | undefined;
}>;

/**
 * Creates a customer with its class's defaults, a DEFAULT ship-to and an empty balance. A blank
 * CustId is numbered; one that exists is refused.
 */
export function addCustomer(world: World, screen: CustomerScreen): Row {
  const entered = enteredRow(world, "Customer", screen.customer);
  const custId = text(entered, "CustId") || takeCustomerNumber(world);
  if (world.store.get("Customer", custId) !== undefined) {
    throw new Refusal(`Customer ${custId} already exists`);
  }
  if (/[%_'"]/.test(custId)) throw new Refusal(`Customer id ${custId} is not valid`);
  const draft = withDefaults(world, { ...without(entered, ["NoteId"]), CustId: custId });
  check(world, draft);
  const customer = world.store.put("Customer", {
    ...draft,
    SetupDate: text(draft, "SetupDate") || world.today(),
    PerNbr: periodOf(world, world.now()),
    NoteId: saveNote(world, screen.note, { table: "Customer", level: "CUSTOMER", noteId: 0 }),
    ...world.audit(SCREEN),
  });
  world.store.put("SOAddress", defaultShipTo(world, customer));
  world.store.put("AR_Balances", newBalances(world, custId, world.companyId));
  world.store.put("CustomerEDI", {
    ...enteredRow(world, "CustomerEDI", screen.edi),
    CustID: custId,
    ...world.audit(SCREEN),
  });
  return customer;
}

/** Saves the sent columns over those of an existing customer. */
export function editCustomer(world: World, screen: CustomerScreen): Row {
  const entered = enteredRow(world, "Customer", screen.customer);
  const before = world.store.get("Customer", text(entered, "CustId"));
  if (before === undefined)
    throw new Refusal(`Customer ${text(entered, "CustId")} not found`, 8013);
  const draft = {
    ...before,
    ...without(entered, ["NoteId", "CustId", "Crtd_DateTime", "Crtd_Prog", "Crtd_User"]),
  };
  check(world, draft);
  return world.store.put("Customer", {
    ...draft,
    NoteId: saveNote(world, screen.note, {
      table: "Customer",
      level: "CUSTOMER",
      noteId: num(before, "NoteId"),
    }),
    ...world.audit(SCREEN, before),
  });
}

function withDefaults(world: World, entered: Row): Row {
  const setup = world.receivablesSetup;
  const classId = text(entered, "ClassId") || text(setup, "DfltClass");
  const ofClass = world.store.get("CustClass", classId);
  if (ofClass === undefined) throw new Refusal(`Customer class ${classId} not found`, 8013);
  const row: Record<string, string | number> = { ...entered, ClassId: classId };
  for (const [column, source] of CLASS_DEFAULTS) {
    row[column] = text(entered, column) || text(ofClass, source);
  }
  return {
    ...row,
    ArAcct: text(row, "ArAcct") || text(setup, "ArAcct"),
    ArSub: text(row, "ArSub") || text(setup, "ArSub"),
    BillName: text(row, "BillName") || text(row, "Name"),
    BillAddr1: text(row, "BillAddr1") || text(row, "Addr1"),
    BillAddr2: text(row, "BillAddr2") || text(row, "Addr2"),
    BillCity: text(row, "BillCity") || text(row, "City"),
    BillState: text(row, "BillState") || text(row, "State"),
    BillZip: text(row, "BillZip") || text(row, "Zip"),
    BillCountry: text(row, "BillCountry") || text(row, "Country"),
    CuryId: text(row, "CuryId") || world.baseCurrency,
    DfltShipToId: text(row, "DfltShipToId") || "DEFAULT",
    DocPublishingFlag: text(row, "DocPublishingFlag") || "Y",
    StmtCycleId: text(row, "StmtCycleId") || "30",
    StmtType: text(row, "StmtType") || "O",
    TaxDflt: text(row, "TaxDflt") || "C",
    Status: text(row, "Status") || "A",
  };
}

function check(world: World, customer: Row): void {
  const known = (table: string, column: string, what: string): void => {
    const value = text(customer, column);
    if (value !== "" && world.store.get(table, value) === undefined) {
      throw new Refusal(`${what} ${value} not found`, 8013);
    }
  };
  if (text(customer, "Name") === "") throw new Refusal("Name is required", 2);
  if (!STATUSES.includes(text(customer, "Status"))) {
    throw new Refusal(`Customer status ${text(customer, "Status")} is not valid`);
  }
  known("Terms", "Terms", "Terms");
  known("Country", "Country", "Country");
  known("State", "State", "State");
  decimalsOf(world, text(customer, "CuryId") || world.baseCurrency);
  for (const prefix of ["Ar", "Sls", "PrePay"]) {
    checkAccount(world, text(customer, `${prefix}Acct`), text(customer, `${prefix}Sub`));
  }
}

function takeCustomerNumber(world: World): string {
  const counter = world.store.get("xct_tblDSLCounter", "CUSTID");
  let value = num(counter, "lastValue");
  let custId: string;
  do {
    value += 1;
    custId = nextNumber(`C${String(value - 1).padStart(6, "0")}`);
  } while (world.store.get("Customer", custId) !== undefined);
  world.store.put("xct_tblDSLCounter", { counterName: "CUSTID", lastValue: value });
  return custId;
}

function defaultShipTo(world: World, customer: Row): Row {
  const copied = [
    "Addr1",
    "Addr2",
    "Attn",
    "City",
    "Country",
    "CustId",
    "EMailAddr",
    "Fax",
    "Name",
    "Phone",
    "State",
    "Zip",
  ];
  return {
    ...Object.fromEntries(copied.map((name) => [name, text(customer, name)])),
    Descr: "Default",
    ShipToId: text(customer, "DfltShipToId"),
    Status: "A",
    ...world.audit(SCREEN),
  };
}
