import type { Command } from "commander";
import type { z } from "zod";
import {
  CustomerLookup,
  type CustomerStandingRow,
  CustomersLookup,
  DocumentsLookup,
  InvoicesLookup,
  ItemLookup,
  LOOKUP_SECONDS_DEFAULT,
  OrderLookup,
} from "../../api/contract.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import { plain } from "../render/plain.ts";
import { type Column, renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type Flags = HubCommandFlags & Readonly<{ fresh?: boolean; within: string }>;
type ItemFlags = Flags & Readonly<{ customer?: string; quantity?: string; site?: string }>;
type Asked = Readonly<{ pair: string; path: string; query?: Readonly<Record<string, string>> }>;

/** `slipway lookup`: what SL says now. */
export function registerLookup(program: Command, cli: Cli): void {
  const group = defineCommand(program, {
    usage: "lookup",
    summary: "ask SL at once: customer, open invoices, order, item, documents",
    paragraph:
      "Asks SL through the hub and prints what it says now. An answer may be some seconds old, " +
      "as the rules of the cache say; --fresh passes the cache by. It never takes a call away " +
      "from more than one run of the pair.",
    examples: [
      "slipway lookup customer acme-us grace@example.com",
      "slipway lookup documents acme-us pi_3Pq --json",
    ],
  });
  registerCustomer(group, cli);
  registerInvoices(group, cli);
  registerOrder(group, cli);
  registerItem(group, cli);
  registerDocuments(group, cli);
}

function withLookup(command: Command): Command {
  return withHub(command)
    .option("--fresh", "ask SL, whatever is remembered")
    .option("--within <seconds>", "how long SL may take", String(LOOKUP_SECONDS_DEFAULT));
}

async function ask<T extends z.ZodType>(
  cli: Cli,
  flags: Flags,
  asked: Asked & Readonly<{ schema: T }>,
): Promise<z.output<T>> {
  const { pair, path, schema } = asked;
  const fresh = flags.fresh === true ? "1" : "0";
  const query = { ...asked.query, fresh, within: flags.within };
  return cli.hub(flags).get(`/api/pairs/${encodeURIComponent(pair)}/sl/${path}`, schema, { query });
}

/** When SL said it, under what it said. */
function saidAt({ readAt, isCached }: { readAt: string; isCached: boolean }): string {
  return `SL at ${localTime(readAt)}${isCached ? ", remembered" : ""}`;
}

const table = (titles: readonly (string | Column)[], rows: readonly (readonly string[])[]) =>
  renderTable(
    titles.map((title) => (typeof title === "string" ? { title } : title)),
    rows,
  );
const right = (title: string): Column => ({ title, align: "right" });

function registerCustomer(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "customer <pair> <id>",
    summary: "show a customer with terms, balance and credit",
    paragraph:
      "Shows a customer of SL by SL's id, by Stripe's id or by e-mail address: status, terms, " +
      "what it owes, its limit and what is left of that. An address may be of several customers.",
    examples: [
      "slipway lookup customer acme-us cus_Nf1",
      "slipway lookup customer acme-us grace@example.com --fresh",
    ],
  });
  withLookup(command).action(async (pair: string, id: string, flags: Flags) => {
    if (id.includes("@")) {
      const query = { email: id };
      const asked = { pair, path: "customers", query, schema: CustomersLookup };
      const answer = await ask(cli, flags, asked);
      printAnswer(cli, flags.json, answer, () => renderCustomers(answer));
      return;
    }
    const path = `customers/${encodeURIComponent(id)}`;
    const { customer, ...said } = await ask(cli, flags, { pair, path, schema: CustomerLookup });
    printAnswer(cli, flags.json, { ...said, customer }, () =>
      renderCustomers({ ...said, customers: [customer] }),
    );
  });
}

function renderCustomers(answer: CustomersLookup): string {
  if (answer.customers.length === 0) return `SL has no such customer.\n${saidAt(answer)}`;
  return [...answer.customers.map(renderCustomer), saidAt(answer)].join("\n\n");
}

function renderCustomer(row: CustomerStandingRow): string {
  const { currency, creditLimit, available } = row;
  const limit =
    creditLimit === null ? "none" : `${creditLimit} ${currency}, ${available} of it left`;
  return [
    `${row.customerId}  ${row.name}  ${row.email}`,
    `status    ${row.status}, class ${row.classId}, terms ${row.terms}`,
    `owes      ${row.balance} ${currency}, prepaid ${row.prepaid}`,
    `orders    ${row.openOrders} open, ${row.shippedNotInvoiced} shipped and not invoiced`,
    `credit    ${row.creditStatus}, limit ${limit}`,
  ]
    .map(plain)
    .join("\n");
}

function registerInvoices(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "invoices <pair> <customer>",
    summary: "list what a customer has not paid",
    paragraph:
      "Lists the released documents of a customer that are open, oldest due first. The customer " +
      "is named by SL's or by Stripe's id.",
    examples: [
      "slipway lookup invoices acme-us C7QK2M4XW5Z3TAB",
      "slipway lookup invoices acme-us cus_Nf1 --json",
    ],
  });
  withLookup(command).action(async (pair: string, id: string, flags: Flags) => {
    const path = `customers/${encodeURIComponent(id)}/invoices`;
    const answer = await ask(cli, flags, { pair, path, schema: InvoicesLookup });
    printAnswer(cli, flags.json, answer, () => renderInvoices(answer));
  });
}

