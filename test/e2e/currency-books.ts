import type { ProofAnswer, ProofOfCurrency } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { aCustomer, type Order } from "./orders.ts";

/** Ledger lines of a document as the examples write them: `Dr 1095 100.00=108.31`. */
export async function booksIn(world: World, stripeId: string): Promise<string[]> {
  const documents = await documentsOf(world, [stripeId]);
  const lines = await world.slRows("GLTran");
  return documents.map((document) => {
    const own = lines.filter(
      (line) => trimmed(line.Module) === "AR" && trimmed(line.BatNbr) === trimmed(document.BatNbr),
    );
    const head = `${trimmed(document.DocType)} ${trimmed(document.CuryId)}`;
    return `${head} ${own.map(lineText).sort().join(" | ")}`;
  });
}

/** A line of the ledger as the examples write it. */
export function lineText(line: Row): string {
  const [cury, base] = [
    Number(line.CuryDrAmt) - Number(line.CuryCrAmt),
    Number(line.DrAmt) - Number(line.CrAmt),
  ].map((amount) => Math.round(amount * 1000) / 1000);
  const side = (base ?? 0) > 0 ? "Dr" : "Cr";
  return `${side} ${trimmed(line.Acct)} ${Math.abs(cury ?? 0)}=${Math.abs(base ?? 0)}`;
}

/** A journal of the ledger by the Stripe id of its batch, the same way. */
export async function journalsIn(world: World, stripeId: string): Promise<string[]> {
  const batches = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === stripeId && row.Rlsed === 1,
  );
  const lines = (await world.slRows("GLTran")).filter((row) => trimmed(row.Module) === "GL");
  return batches.map(({ BatNbr, CuryId }) => {
    const own = lines.filter((line) => line.BatNbr === BatNbr);
    return `GJ ${trimmed(CuryId)} ${own.map(lineText).sort().join(" | ")}`;
  });
}

/**
 * What is left on the bridge in cents of the base currency by Stripe id, where anything is. Both
 * sides of a conversion count as one: each has a row and a journal of its own.
 */
export async function leftOnBridge(world: World): Promise<Readonly<Record<string, number>>> {
  const [documents, batches, lines] = await Promise.all(
    ["ARDoc", "Batch", "GLTran"].map((table) => world.slRows(table)),
  );
  const name = (row: Row) => `${trimmed(row.Module)} ${trimmed(row.BatNbr)}`;
  const ids = new Map<string, string>();
  for (const row of batches ?? []) ids.set(name(row), trimmed(row.User1));
  for (const row of documents ?? []) ids.set(`AR ${trimmed(row.BatNbr)}`, trimmed(row.User1));
  const left: Record<string, number> = {};
  for (const line of lines ?? []) {
    if (trimmed(line.Acct) !== "1290" || line.Rlsed !== 1) continue;
    const stripeId = ids.get(name(line)) ?? name(line);
    const id = stripeId.startsWith("txn_") ? "conversion" : stripeId;
    const cents = Math.round((Number(line.DrAmt) - Number(line.CrAmt)) * 100);
    left[id] = (left[id] ?? 0) + cents;
  }
  return Object.fromEntries(Object.entries(left).filter(([, cents]) => cents !== 0));
}

/** The hub reads every row of Stripe's, and books the journals of days that are over. */
export async function sweepUntil(
  world: World,
  what: string,
  isDone: () => Promise<boolean>,
): Promise<void> {
  await until(what, async () => {
    if (await isDone()) return true;
    // A round may have been through that day before the rows were made.
    await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return false;
  });
}

async function isRead(world: World): Promise<boolean> {
  const [known] = await world.sql("select count(*)::int as rows from balance_row");
  return known?.rows === (await world.stripeRows("balance_transaction")).length;
}

/** The proof of today, once every row is read. */
export async function proofIn(world: World, currency: string): Promise<ProofOfCurrency> {
  await sweepUntil(world, "every row to be read", () => isRead(world));
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
  const { proofs } = await world.api<ProofAnswer>(
    `/api/pairs/${world.pair}/proof?date=${day}&currency=${currency}`,
  );
  return proofs[0] as ProofOfCurrency;
}

/** A Stripe invoice of the day that is over, which is paid today. */
export async function payInvoice(
  world: World,
  of: Readonly<{ amount: number; currency: string; effective_at: number }>,
): Promise<Order> {
  const { stripe } = world;
  const { amount, currency, effective_at } = of;
  const customer = (await aCustomer(world)).id;
  const draft = await stripe.invoices.create({ customer, currency, effective_at });
  const id = draft.id ?? "";
  await stripe.invoiceItems.create({ customer, invoice: id, amount, currency, ...CONSULTING });
  await stripe.invoices.finalizeInvoice(id);
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const charges = await stripe.charges.list({ customer });
  return { id, chargeIds: charges.data.map((charge) => charge.id), total: amount / 100 };
}

const CONSULTING = { description: "Consulting", metadata: { InvtID: "CONSULT" } };

/** What a probe in a test company would have found out about the site. */
export async function probed(world: World): Promise<void> {
  await world.api("/api/doctor", { method: "POST", body: { probe: true } });
  await world.sql(
    `insert into site_probe (pair, name, site, answer, detail, server_version)
     select p.pair, n.name, p.site, 'yes', '', ''
     from (select pair, site from site_probe limit 1) p,
       unnest(array['supplied-rate', 'foreign-currency']) as n (name)
     on conflict do nothing`,
  );
}
