import type { Command } from "commander";
import { z } from "zod";
import { HubError } from "../../base/errors.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import { defineCommand, type JsonFlag, withHome, withJson } from "../define-command.ts";
import { renderTable } from "../render/table.ts";
import { askSandbox, type SandboxFlags, type StatePath, sandboxOrigin } from "../sandbox-client.ts";

const Order = z.object({
  ordNbr: z.string(),
  custId: z.string(),
  custOrdNbr: z.string(),
  status: z.string(),
  adminHold: z.boolean(),
  creditHold: z.boolean(),
  cancelled: z.boolean(),
  currency: z.string(),
  decimals: z.number().int(),
  total: z.number(),
  unshipped: z.number(),
  lines: z.array(
    z.object({
      lineRef: z.string(),
      invtId: z.string(),
      price: z.number(),
      ordered: z.number(),
      shipped: z.number(),
      open: z.number(),
      status: z.string(),
    }),
  ),
  shippers: z.array(
    z.object({
      shipperId: z.string(),
      status: z.string(),
      cancelled: z.boolean(),
      total: z.number(),
      invcNbr: z.string(),
      arBatNbr: z.string(),
      inBatNbr: z.string(),
      released: z.boolean(),
    }),
  ),
});
/** An order as the sandbox Dynamics SL tells of it. */
type Order = Readonly<z.infer<typeof Order>>;
type Shipper = Order["shippers"][number];

type Flags = JsonFlag & SandboxFlags;
type ListFlags = Flags & Readonly<{ customer?: string; status?: string }>;
type ShipFlags = Flags &
  Readonly<{
    lines?: string;
    qty?: string;
    price?: string;
    freight?: string;
    short?: boolean;
    invoice?: boolean;
  }>;

function withSandbox(command: Command): Command {
  return withJson(withHome(command)).option(
    "--sl-url <url>",
    "URL of the sandbox, where npm start does not run it",
  );
}

/** Which lines of an order, how many of each, and at what price. */
function withLines(command: Command): Command {
  return command
    .option("--lines <refs>", "only these lines, such as 1,2")
    .option("--qty <quantities>", "how many of each line of --lines, such as 2,1")
    .option("--price <prices>", "another price for each line of --lines, such as 9.99,20");
}

/** `slipway sandbox orders | ship | return | schedule | invoice | cancel`: people of SL. */
export function registerSandboxOrders(sandbox: Command, cli: Cli, statePath: StatePath): void {
  registerOrders(sandbox, cli, statePath);
  registerShip(sandbox, cli, statePath);
  registerReturn(sandbox, cli, statePath);
  registerSchedule(sandbox, cli, statePath);
  registerInvoice(sandbox, cli, statePath);
  registerCancel(sandbox, cli, statePath);
}

function registerOrders(sandbox: Command, cli: Cli, statePath: StatePath): void {
  const command = defineCommand(sandbox, {
    usage: "orders [order]",
    summary: "list the sales orders of the sandbox Dynamics SL, or show one",
    paragraph:
      "Lists the sales orders that the sandbox Dynamics SL holds, newest first, with their " +
      "state, what is not shipped yet and the invoices of their shippers. With the number of an " +
      "order it shows its lines and shippers.",
    examples: ["slipway sandbox orders --status O", "slipway sandbox orders O0005001"],
  });
  withSandbox(command)
    .option("--customer <id>", "only orders of this SL customer")
    .option("--status <status>", "O for open, C for closed")
    // `--json` stands on `slipway sandbox` as well, which takes it from here.
    .action(async (ordNbr: string | undefined, _own: ListFlags, self: Command) => {
      const flags: ListFlags = self.optsWithGlobals();
      const origin = sandboxOrigin(flags, statePath);
      if (ordNbr !== undefined) {
        const path = `/orders/${encodeURIComponent(ordNbr)}`;
        const order = await askSandbox(origin, { path }, Order);
        printAnswer(cli, flags.json, order, () => renderOrder(order));
        return;
      }
      const query = new URLSearchParams({
        ...(flags.customer === undefined ? {} : { custId: flags.customer }),
        ...(flags.status === undefined ? {} : { status: statusOf(flags.status) }),
      });
      const orders = await askSandbox(origin, { path: `/orders?${query}` }, z.array(Order));
      printList(cli, flags.json, orders, () => renderOrders(orders));
    });
}

