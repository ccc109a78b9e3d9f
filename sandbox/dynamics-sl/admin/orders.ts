import { z } from "zod";
import { decimalsOf } from "../rules/amounts.ts";
import {
  approveCredit,
  cancelOrder,
  cancelShipper,
  closeShort,
  typePayment,
} from "../rules/orders/closing.ts";
import { orderFor, partsOf } from "../rules/orders/fields.ts";
import { updateShippers } from "../rules/orders/invoicing.ts";
import { setAdminHold } from "../rules/orders/place.ts";
import { returnOrder } from "../rules/orders/returning.ts";
import { shipOrder } from "../rules/orders/shipping.ts";
import { Refusal } from "../soap/fault.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";

/** Body of `POST /orders/NUMBER/ship`; without lines everything open and at hand is shipped. */
export const ShipInput = z.strictObject({
  lines: z
    .array(
      z.strictObject({
        /** LineRef; leading zeros may be left out. */
        lineRef: z.string().regex(/^\d{1,5}$/),
        quantity: z.number().positive().optional(),
        /** Price at shipping, where it is not the order's. */
        price: z.number().min(0).optional(),
      }),
    )
    .min(1)
    .optional(),
  freight: z.number().min(0).optional(),
  /** What stays open is closed instead of back-ordered. */
  short: z.boolean().default(false),
  /** False leaves the shipper for `POST /shippers/invoice`. */
  invoice: z.boolean().optional(),
});

/** Ships an order as SL's process manager and warehouse do; the order as it stands then. */
export function ship(world: World, ordNbr: string, input: z.infer<typeof ShipInput>): unknown {
  const { lines, freight, short, invoice } = input;
  world.store.commit(() =>
    shipOrder(world, {
      ordNbr,
      isShort: short,
      ...(lines === undefined ? {} : { lines: lines.map(plainLine) }),
      ...(freight === undefined ? {} : { freight }),
      ...(invoice === undefined ? {} : { isInvoiced: invoice }),
    }),
  );
  return summary(world, orderFor(world, ordNbr));
}

type LineInput = NonNullable<z.infer<typeof ShipInput>["lines"]>[number];

function plainLine({ lineRef, quantity, price }: LineInput): {
  lineRef: string;
  quantity?: number;
  price?: number;
} {
  return {
    lineRef,
    ...(quantity === undefined ? {} : { quantity }),
    ...(price === undefined ? {} : { price }),
  };
}

/** Body of `POST /orders/NUMBER/return`; without lines all that was shipped comes back. */
export const ReturnInput = z.strictObject({
  /** An order type whose shippers become credit memos. */
  type: z.string().min(1).max(4).default("RFC"),
  lines: ShipInput.shape.lines,
  /** False leaves the shipper for `POST /shippers/invoice`. */
  invoice: z.boolean().default(true),
});

/** Takes goods of an order back by a return order; that order as it stands then. */
export function takeBack(
  world: World,
  ordNbr: string,
  input: z.infer<typeof ReturnInput>,
): unknown {
  const { type, lines, invoice: isInvoiced } = input;
  const returned = world.store.commit(() =>
    returnOrder(world, {
      ...{ ordNbr, type, isInvoiced },
      ...(lines === undefined ? {} : { lines: lines.map(plainLine) }),
    }),
  );
  return summary(world, orderFor(world, text(returned, "OrdNbr")));
}

/** Body of `POST /shippers/invoice`: shippers that get one invoice together. */
export const InvoiceInput = z.strictObject({ shippers: z.array(z.string()).min(1) });

/** One invoice over several shippers, perhaps of several orders. */
export function invoiceShippers(world: World, input: z.infer<typeof InvoiceInput>): unknown {
  const batch = world.store.commit(() =>
    updateShippers(
      world,
      input.shippers.map((shipperId) => {
        const row = world.store.get("SOShipHeader", world.companyId, shipperId);
        if (row === undefined) throw new Refusal(`Shipper ${shipperId} not found`, 8013);
        return row;
      }),
    ),
  );
  const batNbr = text(batch, "BatNbr");
  const [invoiced] = world.store.find("SOShipHeader", "byBatch", batNbr);
  return { batNbr, status: text(batch, "Status"), invcNbr: text(invoiced, "InvcNbr") };
}

