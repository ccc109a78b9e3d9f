import { METADATA_KEYS } from "./metadata-keys.ts";
import { problemAt, type SettingPath, type SettingsProblem } from "./problems.ts";
import { payoutAccountProblems } from "./schema-payout.ts";
import { Secret } from "./secret.ts";
import { accountParts } from "./section.ts";

/**
 * Rules that join two settings of a pair. They read the raw tree, tolerantly, so that they are
 * reported together with what the schema finds and not only after it is satisfied.
 */
export function crossProblems(pair: string, raw: unknown): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const report = (path: SettingPath, rule: string) => problems.push(problemAt(pair, path, rule));
  const at = (...path: SettingPath) => valueAt(raw, path);

  const base = at("sl", "base-currency");
  const clearing = at("accounts", "clearing");
  if (typeof base === "string" && isMap(clearing) && clearing[base] === undefined) {
    report(["accounts", "clearing"], `must name the clearing account of ${base}`);
  }
  const taxPolicy = at("tax") ?? "line";
  if (taxPolicy === "line" && isMap(at("accounts")) && at("accounts", "tax") === undefined) {
    report(["accounts", "tax"], "is missing; with `tax: line` every tax needs its account");
  }
  pendingProblems(at, report);
  if (at("uncollectible") === "bad-debt" && at("accounts", "bad-debt") === undefined) {
    report(["accounts", "bad-debt"], "is missing; `uncollectible: bad-debt` needs it");
  }
  if (at("invoice", "when") === "finalized" && (at("mode") ?? "invoice") !== "invoice") {
    report(["invoice", "when"], "must be paid in this mode; only mode invoice books open invoices");
  }
  if (at("book-in") === "settlement") settlementProblems(at, report);
  const taxes = at("taxes");
  if (taxPolicy === "sl" && !(isMap(taxes) && Object.keys(taxes).length > 0)) {
    report(["taxes"], "is missing; with `tax: sl` every tax needs its SL tax id");
  }
  intakeProblems(at, report);
  disputeProblems(at, report);
  customerProblems(at, report);
  orderProblems(at, report);
  metadataProblems(at, report);
  livemodeProblems(at, report);
  fieldProblems(at, report);
  backFieldProblems(at, report);
  sharedClearingProblems(at, report);
  washProblems(at, report);
  payoutAccountProblems(at, report);
  summaryProblems(at, report);
  calendarProblems(at, report);
  return problems;
}

type At = (...path: SettingPath) => unknown;
type Report = (path: SettingPath, rule: string) => void;

/** What is in transit is tried in mode invoice alone. */
function pendingProblems(at: At, report: Report): void {
  if (at("pending-payments") !== "in-transit") return;
  if (at("accounts", "in-process") === undefined) {
    report(["accounts", "in-process"], "is missing; `pending-payments: in-transit` needs it");
  }
  if ((at("mode") ?? "invoice") === "invoice") return;
  report(["pending-payments"], "must be off in this mode; only mode invoice books what is pending");
}

/** What was settled is known of a sale once it is paid, and differs from refund to refund. */
function settlementProblems(at: At, report: Report): void {
  if ((at("mode") ?? "invoice") !== "invoice") {
    report(["book-in"], "must be presentment in this mode; only mode invoice books at settlement");
  }
  if (at("invoice", "when") === "finalized") {
    report(["book-in"], "must be presentment with `invoice.when: finalized`");
  }
  for (const role of ["fx-gain", "fx-loss"] as const) {
    if (at("accounts", role) !== undefined) continue;
    report(["accounts", role], "is missing; `book-in: settlement` needs it");
  }
}

/** A summary is one customer's, and its lines tell accounts alone. */
function summaryProblems(at: At, report: Report): void {
  if (at("summary") !== "daily") return;
  if ((at("mode") ?? "invoice") !== "invoice") {
    report(["summary"], "must be off in this mode; only mode invoice books several sales as one");
  }
  if (at("tax") === "sl") {
    report(["summary"], "must be off with `tax: sl`, whose taxes SL keeps document by document");
  }
  if (at("customer", "policy") !== "one-customer") {
    const rule = "must be one-customer; `summary: daily` books all shoppers on it";
    report(["customer", "policy"], rule);
  }
}