function statusOf(given: string): string {
  const status = given.toUpperCase();
  if (status === "O" || status === "C") return status;
  throw new HubError("api.invalid", `--status takes O or C, not "${given}"`);
}

function registerShip(sandbox: Command, cli: Cli, statePath: StatePath): void {
  const command = defineCommand(sandbox, {
    usage: "ship <order>",
    summary: "ship an order in the sandbox Dynamics SL, whole or in part",
    paragraph:
      "Makes a shipper of the order and, unless told otherwise, its invoice, as the warehouse " +
      "and SL's process manager do. Without --lines all that is open and on hand is shipped. An " +
      "order on hold, closed or short of stock is refused in SL's words. Finds the sandbox that " +
      "npm start runs by the home folder.",
    examples: [
      "slipway sandbox ship O0005001",
      "slipway sandbox ship O0005001 --lines 1,2 --qty 2,1",
      "slipway sandbox ship O0005001 --lines 1 --qty 3 --short --freight 4.50",
    ],
  });
  withLines(withSandbox(command))
    .option("--freight <amount>", "freight that is billed; default: the order's own, once")
    .option("--short", "close what stays open instead of back-ordering it")
    .option("--no-invoice", "leave the shipper without its invoice")
    .action(async (ordNbr: string, _own: ShipFlags, self: Command) => {
      const flags: ShipFlags = self.optsWithGlobals();
      const body = shipBody(flags);
      const path = `/orders/${encodeURIComponent(ordNbr)}/ship`;
      const order = await askSandbox(sandboxOrigin(flags, statePath), { path, body }, Order);
      printAnswer(cli, flags.json, order, () => renderShipped(order));
    });
}

type ReturnFlags = ShipFlags & Readonly<{ type?: string }>;

function registerReturn(sandbox: Command, cli: Cli, statePath: StatePath): void {
  const command = defineCommand(sandbox, {
    usage: "return <order>",
    summary: "take goods of an order back in the sandbox Dynamics SL",
    paragraph:
      "Enters a return order that names this one as its original, as a clerk does in screen " +
      "40.100, and makes its shipper and the credit memo of it. Without --lines all that was " +
      "shipped comes back.",
    examples: [
      "slipway sandbox return O0005001",
      "slipway sandbox return O0005001 --lines 1 --qty 1 --type CM",
    ],
  });
  withLines(withSandbox(command))
    .option("--type <type>", "order type: RFC takes the goods to stock, CM credits alone")
    .option("--no-invoice", "leave the shipper without its credit memo")
    .action(async (ordNbr: string, _own: ReturnFlags, self: Command) => {
      const flags: ReturnFlags = self.optsWithGlobals();
      const type = flags.type === undefined ? {} : { type: flags.type.toUpperCase() };
      const invoice = flags.invoice === false ? { invoice: false } : {};
      const body = { ...type, ...invoice, ...linesOf(flags) };
      const path = `/orders/${encodeURIComponent(ordNbr)}/return`;
      const order = await askSandbox(sandboxOrigin(flags, statePath), { path, body }, Order);
      printAnswer(cli, flags.json, order, () => renderShipped(order, "Taken back by"));
    });
}

function shipBody(flags: ShipFlags): object {
  return {
    short: flags.short === true,
    ...(flags.freight === undefined ? {} : { freight: amountOf("--freight", flags.freight) }),
    ...(flags.invoice === false ? { invoice: false } : {}),
    ...linesOf(flags),
  };
}