function renderInvoices(answer: InvoicesLookup): string {
  if (answer.invoices.length === 0) return `Nothing is open.\n${saidAt(answer)}`;
  const rows = table(
    ["Document", "Date", "Due", "Order", right("Amount"), right("Open"), "Currency"],
    answer.invoices.map((row) => [
      `${row.type} ${row.refNbr}`,
      row.documentDate,
      row.dueDate,
      row.customerOrderNumber,
      row.amount,
      row.balance,
      row.currency,
    ]),
  );
  return `${rows}\n\n${saidAt(answer)}`;
}

function registerOrder(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "order <pair> <number>",
    summary: "show a sales order with its lines and shipments",
    paragraph:
      "Shows how far a sales order is: its state, what of each line was shipped, and the " +
      "shipments with their invoices. The order is named by SL's number or by the Stripe id that " +
      "it was placed for.",
    examples: ["slipway lookup order acme-us O00123", "slipway lookup order acme-us pi_3Pq --json"],
  });
  withLookup(command).action(async (pair: string, id: string, flags: Flags) => {
    const path = `orders/${encodeURIComponent(id)}`;
    const answer = await ask(cli, flags, { pair, path, schema: OrderLookup });
    printAnswer(cli, flags.json, answer, () => renderOrder(answer));
  });
}

function renderOrder(answer: OrderLookup): string {
  const { order } = answer;
  const lines = table(
    ["Item", "Text", right("Ordered"), right("Shipped")],
    order.lines.map((line) => [line.itemId, line.description, line.ordered, line.shipped]),
  );
  const shipments = table(
    ["Shipment", right("Total"), "Invoice", "Batch"],
    order.shipments.map((one) => [
      one.isCancelled ? `${one.shipperId} cancelled` : one.shipperId,
      one.total,
      one.invoiceNumber === "" ? "not yet" : `${one.documentType} ${one.invoiceNumber}`,
      one.batNbr,
    ]),
  );
  const { orderNumber, customerId, total, currency, state } = order;
  return [
    plain(`order ${orderNumber}  ${state}  customer ${customerId}  ${total} ${currency}`),
    lines,
    ...(order.shipments.length === 0 ? ["Nothing was shipped yet."] : [shipments]),
    saidAt(answer),
  ].join("\n\n");
}

function registerItem(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "item <pair> <id>",
    summary: "show an item with its price and what lies in a warehouse",
    paragraph:
      "Shows an item of SL with the price that it names and what lies in its own or another " +
      "warehouse. With --customer SL says what it would ask that customer for one unit, by an " +
      "order that nobody saves. What of the stock is available is told where the site has the " +
      "view xslw_ItemStock.",
    examples: [
      "slipway lookup item acme-us WIDGET",
      "slipway lookup item acme-us WIDGET --customer C300 --quantity 10 --site EAST",
    ],
  });
  withLookup(command)
    .option("--customer <id>", "whose price, by SL's id")
    .option("--quantity <number>", "for how many", "1")
    .option("--site <id>", "the warehouse; default: the item's own")
    .action(async (pair: string, id: string, flags: ItemFlags) => {
      const { customer, quantity = "1", site } = flags;
      const query = {
        quantity,
        ...(customer === undefined ? {} : { customer }),
        ...(site === undefined ? {} : { site }),
      };
      const path = `items/${encodeURIComponent(id)}`;
      const answer = await ask(cli, flags, { pair, path, query, schema: ItemLookup });
      printAnswer(cli, flags.json, answer, () => renderItem(answer));
    });
}

function renderItem(answer: ItemLookup): string {
  const { item } = answer;
  const asked = item.priceFor === null ? "" : `, for this customer ${item.priceFor}`;
  const stock = item.onHand.map(({ place, quantity }) => `${quantity} at ${place}`).join(", ");
  const free = item.available === null ? "" : `, ${item.available} available`;
  const lies = item.isStock ? `${stock || "nothing"} in ${item.site}${free}` : "not kept in stock";
  return [
    `${item.itemId}  ${item.description}${item.isActive ? "" : "  not active"}`,
    `price     ${item.basePrice} ${item.currency} for 1 ${item.unit}${asked}`,
    `on hand   ${lies}`,
    "",
    saidAt(answer),
  ]
    .map(plain)
    .join("\n");
}

function registerDocuments(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "documents <pair> <stripe-id>",
    summary: "list the documents of a Stripe object with their balances",
    paragraph:
      "Lists what the hub booked in SL for a Stripe object or for the order that it belongs to, " +
      "each document with the amount that is still open in SL now.",
    examples: [
      "slipway lookup documents acme-us pi_3Pq",
      "slipway lookup documents acme-us ch_3Pq --json",
    ],
  });
  withLookup(command).action(async (pair: string, id: string, flags: Flags) => {
    const path = `documents/${encodeURIComponent(id)}`;
    const answer = await ask(cli, flags, { pair, path, schema: DocumentsLookup });
    printAnswer(cli, flags.json, answer, () => renderDocuments(answer));
  });
}

function renderDocuments(answer: DocumentsLookup): string {
  const rows = table(
    ["Document", "Date", "Period", "Batch", "Customer", right("Amount"), right("Open"), "For"],
    answer.documents.map((row) => [
      `${row.type} ${row.refNbr}`,
      row.documentDate,
      row.period,
      row.batNbr,
      row.customerId,
      row.amount ?? "gone from SL",
      row.balance ?? "",
      `${row.purpose} ${row.object}`,
    ]),
  );
  return `${rows}\n\n${saidAt(answer)}`;
}