function intakeProblems(at: At, report: Report): void {
  if (!isMap(at("stripe")) || at("stripe", "intake") === "pull") return;
  const secrets = at("stripe", "webhook-secrets");
  const path = ["stripe", "webhook-secrets"];
  if (secrets === undefined)
    report(path, "is missing; only `intake: pull` needs no signing secret");
  else if (Array.isArray(secrets) && secrets.length === 0) {
    report(path, "must be a list with at least one signing secret");
  }
}

function disputeProblems(at: At, report: Report): void {
  const policy = at("dispute", "policy");
  if (policy === "reverse-sale" && at("accounts", "returns", "dispute") === undefined) {
    report(["accounts", "returns"], "must name dispute; `dispute.policy: reverse-sale` needs it");
  }
  if (policy === "reverse-sale" && at("tax") === "sl") {
    report(["dispute", "policy"], "must not be reverse-sale with `tax: sl`, whose taxes SL keeps");
  }
  const isWrittenOff = policy === "customer" && at("dispute", "lost") === "bad-debt";
  if (isWrittenOff && at("accounts", "bad-debt") === undefined) {
    report(["accounts", "bad-debt"], "is missing; `dispute.lost: bad-debt` needs it");
  }
}

function customerProblems(at: At, report: Report): void {
  const policy = at("customer", "policy") ?? "create";
  if (policy === "one-customer" && at("customer", "named") === undefined) {
    report(["customer", "named"], "is missing; policy one-customer books on that customer");
  }
  for (const [index, rule] of asList(at("customer", "classes")).entries()) {
    if (policy === "one-customer" || !isMap(rule) || rule.named === undefined) continue;
    const path = ["customer", "classes", index, "named"];
    report(path, "needs policy one-customer; every other policy finds each buyer's own customer");
  }
  const updates = at("customer", "updates");
  const followsTaxId = Array.isArray(updates) && updates.includes("tax-id");
  if (followsTaxId && at("customer", "tax-id") === undefined) {
    report(["customer", "tax-id"], "is missing; tax-id in customer.updates needs its column");
  }
  // An existing invoice has its customer; nobody is ever made for it.
  const makesCustomers = policy === "create" && at("mode") !== "existing-invoice";
  if (makesCustomers && at("customer", "class") === undefined) {
    report(["customer", "class"], "is missing; policy create needs the class of new customers");
  }
  amountProblems(at, report);
}

/** A bare number means another sum in each currency, so an amount needs the one it is of. */
function amountProblems(at: At, report: Report): void {
  for (const [index, filter] of asList(at("sync", "filters")).entries()) {
    const when = isMap(filter) && isMap(filter.when) ? filter.when : {};
    const path = ["sync", "filters", index, "when"];
    const [from, below] = [when["amount-from"], when["amount-below"]];
    if (from === undefined && below === undefined) continue;
    if (typeof when.currency !== "string") {
      report([...path, "currency"], "must name the one currency that the amount is in");
    }
    if (from !== undefined && below !== undefined && Number(from) >= Number(below)) {
      report([...path, "amount-below"], "must be more than amount-from");
    }
  }
}

/** What an order bears beside its goods is a miscellaneous charge of SL, and each needs its id. */
function orderProblems(at: At, report: Report): void {
  if (at("mode") !== "sales-order") return;
  if (at("tax") === "sl") {
    report(
      ["tax"],
      "must be line or none in mode sales-order: an order bears tax as a misc charge",
    );
  }
  if (at("order", "refund") === "order" && at("dispute", "policy") === "reverse-sale") {
    // Nobody could tell what of the sale a dispute still has to take back.
    report(["order", "refund"], "must be memo with `dispute.policy: reverse-sale`");
  }
  const wanted = at("tax") === "none" ? ["shipping", "rounding"] : ["tax", "shipping", "rounding"];
  for (const name of wanted) {
    if (at("order", "charges", name) !== undefined) continue;
    const rule = `is missing; mode sales-order needs the misc charge of ${name}`;
    report(["order", "charges", name], rule);
  }
}

