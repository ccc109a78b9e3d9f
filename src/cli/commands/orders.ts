import type { Command } from "commander";
import { LookAnswer, OrderAnswer, OrderPage, type OrderRow } from "../../api/contract.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "../define-command.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type ListFlags = HubCommandFlags & PageFlags & Readonly<{ state?: string; left?: boolean }>;
type OneFlags = HubCommandFlags & Readonly<{ pair?: string }>;

/** `slipway orders`: sales orders, what of their money is applied and what is left. */
export function registerOrders(program: Command, cli: Cli): void {
  const orders = defineCommand(program, {
    usage: "orders",
    summary: "list the sales orders with their money, show one, or look at it now",
    paragraph:
      "Sales orders of pairs in mode sales-order, with the ledger of their money: what was paid " +
      "is applied to the invoices that SL makes of what it ships, refunded, or left.",
    examples: ["slipway orders list --left", "slipway orders show O0005001"],
  });
  const list = defineCommand(orders, {
    usage: "list",
    summary: "list the orders, newest first",
    paragraph:
      "Lists the sales orders that the hub has placed: what was paid is applied to invoices, " +
      "refunded, or left. With --left only closed and cancelled ones whose money no document took.",
    examples: ["slipway orders list --state open", "slipway orders list --left --json"],
  });
  withPage(withHub(list))
    .option("--state <state>", "only this state: held, open, closed or cancelled")
    .option("--left", "only closed orders with money that no document took")
    .action((flags: ListFlags) => listOrders(cli, flags));
  const show = defineCommand(orders, {
    usage: "show <order>",
    summary: "show one order with its documents",
    paragraph:
      "Shows an order by its number in SL or by the Stripe id of its sale: its payments, the " +
      "invoices that SL made of its shipments, and what of each is open.",
    examples: ["slipway orders show O0005001", "slipway orders show pi_3Pq --json"],
  });
  withHub(show)
    .option("--pair <pair>", "the pair, where several have an order of this number")
    .action((id: string, flags: OneFlags) => showOrder(cli, id, flags));
  const look = defineCommand(orders, {
    usage: "look <order>",
    summary: "look at an order in SL now",
    paragraph:
      "Wakes the run of an order, which reads it in SL and applies the money to what was " +
      "invoiced since. The hub does so by itself too, seldom where nothing happens.",
    examples: ["slipway orders look O0005001", "slipway orders look pi_3Pq --pair acme-us"],
  });
  withHub(look)
    .option("--pair <pair>", "the pair, where several have an order of this number")
    .action((id: string, flags: OneFlags) => lookAt(cli, id, flags));
}

async function listOrders(cli: Cli, flags: ListFlags): Promise<void> {
  const { pair, state, before, limit } = flags;
  const left = flags.left === true ? "true" : undefined;
  const query = { pair, state, left, before, limit };
  const { rows, next } = await cli.hub(flags).get("/api/orders", OrderPage, { query });
  const { paint } = cli.terminal;
  printList(cli, flags.json, rows, () =>
    rows.length === 0
      ? "No such orders."
      : renderTable(
          [
            { title: "Order" },
            { title: "Pair" },
            { title: "Customer" },
            { title: "State" },
            { title: "Paid", align: "right" },
            { title: "Applied", align: "right" },
            { title: "Left", align: "right" },
            { title: "" },
            { title: "Waits for" },
          ],
          rows.map(lineOf),
          (line, index) => (rows[index]?.isOverdue === true ? paint.bad(line) : line),
        ),
  );
  if (next !== null && flags.json !== true) cli.terminal.warn(`More: --before ${next}`);
}

function lineOf(row: OrderRow): string[] {
  const { orderNumber, pair, customerId, state, paid, applied, left, currency } = row;
  return [orderNumber, pair, customerId, state, paid, applied, left, currency, newsOf(row)];
}

function newsOf({ waitsFor, leftSince, isOverdue }: OrderRow): string {
  if (leftSince === null) return waitsFor;
  const since = `money without document since ${localTime(leftSince)}`;
  return isOverdue ? `${since}: overdue` : since;
}

async function showOrder(cli: Cli, id: string, flags: OneFlags): Promise<void> {
  const path = `/api/orders/${encodeURIComponent(id)}`;
  const order = await cli.hub(flags).get(path, OrderAnswer, { query: { pair: flags.pair } });
  printAnswer(cli, flags.json, order, () => renderOrder(order));
}

function renderOrder(order: OrderAnswer): string {
  const { currency } = order;
  const head = [
    plain(`order ${order.orderNumber}  ${order.state}  ${newsOf(order)}`),
    `pair      ${order.pair}`,
    `customer  ${order.customerId}`,
    `number    ${plain(order.customerOrderNumber)}`,
    `sale      ${order.object}`,
    `paid      ${order.paid} ${currency}`,
    `applied   ${order.applied} ${currency}`,
    `refunded  ${order.refunded} ${currency}`,
    `left      ${order.left} ${currency}`,
    `placed    ${localTime(order.placedAt)}`,
    `looked    ${localTime(order.lookedAt)}`,
    ...(order.nextLookAt === null ? [] : [`next look ${localTime(order.nextLookAt)}`]),
  ];
  const columns = [
    { title: "Type" },
    { title: "RefNbr" },
    { title: "Batch" },
    { title: "Date" },
    { title: "Amount", align: "right" as const },
    { title: "Open", align: "right" as const },
    { title: "Shippers" },
  ];
  const rows = order.documents.map((one) => {
    const { type, refNbr, batNbr, documentDate, amount, open, shippers } = one;
    return [type, refNbr, batNbr, documentDate, amount, open, shippers.join(", ")];
  });
  return [...head, "", rows.length === 0 ? "No documents yet." : renderTable(columns, rows)].join(
    "\n",
  );
}

async function lookAt(cli: Cli, id: string, flags: OneFlags): Promise<void> {
  const path = `/api/orders/${encodeURIComponent(id)}/look`;
  const query = { pair: flags.pair };
  const woken = await cli.hub(flags).post(path, LookAnswer, { query, body: {} });
  printAnswer(cli, flags.json, woken, () => `Lane ${woken.laneKey} of ${woken.pair} is woken.`);
}
