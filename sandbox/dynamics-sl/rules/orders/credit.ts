import { Refusal } from "../../soap/fault.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, sumOf } from "../amounts.ts";
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

/** Brings `TotOpenOrd` and `TotShipped` of a customer in step with its orders and shippers. */
export function refreshExposure(world: World, custId: string): void {
  const { store, companyId } = world;
  const decimals = decimalsOf(world, world.baseCurrency);
  const orders = store.find("SOHeader", "byCustomerStep", custId, NEXT_STEP.createShipper);
  const shippers = store.find("SOShipHeader", "byCustomerStep", custId, NEXT_STEP.updateShipper);
  const row = store.get("AR_Balances", custId, companyId) ?? newBalances(world, custId, companyId);
  store.put("AR_Balances", {
    ...row,
    TotOpenOrd: sumOf(
      orders.map((order) => num(order, "UnshippedBalance")),
      decimals,
    ),
    TotShipped: sumOf(
      shippers.map((shipper) => num(shipper, "TotInvc")),
      decimals,
    ),
    LastActDate: world.today(),
    ...world.audit(ORDER_SCREENS.order, row),
  });
}