function linesOf({ lines, qty, price }: ShipFlags): object {
  if (lines === undefined) {
    if (qty === undefined && price === undefined) return {};
    throw new HubError("api.invalid", "--qty and --price need --lines, such as --lines 1 --qty 2");
  }
  const refs = lines.split(",").map((ref) => ref.trim());
  const strange = refs.find((ref) => !/^\d{1,5}$/.test(ref));
  if (strange !== undefined) {
    throw new HubError("api.invalid", `--lines takes line numbers such as 1,2, not "${strange}"`);
  }
  const quantities = perLine("--qty", qty, refs);
  const prices = perLine("--price", price, refs);
  return {
    lines: refs.map((lineRef, index) => ({
      lineRef,
      ...(quantities === undefined ? {} : { quantity: quantities[index] }),
      ...(prices === undefined ? {} : { price: prices[index] }),
    })),
  };
}

function perLine(
  flag: string,
  given: string | undefined,
  refs: readonly string[],
): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const values = given.split(",").map((value) => amountOf(flag, value));
  if (values.length === refs.length) return values;
  throw new HubError(
    "api.invalid",
    `${flag} has ${values.length} values for ${refs.length} lines; it takes one for each line`,
  );
}

function amountOf(flag: string, given: string): number {
  if (/^\s*\d+(\.\d+)?\s*$/.test(given)) return Number(given);
  throw new HubError("api.invalid", `${flag} takes a number such as 2 or 4.50, not "${given}"`);
}

/** A day: whoever wants a longer pause ships by hand. */
const SCHEDULE_SECONDS_MAX = 86_400;
const Schedule = z.object({ shipEverySeconds: z.number() });

function registerSchedule(sandbox: Command, cli: Cli, statePath: StatePath): void {
  const command = defineCommand(sandbox, {
    usage: "schedule <seconds>",
    summary: "let the sandbox Dynamics SL ship open orders by itself",
    paragraph:
      "Every so many seconds the sandbox Dynamics SL ships and invoices what is open, on hand " +
      "and not on hold; 0 stops it. The schedule is kept over a restart of the sandbox.",
    examples: ["slipway sandbox schedule 30", "slipway sandbox schedule 0"],
  });
  withSandbox(command).action(async (given: string, _own: Flags, self: Command) => {
    const flags: Flags = self.optsWithGlobals();
    const shipEverySeconds = secondsOf(given);
    const call = { path: "/switches", body: { shipEverySeconds } };
    const set = await askSandbox(sandboxOrigin(flags, statePath), call, Schedule);
    printAnswer(cli, flags.json, set, () =>
      set.shipEverySeconds === 0
        ? "The sandbox Dynamics SL ships nothing by itself any more."
        : `The sandbox Dynamics SL ships every ${set.shipEverySeconds} s what is open.`,
    );
  });
}

function secondsOf(given: string): number {
  const seconds = Number(given);
  const isFine = /^\d+$/.test(given) && seconds <= SCHEDULE_SECONDS_MAX;
  if (isFine) return seconds;
  throw new HubError(
    "api.invalid",
    `The schedule takes 0 to ${SCHEDULE_SECONDS_MAX} seconds, not "${given}"`,
  );
}

const InvoiceBatch = z.object({ batNbr: z.string(), status: z.string(), invcNbr: z.string() });

function registerInvoice(sandbox: Command, cli: Cli, statePath: StatePath): void {
  const command = defineCommand(sandbox, {
    usage: "invoice <shippers...>",
    summary: "invoice shippers of the sandbox Dynamics SL, together",
    paragraph:
      "Makes one invoice over the shippers that ship --no-invoice has left, also of several " +
      "orders of one customer; each shipper keeps its own total.",
    examples: [
      "slipway sandbox invoice S0005001",
      "slipway sandbox invoice S0005001 S0005002 --json",
    ],
  });
  withSandbox(command).action(async (shippers: string[], _own: Flags, self: Command) => {
    const flags: Flags = self.optsWithGlobals();
    const call = { path: "/shippers/invoice", body: { shippers } };
    const made = await askSandbox(sandboxOrigin(flags, statePath), call, InvoiceBatch);
    printAnswer(
      cli,
      flags.json,
      made,
      () => `Invoice ${made.invcNbr} in batch ${made.batNbr}, status ${made.status}.`,
    );
  });
}