const WRITTEN = [
  ...["customer-id", "order-number", "invoice-number", "payment-number", "batch-number"],
  ...["debit-memo", "credit-memo"],
];

/** What a merchant says under a key is read again and again: the hub must never write over it. */
function metadataProblems(at: At, report: Report): void {
  const keys = Object.entries(METADATA_KEYS).map(([name, key]) => {
    return { name, key: at("metadata", name) ?? key };
  });
  const isExisting = at("mode") === "existing-invoice";
  for (const { name, key } of keys) {
    // Invoices that SL has are named in one mode alone, which numbers none itself.
    if (name === "invoices" && !isExisting) continue;
    const taken = keys.find(
      (other) =>
        other.key === key &&
        other.name !== name &&
        WRITTEN.includes(other.name) &&
        !(isExisting && other.name === "invoice-number"),
    );
    if (taken === undefined) continue;
    report(
      ["metadata", name],
      `must not be the key of metadata.${taken.name}, which the hub writes to`,
    );
  }
}

/**
 * Each date lies in one period: the ends follow each other, once around the year. A last period for
 * adjustments alone ends with the one before it.
 */
function calendarProblems(at: At, report: Report): void {
  const ends = asList(at("calendar", "period-ends")).map(String);
  const turns = ends.filter((end, nr) => {
    const before = ends.at(nr - 1) ?? "";
    return end < before || (end === before && nr !== ends.length - 1);
  }).length;
  if (ends.length > 1 && turns !== 1) {
    report(["calendar", "period-ends"], "must follow each other, once around the year");
  }
  const first = at("calendar", "first-open");
  if (ends.length === 0 || typeof first !== "string") return;
  if (Number(first.slice(4)) <= ends.length) return;
  const rule = `must be one of the ${ends.length} periods that calendar.period-ends has`;
  report(["calendar", "first-open"], rule);
}

function livemodeProblems(at: At, report: Report): void {
  const livemode = at("stripe", "livemode");
  const key = at("stripe", "secret-key");
  if (typeof livemode !== "boolean" || !(key instanceof Secret)) return;
  const kind = /^[a-z]+_(live|test)_/.exec(key.reveal())?.[1];
  if (kind !== undefined && (kind === "live") !== livemode) {
    report(["stripe", "livemode"], `is ${livemode}, but secret-key is a ${kind} key`);
  }
}

function fieldProblems(at: At, report: Report): void {
  const key = at("field", "key") ?? "User2";
  const id = at("field", "id") ?? "User1";
  if (key === id) report(["field", "id"], `must be another field than field.key (${String(key)})`);
  const taken = new Set<string>();
  for (const [index, entry] of asList(at("fields", "to-sl")).entries()) {
    const to = isMap(entry) ? entry.to : undefined;
    if (typeof to !== "string") continue;
    const path = ["fields", "to-sl", index, "to"];
    const [table, field] = to.split(".");
    if (field === key || field === id)
      report(path, `must not be ${field}: the hub keeps its key there`);
    const targets = table === "ARDoc" ? [`Invoice.${field}`, `Payment.${field}`] : [to];
    if (targets.some((one) => taken.has(one))) report(path, `${to} is filled twice`);
    for (const one of targets) taken.add(one);
  }
}

/**
 * What is written back must not be what the hub reads: a value of ours would then decide about a
 * document, or go in a circle and lay a cut text over the merchant's own.
 */
