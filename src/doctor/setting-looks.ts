import type { ErrorCode } from "../base/error-codes.ts";
import { HubError } from "../base/errors.ts";
import { customerFault, itemFault } from "../mapping/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import { foreignAccounts } from "./account-currencies.ts";
import { lookAtCash } from "./cash-looks.ts";
import type { Finding, Look } from "./check.ts";
import { lookAtOrders } from "./order-looks.ts";

/** Items looked at, each by a call of its own; a look must end while a person waits for it. */
const ITEMS_MAX = 300;
/** Settings named in one finding. */
const NAMED_MAX = 10;

type Settings = PairRuntime["settings"];
type Item = Readonly<{ path: string; itemId: string }>;
type Account = Settings["accounts"]["ar"];
/** What is wrong with the value of a setting, and what stands there instead. */
type Fault = Readonly<{ path: string; words: string; code: ErrorCode; value: string }>;

/** Looks up in SL whatever the settings name there. */
export function settingLooks(pair: PairRuntime): Look[] {
  return [
    { name: "sl.accounts", look: () => lookAtAccounts(pair) },
    { name: "sl.cash", look: () => lookAtCash(pair, accountsOf(pair.settings)) },
    { name: "sl.terms", look: () => lookAtTerms(pair) },
    { name: "sl.items", look: () => lookAtItems(pair) },
    { name: "sl.customers", look: () => lookAtCustomers(pair) },
    { name: "sl.class", look: () => lookAtClass(pair) },
    { name: "sl.orders", look: () => lookAtOrders(pair) },
    { name: "sl.taxes", look: () => lookAtTaxes(pair) },
  ];
}

async function lookAtAccounts(pair: PairRuntime): Promise<string> {
  const wanted = accountsOf(pair.settings);
  const missing = await pair.erp.missingAccounts(wanted.map(([, account]) => account));
  const absent = new Set(missing.map(nameOf));
  const faults = wanted
    .filter(([, account]) => absent.has(nameOf(account)))
    .map(
      ([path, account]): Fault => ({
        path,
        words: `SL has no active account ${nameOf(account)}`,
        code: "mapping.account_missing",
        value: "<account/subaccount>",
      }),
    );
  const others = wanted.filter(([path]) => path.startsWith("accounts."));
  const foreign = await foreignAccounts(pair, { others });
  const ofMoney = (foreign ?? []).map(
    (one): Fault => ({ ...one, code: "config.invalid", value: "<account/subaccount>" }),
  );
  assertNone(pair, [...faults, ...ofMoney]);
  const unknown = foreign === undefined ? "; their currencies cannot be looked up here" : "";
  return `all ${wanted.length} accounts exist and are active${unknown}`;
}

function nameOf({ account, subaccount }: Account): string {
  return `${account}/${subaccount}`;
}

type Role = Account | Readonly<Record<string, Account>> | undefined;

function accountsOf(settings: Settings): readonly (readonly [path: string, account: Account])[] {
  const ofItems = Object.entries(settings.items)
    .slice(0, ITEMS_MAX)
    .map(([id, mapped]) => [`items.${id}`, mapped] as const);
  const items = [["item.default", settings.item.default] as const, ...ofItems].map(
    ([path, mapped]) =>
      [`${path}.sales`, typeof mapped === "object" ? mapped.sales : undefined] as const,
  );
  const described = settings.descriptions.map(
    ({ account }, index) => [`descriptions.${index}.account`, account] as const,
  );
  return [
    ...Object.entries<Role>(settings.accounts).flatMap(([role, one]) =>
      accountsAt(`accounts.${kebab(role)}`, one),
    ),
    ...accountsAt("categories", settings.categories),
    ...[...items, ...described].flatMap(([path, one]) => accountsAt(path, one)),
  ];
}

/** A role has one account, or one for each currency or kind. */
function accountsAt(path: string, role: Role): readonly (readonly [path: string, Account])[] {
  if (role === undefined) return [];
  if (isAccount(role)) return [[path, role]];
  return Object.entries(role).map(([name, account]) => [`${path}.${name}`, account]);
}

function isAccount(role: NonNullable<Role>): role is Account {
  return typeof role.account === "string";
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function lookAtTerms(pair: PairRuntime): Promise<string> {
  const { terms: paidBy, customer } = pair.settings;
  const value = "<terms>";
  const code = "config.invalid";
  const faults: Fault[] = [];
  const paid = await pair.erp.readTerms(paidBy.paid);
  if (paid === undefined) {
    faults.push({ path: "terms.paid", words: `SL has no terms "${paidBy.paid}"`, code, value });
  } else if (paid.isInstalment) {
    const words = `terms "${paidBy.paid}" are instalment terms`;
    faults.push({ path: "terms.paid", words, code, value });
  }
  if (customer.terms !== undefined && !(await hasTerms(pair, customer.terms))) {
    const words = `SL has no terms "${customer.terms}"`;
    faults.push({ path: "customer.terms", words, code, value });
  }
  assertNone(pair, faults);
  return `terms ${paidBy.paid}: due after ${paid?.dueDays ?? 0} days`;
}

/** A customer may have terms of any kind; only invoices need a number of days. */
async function hasTerms({ erp }: PairRuntime, termsId: string): Promise<boolean> {
  try {
    return (await erp.readTerms(termsId)) !== undefined;
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "config.invalid") return true;
    throw thrown;
  }
}

