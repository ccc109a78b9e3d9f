import { Refusal } from "../../soap/fault.ts";
import type { Struct } from "../../soap/request.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, findRate, rateOf, roundTo, sumOf } from "../amounts.ts";
import { customerForEntry, without } from "../entry.ts";
import { periodOf } from "../periods.ts";
import {
  DOCUMENT_OF_BEHAVIOR,
  NEXT_STEP,
  ORDER_SCREENS,
  ORDER_STATUS,
  orderRow,
  orderSetup,
  orderType,
} from "./fields.ts";
import { draftCharge, draftLine, siteOf } from "./lines.ts";
import { inBase, totalsOf } from "./totals.ts";

/** An order as it is sent: its header, its lines and its miscellaneous charges. */
export type OrderInput = Readonly<{
  header: Struct;
  lines: readonly Struct[];
  charges: readonly Struct[];
  /** For the fault that breaks a save off: how many lines are still written. */
  lineLimit?: number;
}>;

/** An order as SL would save it, without its number; nothing is written yet. */
export type OrderDraft = Readonly<{
  header: Row;
  lines: readonly Row[];
  charges: readonly Row[];
  taxes: readonly Row[];
}>;

/** What only SL itself writes into an order. */
const OWN_COLUMNS = [
  "BalDue",
  "Cancelled",
  "CpnyID",
  "CreditHold",
  "CreditHoldDate",
  "CuryBalDue",
  "CuryTotLineDisc",
  "CuryTotMerch",
  "CuryTotMisc",
  "CuryTotOrd",
  "CuryTotPmt",
  "CuryTotTax",
  "CuryTotTxbl",
  "CuryUnshippedBalance",
  "DateCancelled",
  "InvcDate",
  "InvcNbr",
  "NextFunctionClass",
  "NextFunctionID",
  "NoteId",
  "Released",
  "Status",
];

/** Checks, defaults and prices an order. @throws Refusal with what SL does not take */
export function draftOrder(world: World, input: OrderInput): OrderDraft {
  const header = draftHeader(world, orderRow(world, "SOHeader", input.header));
  if (input.lines.length === 0 && input.charges.length === 0) {
    throw new Refusal("An order needs a line or a miscellaneous charge");
  }
  const lines = input.lines.map((line, index) => draftLine(world, header, line, index));
  const charges = input.charges.map((one, index) => draftCharge(world, header, one, index));
  return priced(world, { header, lines, charges, taxes: [] });
}

/** The draft with its totals worked out from its lines and charges. */
export function priced(world: World, draft: OrderDraft): OrderDraft {
  const { header, lines, charges } = draft;
  const decimals = decimalsOf(world, text(header, "CuryID"));
  const freight = sumOf([num(header, "CuryTotFrt"), num(header, "CuryTotPremFrt")], decimals);
  const totals = totalsOf(world, {
    header,
    lines: lines.map((row) => taxedAmount(row, "CuryTotOrd")),
    charges: charges.map((row) => taxedAmount(row, "CuryMiscChrg")),
    freight,
    discount: num(header, "CuryWholeOrdDisc"),
  });
  if (totals.total < 0) throw new Refusal("The total of an order must not be negative", 92);
  const gross = lines.map((row) =>
    roundTo(num(row, "QtyOrd") * num(row, "CurySlsPrice"), decimals),
  );
  const columns = {
    CuryTotMerch: totals.merchandise,
    CuryTotLineDisc: sumOf([...gross, -totals.merchandise], decimals),
    CuryTotMisc: totals.charges,
    CuryTotTax: totals.tax,
    CuryTotTxbl: totals.taxable,
    CuryTotOrd: totals.total,
    CuryBalDue: totals.total,
    CuryUnshippedBalance: totals.total,
    CuryTotFrt: num(header, "CuryTotFrt"),
    CuryTotPremFrt: num(header, "CuryTotPremFrt"),
    CuryWholeOrdDisc: num(header, "CuryWholeOrdDisc"),
  };
  return {
    header: {
      ...header,
      ...columns,
      ...inBase(world, header, columns),
      TotCost: sumOf(
        lines.map((row) => num(row, "TotCost")),
        decimals,
      ),
      LineCntr: lines.length,
      MiscChrgCntr: charges.length,
    },
    lines,
    charges,
    taxes: totals.taxes.map((row) => ({
      ...row,
      CpnyID: world.companyId,
      ShowTaxOnOrderTotal: 1,
      ...world.audit(ORDER_SCREENS.order),
    })),
  };
}

/** The amount of a row and whether it is taxed. */
export function taxedAmount(row: Row, columnName: string): { amount: number; isTaxed: boolean } {
  return { amount: num(row, columnName), isTaxed: num(row, "Taxable") === 1 };
}

function draftHeader(world: World, entered: Row): Row {
  const type = orderType(
    world,
    text(entered, "SOTypeID") || text(orderSetup(world), "DfltOrderType"),
  );
  const customer = customerForEntry(world, text(entered, "CustID"));
  const terms = known(world, "Terms", text(entered, "TermsID") || text(customer, "Terms"));
  const ordDate = text(entered, "OrdDate") || world.today();
  const header: Row = {
    ...without(entered, OWN_COLUMNS),
    ...addresses(world, customer, entered),
    ...currencyOf(world, customer, entered, ordDate),
    ARAcct: text(entered, "ARAcct") || text(customer, "ArAcct"),
    ARSub: text(entered, "ARSub") || text(customer, "ArSub"),
    CancelDate: text(entered, "CancelDate") || later(ordDate, num(type, "CancelDays")),
    ConsolInv: num(customer, "ConsolInv"),
    CpnyID: world.companyId,
    CreditChk: num(terms, "CreditChk"),
    CustID: text(customer, "CustId"),
    DiscAcct: text(type, "DiscAcct"),
    DiscSub: text(type, "DiscSub"),
    FrtAcct: text(entered, "FrtAcct") || text(type, "FrtAcct"),
    FrtSub: text(entered, "FrtSub") || text(type, "FrtSub"),
    ...nextStep(type),
    OrdDate: ordDate,
    PerPost: text(entered, "PerPost") || periodOf(world, ordDate),
    ShipSiteID: siteOf(
      world,
      text(entered, "ShipSiteID") || text(orderSetup(world), "DfltSiteID"),
      "Order",
    ),
    SOTypeID: text(type, "SOTypeID"),
    Status: ORDER_STATUS.open,
    TermsID: text(terms, "TermsId"),
    ...world.audit(ORDER_SCREENS.order),
  };
  return { ...header, ...taxesOf(world, customer, header) };
}

