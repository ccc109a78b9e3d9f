import type { Row, World } from "../support/world.ts";
import { trimmed } from "./books.ts";

/**
 * A clerk enters a return order in SL: one piece of an order's first line, at this price. Gives
 * what tells its credit memo as SL has it then: type, amount, what is open.
 */
export async function takeBackOne(
  world: World,
  orderNumber: string,
  price: number,
): Promise<() => Promise<unknown[]>> {
  const lines = [{ lineRef: "1", quantity: 1, price }];
  const path = `/orders/${orderNumber}/return`;
  const { shippers } = await world.slAdmin<{ shippers: Row[] }>(path, { lines });
  const number = trimmed(shippers[0]?.invcNbr);
  return async () => {
    const memo = (await world.slRows("ARDoc")).find((row) => trimmed(row.RefNbr) === number);
    return [trimmed(memo?.DocType), memo?.OrigDocAmt, memo?.DocBal];
  };
}