async function lookAtItems(pair: PairRuntime): Promise<string> {
  const all = itemsOf(pair.settings);
  if (all.length === 0) return "no item is configured";
  const looked = all.slice(0, ITEMS_MAX);
  const seen = new Map<string, Omit<Fault, "path"> | undefined>();
  for (const { itemId } of looked) {
    const key = itemId.toUpperCase();
    if (!seen.has(key)) seen.set(key, await faultOfItem(pair, itemId));
  }
  const count = `${looked.length} of ${all.length}`;
  const faults = looked.flatMap(({ path, itemId }) => {
    const fault = seen.get(itemId.toUpperCase());
    return fault === undefined ? [] : [{ ...fault, path }];
  });
  assertNone(pair, faults, `looked at ${count} items`);
  return `looked at ${count} items: they exist and can be booked`;
}

async function faultOfItem(
  { erp, settings }: PairRuntime,
  itemId: string,
): Promise<Omit<Fault, "path"> | undefined> {
  const value = "<item>";
  const reading = await erp.readInventory(itemId);
  if (reading === undefined) {
    return { words: `SL has no item ${itemId}`, code: "mapping.product_unmapped", value };
  }
  const fault = itemFault(reading, settings);
  if (fault === undefined) return undefined;
  return { words: `SL item ${reading.itemId} ${fault.words}`, code: fault.code, value };
}

function itemsOf({ item, items }: Settings): readonly Item[] {
  const named = Object.entries(items).map(([id, mapped]) => [`items.${id}`, mapped] as const);
  return [["item.default", item.default] as const, ...named].flatMap(([path, mapped]) => {
    if (mapped === undefined) return [];
    if (typeof mapped === "string") return [{ path, itemId: mapped }];
    return [{ path: `${path}.item`, itemId: mapped.item }];
  });
}

async function lookAtCustomers(pair: PairRuntime): Promise<string> {
  const { named, fallback } = pair.settings.customer;
  const wanted = Object.entries({ "customer.named": named, "customer.fallback": fallback });
  const faults: Fault[] = [];
  const good: string[] = [];
  for (const [path, customerId] of wanted) {
    if (customerId === undefined) continue;
    const fault = await faultOfCustomer(pair, customerId);
    if (fault === undefined) good.push(`${path} ${customerId}`);
    else faults.push({ ...fault, path, value: "<customer>" });
  }
  assertNone(pair, faults);
  return good.length === 0 ? "no customer is configured" : `${good.join(", ")}: can be booked on`;
}

/** Why nobody may be booked on the customer, or undefined. */
export async function faultOfCustomer(
  { erp, settings }: PairRuntime,
  customerId: string,
): Promise<Readonly<{ code: ErrorCode; words: string }> | undefined> {
  const reading = await erp.readCustomer(customerId);
  if (reading === undefined) {
    return { code: "mapping.customer_unknown", words: `SL has no customer ${customerId}` };
  }
  const fault = customerFault(reading, settings.sl.baseCurrency);
  if (fault === undefined) return undefined;
  return { code: fault.code, words: `SL customer ${reading.customerId} ${fault.words}` };
}

async function lookAtClass(pair: PairRuntime): Promise<Finding> {
  const { class: one, classes } = pair.settings.customer;
  const named = [
    ...(one === undefined ? [] : [{ path: "customer.class", classId: one }]),
    ...classes.map((rule, at) => ({ path: `customer.classes.${at}.class`, classId: rule.class })),
  ];
  if (named.length === 0) return "no class is configured";
  const faults: Fault[] = [];
  try {
    for (const { path, classId } of named) {
      if (await pair.erp.hasCustomerClass(classId)) continue;
      const words = `SL has no customer class "${classId}"`;
      faults.push({ path, words, code: "config.invalid", value: "<class>" });
    }
  } catch (thrown) {
    // The operation is not among those that the hub needs.
    if (!(thrown instanceof HubError) || thrown.code !== "erp.contract") throw thrown;
    return { skipped: `cannot be looked up here: ${thrown.message}` };
  }
  assertNone(pair, faults);
  const ids = [...new Set(named.map(({ classId }) => classId))];
  return ids.length === 1 ? `class ${ids[0]} exists` : `classes ${ids.join(", ")} exist`;
}

async function lookAtTaxes(pair: PairRuntime): Promise<Finding> {
  const { tax, taxes } = pair.settings;
  const mapped = Object.entries(taxes);
  if (tax !== "sl") return "tax is not booked under SL's tax ids";
  try {
    const missing = new Set(await pair.erp.missingTaxes(mapped.map(([, taxId]) => taxId)));
    const faults = mapped
      .filter(([, taxId]) => missing.has(taxId))
      .map(([name, taxId]): Fault => {
        const words = `SL has no tax ${taxId}`;
        return { path: `taxes.${name}`, words, code: "mapping.tax_unmapped", value: "<tax id>" };
      });
    assertNone(pair, faults);
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.code !== "erp.contract") throw thrown;
    return { skipped: `cannot be looked up here: ${thrown.message}` };
  }
  const keeps = pair.erp.capabilities["supplied-tax"];
  return `all ${mapped.length} taxes exist; SL keeps given tax amounts: ${keeps}`;
}

/** Throws one error for all faults, whose cure is the command for each. */
function assertNone(pair: PairRuntime, faults: readonly Fault[], scope?: string): void {
  const [first] = faults;
  if (first === undefined) return;
  const named = faults.slice(0, NAMED_MAX);
  const more = faults.length > named.length ? `; and ${faults.length - named.length} more` : "";
  const words = named.map((fault) => `${fault.path}: ${fault.words}`).join("; ");
  const commands = named.map(
    ({ path, value }) => `\`slipway pair set ${pair.id} ${quoted(path)} ${value}\``,
  );
  const message = `${words}${more}${scope === undefined ? "" : ` (${scope})`}`;
  throw new HubError(first.code, message, { cure: `Run ${commands.join(", ")}.` });
}

/** Ids of Stripe may hold what a shell reads in its own way. */
function quoted(path: string): string {
  return /^[\w.-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