/** Types that ship wait for their shipper; quotes and blanket orders wait for nothing. */
function nextStep(type: Row): Row {
  const isShipped = DOCUMENT_OF_BEHAVIOR[text(type, "Behavior")] !== undefined;
  return {
    NextFunctionID: isShipped ? NEXT_STEP.createShipper : "",
    NextFunctionClass: isShipped ? text(type, "Behavior") : "",
  };
}

function known(world: World, table: "Terms", id: string): Row | undefined {
  const row = world.store.get(table, id);
  if (id !== "" && row === undefined) throw new Refusal(`${table} ${id} not found`, 8013);
  return row;
}

function later(date: string, days: number): string {
  if (days === 0) return "";
  const moved = Date.parse(`${date.slice(0, 10)}T00:00:00Z`) + days * 86_400_000;
  return `${new Date(moved).toISOString().slice(0, 10)}T00:00:00`;
}

function currencyOf(world: World, customer: Row, entered: Row, ordDate: string): Row {
  const currency = text(entered, "CuryID") || text(customer, "CuryId") || world.baseCurrency;
  decimalsOf(world, currency);
  const ofCustomer = text(customer, "CuryId");
  const isForeign = ofCustomer !== "" && ofCustomer !== currency;
  if (isForeign && !world.switches.foreignCurrencyOfCustomer) {
    throw new Refusal(`Currency ${currency} differs from the customer's (${ofCustomer})`);
  }
  const isBase = currency === world.baseCurrency;
  const rateType =
    text(entered, "CuryRateType") || text(customer, "CuryRateType") || (isBase ? "" : "SPOT");
  const isKept = !isBase && world.switches.suppliedRateKept && num(entered, "CuryRate") > 0;
  const rate = isKept
    ? rateOf(entered)
    : findRate(world, currency, isBase ? "" : rateType, text(entered, "CuryEffDate") || ordDate);
  return {
    CuryEffDate: text(entered, "CuryEffDate") || ordDate,
    CuryID: currency,
    CuryMultDiv: rate.multDiv,
    CuryRate: rate.rate,
    CuryRateType: isBase ? "" : rateType,
  };
}

/** Bill-to from the customer, ship-to from its address; what was typed by hand goes before both. */
function addresses(world: World, customer: Row, entered: Row): Row {
  const shipToId = text(entered, "ShiptoID") || text(customer, "DfltShipToId") || "DEFAULT";
  const address = world.store.get("SOAddress", text(customer, "CustId"), shipToId);
  if (address === undefined) throw new Refusal(`Ship-to address ${shipToId} not found`, 8013);
  const parts = ["Name", "Attn", "Addr1", "Addr2", "City", "State", "Zip", "Country", "Phone"];
  const typed = (prefix: string): boolean =>
    parts.some((part) => text(entered, prefix + part) !== "");
  const filled = (prefix: string, from: Row, fromPrefix: string): Row =>
    Object.fromEntries(
      parts.map((part) => [
        prefix + part,
        typed(prefix) ? text(entered, prefix + part) : text(from, fromPrefix + part),
      ]),
    );
  const shipVia = text(entered, "ShipViaID") || text(address, "ShipViaID");
  if (shipVia !== "" && world.store.get("ShipVia", world.companyId, shipVia) === undefined) {
    throw new Refusal(`Ship via ${shipVia} not found`, 8013);
  }
  return {
    ...filled("Bill", customer, "Bill"),
    ...filled("Ship", address, ""),
    BillAddrSpecial: typed("Bill") ? 1 : 0,
    ShipAddrSpecial: typed("Ship") ? 1 : 0,
    ShipCustID: text(customer, "CustId"),
    ShiptoID: text(address, "ShipToId"),
    ShiptoType: text(entered, "ShiptoType") || "C",
    ShipViaID: shipVia,
  };
}

/** Tax ids as sent, else those of the customer or, by `TaxDflt`, of the ship-to address. */
function taxesOf(world: World, customer: Row, header: Row): Row {
  const slots = ["00", "01", "02", "03"];
  const sent = slots.map((slot) => text(header, `TaxID${slot}`));
  const address = world.store.get("SOAddress", text(customer, "CustId"), text(header, "ShiptoID"));
  const defaults =
    text(customer, "TaxDflt") === "A"
      ? slots.map((slot) => text(address, `TaxId${slot}`))
      : slots.map((slot) => text(customer, `TaxID${slot}`));
  const ids = sent.some((id) => id !== "") ? sent : defaults;
  for (const id of ids) {
    if (id !== "" && world.store.get("SalesTax", "T", id) === undefined) {
      throw new Refusal(`Tax ${id} not found`, 8013);
    }
  }
  return Object.fromEntries(slots.map((slot, index) => [`TaxID${slot}`, ids[index] ?? ""]));
}
