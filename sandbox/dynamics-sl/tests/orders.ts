import type { Answer, SentStruct, SlClient } from "./client.ts";
import { at, KEY } from "./site.ts";

/** The service of sales orders. */
export const ORDERS = "orders";

/** A line over `quantity` pieces of the stocked widget at `price`. */
export function aLine(quantity: number, price: number, changes: SentStruct = {}): SentStruct {
  return { InvtID: "WIDGET", QtyOrd: quantity, CurySlsPrice: price, CuryCost: -999876, ...changes };
}

/** A sales order of C300 as the hub sends it: held, with its keys. */
export function anOrder(
  lines: readonly SentStruct[],
  changes: SentStruct = {},
  charges: readonly SentStruct[] = [],
): SentStruct {
  return {
    SOTypeID: "SO",
    CustID: "C300",
    CustOrdNbr: "cs_1042",
    OrdDate: "2026-03-10",
    AdminHold: true,
    User1: "pi_1",
    User2: KEY,
    orderItems: { orderItem: lines },
    ...(charges.length === 0 ? {} : { miscCharges: charges }),
    ...changes,
  };
}

/** Places an order; the answer, or an Error with SL's refusal. */
export async function place(site: SlClient, inOrder: SentStruct): Promise<Answer> {
  const answer = await site.struct(ORDERS, "placeOrder", { inOrder });
  if (at(answer, "errorString") !== "") throw new Error(at(answer, "errorString"));
  return answer;
}

/** Takes an order off its administrative hold or puts it on. */
export async function setHold(site: SlClient, ordNbr: string, isHeld: boolean): Promise<void> {
  await site.call(ORDERS, "adminHoldFlag", { ordNbr, adminHoldFlag: isHeld });
}

/** An order as the admin routes show it. */
export type OrderSummary = Readonly<{
  ordNbr: string;
  status: string;
  cancelled: boolean;
  unshipped: number;
  lines: readonly Readonly<{ lineRef: string; shipped: number; open: number; status: string }>[];
  shippers: readonly Readonly<{
    shipperId: string;
    status: string;
    total: number;
    invcNbr: string;
    arBatNbr: string;
    inBatNbr: string;
    released: boolean;
  }>[];
}>;

/** Places an order without a hold; its number. */
export async function placeOpen(
  site: SlClient,
  lines: readonly SentStruct[],
  changes: SentStruct = {},
  charges: readonly SentStruct[] = [],
): Promise<string> {
  const placed = await place(site, anOrder(lines, { AdminHold: false, ...changes }, charges));
  return at(placed, "OrdNbr");
}

/** Ships an order by the admin route; without `what` all of it. */
export async function ship(
  site: SlClient,
  ordNbr: string,
  what: Readonly<Record<string, unknown>> = {},
): Promise<OrderSummary> {
  return site.admin<OrderSummary>("POST", `/orders/${ordNbr}/ship`, what);
}
