import { Refusal } from "../../soap/fault.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, roundTo, sumOf } from "../amounts.ts";
import { newBalances } from "../balances.ts";
import { NEXT_STEP, ORDER_SCREENS, orderSetup } from "./fields.ts";

/**
 * SL's credit check of a new order: on hold where the customer is (Status H), or where its balance,
 * open orders and unbilled shippers pass the credit limit. Prepayments lower nothing: SL keeps them
 * apart. @throws Refusal where the site refuses such orders at entry
 */
export function creditHold(world: World, order: Row): Row {
  const customer = world.store.get("Customer", text(order, "CustID"));
  const reason = holdReason(world, order, customer);
  if (reason === undefined) return {};
  const isRefused =
    world.switches.creditRefusesOrders || num(orderSetup(world), "CreditNoOrdEntry") === 1;
  if (isRefused) throw new Refusal(reason);
  return { CreditHold: 1, CreditHoldDate: world.today() };
}

function holdReason(world: World, order: Row, customer: Row | undefined): string | undefined {
  const custId = text(order, "CustID");
  if (text(customer, "Status") === "H") return `Customer ${custId} is on credit hold`;
  const limit = num(customer, "CrLmt");
  const setup = orderSetup(world);
  if (limit <= 0 || num(setup, "CreditCheck") === 0 || num(order, "CreditChk") === 0) {
    return undefined;
  }
  const balances = world.store.get("AR_Balances", custId, world.companyId);
  const exposure = sumOf(
    [
      num(balances, "CurrBal"),
      num(balances, "FutureBal"),
      num(balances, "TotOpenOrd"),
      num(balances, "TotShipped"),
      num(order, "TotOrd"),
    ],
    decimalsOf(world, world.baseCurrency),
  );
  if (exposure <= limit * (1 + num(setup, "CreditGracePct") / 100)) return undefined;
  return `Customer ${custId} is over its credit limit of ${limit} by this order`;
}

/** Saves an order and brings `TotOpenOrd` of its customer in step. */
export function putOrder(world: World, order: Row): Row {
  const before = world.store.get("SOHeader", text(order, "CpnyID"), text(order, "OrdNbr"));
  const saved = world.store.put("SOHeader", order);
  moveExposure(world, saved, { TotOpenOrd: openAmount(saved) - openAmount(before) });
  return saved;
}

/** Saves a shipper and brings `TotShipped` of its customer in step. */
export function putShipper(world: World, shipper: Row): Row {
  const key = [text(shipper, "CpnyID"), text(shipper, "ShipperID")];
  const before = world.store.get("SOShipHeader", ...key);
  const saved = world.store.put("SOShipHeader", shipper);
  moveExposure(world, saved, { TotShipped: shippedAmount(saved) - shippedAmount(before) });
  return saved;
}

/** What an order still has to ship, in base currency; quotes and closed orders count nothing. */
function openAmount(order: Row | undefined): number {
  const isOpen = text(order, "NextFunctionID") === NEXT_STEP.createShipper;
  return isOpen ? num(order, "UnshippedBalance") : 0;
}

/** What a shipper will be invoiced, in base currency, until it is. */
function shippedAmount(shipper: Row | undefined): number {
  const isOpen = text(shipper, "NextFunctionID") === NEXT_STEP.updateShipper;
  return isOpen ? num(shipper, "TotInvc") : 0;
}

function moveExposure(
  world: World,
  of: Row,
  change: Readonly<Partial<Record<"TotOpenOrd" | "TotShipped", number>>>,
): void {
  const decimals = decimalsOf(world, world.baseCurrency);
  const [custId, cpnyId] = [text(of, "CustID"), text(of, "CpnyID")];
  const row = world.store.get("AR_Balances", custId, cpnyId) ?? newBalances(world, custId, cpnyId);
  const moved = Object.entries(change).map(
    ([name, by]) => [name, roundTo(num(row, name) + by, decimals)] as const,
  );
  world.store.put("AR_Balances", {
    ...row,
    ...Object.fromEntries(moved),
    LastActDate: world.today(),
    ...world.audit(ORDER_SCREENS.order, row),
  });
}