/** A person cancels a shipper in 40.110; its order as it stands then. */
export function cancelOneShipper(world: World, shipperId: string): unknown {
  const shipper = world.store.commit(() => cancelShipper(world, shipperId));
  return summary(world, orderFor(world, text(shipper, "OrdNbr")));
}

/** Body of `POST /orders/NUMBER/payments`: a payment typed on the order, in its currency. */
export const PaymentInput = z.strictObject({ amount: z.number().positive() });

/** A person types a payment on an order in 40.100. */
export function payOrder(world: World, ordNbr: string, amount: number): unknown {
  return summary(
    world,
    world.store.commit(() => typePayment(world, ordNbr, amount)),
  );
}

/** What a person does to an order in 40.100: cancel, close short, approve credit, hold, unhold. */
export function personalOrderStep(world: World, caught: readonly string[]): unknown {
  const [ordNbr = "", step = ""] = caught;
  const steps: Readonly<Record<string, () => Row>> = {
    cancel: () => cancelOrder(world, ordNbr),
    close: () => closeShort(world, ordNbr),
    approve: () => approveCredit(world, ordNbr),
    hold: () => setAdminHold(world, ordNbr, true),
    unhold: () => setAdminHold(world, ordNbr, false),
  };
  world.store.commit(() => steps[step]?.());
  return summary(world, orderFor(world, ordNbr));
}

/** Orders, newest first; `custId` and `status` (O, C) narrow them. */
export function listOrders(world: World, query: URLSearchParams): readonly unknown[] {
  const custId = query.get("custId");
  const status = query.get("status");
  const rows =
    custId === null
      ? [...world.store.all("SOHeader")]
      : [...world.store.find("SOHeader", "byCustomer", custId)];
  return rows
    .filter((row) => status === null || text(row, "Status") === status.toUpperCase())
    .sort((a, b) => text(b, "OrdNbr").localeCompare(text(a, "OrdNbr")))
    .map((row) => summary(world, row));
}

/** An order in short: its state, its lines, its shippers with their invoices. */
export function summary(world: World, order: Row): unknown {
  const ordNbr = text(order, "OrdNbr");
  const shippers = [...world.store.find("SOShipHeader", "byOrder", ordNbr)].sort((a, b) =>
    text(a, "ShipperID").localeCompare(text(b, "ShipperID")),
  );
  return {
    ordNbr,
    custId: text(order, "CustID"),
    custOrdNbr: text(order, "CustOrdNbr"),
    status: text(order, "Status"),
    adminHold: num(order, "AdminHold") === 1,
    creditHold: num(order, "CreditHold") === 1,
    cancelled: num(order, "Cancelled") === 1,
    currency: text(order, "CuryID"),
    decimals: decimalsOf(world, text(order, "CuryID")),
    total: num(order, "CuryTotOrd"),
    unshipped: num(order, "CuryUnshippedBalance"),
    lines: partsOf(world.store, "SOLine", ordNbr).map((line) => ({
      lineRef: text(line, "LineRef"),
      invtId: text(line, "InvtID"),
      price: num(line, "CurySlsPrice"),
      ordered: num(line, "QtyOrd"),
      shipped: num(line, "QtyShip"),
      open: num(line, "QtyOpenShip"),
      status: text(line, "Status"),
    })),
    shippers: shippers.map((row) => shipperSummary(world, row)),
  };
}

function shipperSummary(world: World, shipper: Row): unknown {
  const batNbr = text(shipper, "ARBatNbr");
  const batch = batNbr === "" ? undefined : world.store.get("Batch", "AR", batNbr);
  return {
    shipperId: text(shipper, "ShipperID"),
    status: text(shipper, "Status"),
    cancelled: num(shipper, "Cancelled") === 1,
    total: num(shipper, "CuryTotInvc"),
    invcNbr: text(shipper, "InvcNbr"),
    arBatNbr: batNbr,
    inBatNbr: text(shipper, "INBatNbr"),
    released: num(batch, "Rlsed") === 1,
  };
}