function registerCancel(sandbox: Command, cli: Cli, statePath: StatePath): void {
  const command = defineCommand(sandbox, {
    usage: "cancel <order>",
    summary: "cancel an order in the sandbox Dynamics SL",
    paragraph:
      "Cancels what is open of a sales order, as a clerk does in screen 40.100. What is shipped " +
      "and invoiced stays so. An order with a shipper that waits for its invoice, and one that " +
      "is closed, are refused in SL's words.",
    examples: ["slipway sandbox cancel O0005001", "slipway sandbox cancel O0005001 --json"],
  });
  withSandbox(command).action(async (ordNbr: string, _own: Flags, self: Command) => {
    const flags: Flags = self.optsWithGlobals();
    const path = `/orders/${encodeURIComponent(ordNbr)}/cancel`;
    const order = await askSandbox(sandboxOrigin(flags, statePath), { path, body: {} }, Order);
    printAnswer(
      cli,
      flags.json,
      order,
      () => `Order ${order.ordNbr} of ${order.custId} is cancelled.\n\n${renderOrder(order)}`,
    );
  });
}

function stateOf(order: Order): string {
  if (order.cancelled) return "cancelled";
  if (order.status === "C") return "closed";
  if (order.adminHold) return "on hold";
  return order.creditHold ? "on credit hold" : "open";
}

/** An amount with the decimals that SL keeps for the order's currency. */
function money({ decimals }: Order, amount: number): string {
  return amount.toFixed(decimals);
}

function renderOrders(orders: readonly Order[]): string {
  if (orders.length === 0) return "The sandbox Dynamics SL holds no such order.";
  return renderTable(
    [
      { title: "Order" },
      { title: "Customer" },
      { title: "Their number" },
      { title: "State" },
      { title: "Total", align: "right" },
      { title: "Unshipped", align: "right" },
      { title: "Currency" },
      { title: "Invoices" },
    ],
    orders.map((order) => [
      order.ordNbr,
      order.custId,
      order.custOrdNbr,
      stateOf(order),
      money(order, order.total),
      money(order, order.unshipped),
      order.currency,
      order.shippers
        .map(({ invcNbr }) => invcNbr)
        .filter((number) => number !== "")
        .join(" "),
    ]),
  );
}

function renderOrder(order: Order): string {
  const lines = renderTable(
    [
      { title: "Line" },
      { title: "Item" },
      { title: "Price", align: "right" },
      { title: "Ordered", align: "right" },
      { title: "Shipped", align: "right" },
      { title: "Open", align: "right" },
    ],
    order.lines.map((line) => [
      line.lineRef,
      line.invtId,
      String(line.price),
      String(line.ordered),
      String(line.shipped),
      String(line.open),
    ]),
  );
  const shippers = order.shippers.map((shipper) => `  ${renderShipper(order, shipper)}`);
  return [
    `Order ${order.ordNbr} of ${order.custId}: ${stateOf(order)}, ` +
      `${money(order, order.total)} ${order.currency}, ` +
      `${money(order, order.unshipped)} not shipped`,
    lines,
    ...(shippers.length === 0 ? [] : ["Shippers", ...shippers]),
  ].join("\n");
}

function renderShipper(order: Order, shipper: Shipper): string {
  const what = `${shipper.shipperId}: ${money(order, shipper.total)} ${order.currency}`;
  if (shipper.cancelled) return `${what}, cancelled`;
  if (shipper.invcNbr === "") return `${what}, not invoiced yet`;
  const state = shipper.released ? "released" : "not released yet";
  return `${what}, invoice ${shipper.invcNbr} in batch ${shipper.arBatNbr}, ${state}`;
}

function renderShipped(order: Order, word = "Shipped"): string {
  const shipper = order.shippers[order.shippers.length - 1];
  const made = shipper === undefined ? "" : `${word} ${renderShipper(order, shipper)}.\n\n`;
  return made + renderOrder(order);
}