function backFieldProblems(at: At, report: Report): void {
  const read = asList(at("fields", "to-sl")).flatMap((entry) => {
    const from = isMap(entry) ? entry.from : undefined;
    return typeof from === "string" && from.startsWith("metadata.") ? [from.slice(9)] : [];
  });
  const own = Object.entries(METADATA_KEYS).map(([name, key]) => at("metadata", name) ?? key);
  const taken = new Set<string>();
  for (const [index, entry] of asList(at("fields", "to-stripe")).entries()) {
    const key = isMap(entry) ? entry["to-metadata"] : undefined;
    if (typeof key !== "string") continue;
    const path = ["fields", "to-stripe", index, "to-metadata"];
    if (own.includes(key)) report(path, `must not be ${key}: the hub uses that key itself`);
    else if (read.includes(key)) report(path, `must not be ${key}: fields.to-sl reads it`);
    else if (taken.has(key)) report(path, `${key} is filled twice`);
    taken.add(key);
  }
}

function sharedClearingProblems(at: At, report: Report): void {
  const accounts = at("accounts");
  if (!isMap(accounts) || !isMap(accounts.clearing)) return;
  const { clearing, ...roles } = accounts;
  const others = [
    ...Object.entries(roles).flatMap(([role, value]) => accountsAt(role, value)),
    ...accountsBeside(at),
  ];
  const taken = new Map<string, string>();
  for (const [currency, value] of Object.entries(clearing)) {
    const own = accountParts(value);
    // Each balance of Stripe's is proved by an account of its own.
    const name = own === undefined ? "" : `${own.account}/${own.subaccount}`;
    const other = taken.get(name);
    if (own !== undefined && other !== undefined) {
      report(["accounts", "clearing", currency], `must not be the account of clearing.${other}`);
    }
    taken.set(name, currency);
    const same = others.find(({ account }) => own !== undefined && isSame(own, account));
    if (same === undefined) continue;
    report(["accounts", "clearing", currency], `must not be the account of ${same.role}`);
  }
}

/** It is at nothing after each fact, which only an account of its own can show. */
function washProblems(at: At, report: Report): void {
  const value = at("accounts", "wash");
  if (at("clearing", "cash-account") === "yes" && value === undefined) {
    report(["accounts", "wash"], "is missing; `clearing.cash-account: yes` needs it");
  }
  const own = accountParts(value);
  const accounts = at("accounts");
  if (own === undefined || !isMap(accounts)) return;
  // Of the two a clearing account is named by its own rule.
  const { clearing: _, wash: __, ...roles } = accounts;
  const others = [
    ...Object.entries(roles).flatMap(([role, one]) => accountsAt(role, one)),
    ...accountsBeside(at),
  ];
  const same = others.find(({ account }) => isSame(own, account));
  if (same === undefined) return;
  report(["accounts", "wash"], `must not be the account of ${same.role}`);
}

/** Accounts that stand elsewhere: of items, and of rows of the balance that a person names. */
function accountsBeside(at: At): ReturnType<typeof accountsAt> {
  const items = at("items");
  const sold = [
    ["item.default.sales", at("item", "default", "sales")] as const,
    ...Object.entries(isMap(items) ? items : {}).map(([id, item]) => {
      return [`items.${id}.sales`, isMap(item) ? item.sales : undefined] as const;
    }),
  ];
  const described = asList(at("descriptions")).map((one, nr) => {
    return [`descriptions.${nr}.account`, isMap(one) ? one.account : undefined] as const;
  });
  return [...sold, ["categories", at("categories")] as const, ...described].flatMap(
    ([path, value]) => accountsAt(path, value),
  );
}

/** A role has one account, or one for each currency or kind. */
function accountsAt(role: string, value: unknown): Readonly<{ role: string; account: Account }>[] {
  const account = accountParts(value);
  if (account !== undefined) return [{ role, account }];
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, one]) => accountsAt(`${role}.${name}`, one));
}

type Account = Readonly<{ account: string; subaccount: string }>;

function isSame(a: Account, b: Account): boolean {
  return a.account === b.account && a.subaccount === b.subaccount;
}

/** The value under `path` in a raw settings tree, or undefined. */
export function valueAt(raw: unknown, path: SettingPath): unknown {
  return path.reduce<unknown>(
    (value, part) => (isMap(value) || Array.isArray(value) ? Reflect.get(value, part) : undefined),
    raw,
  );
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
