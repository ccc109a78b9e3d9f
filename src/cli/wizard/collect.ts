import { WizardSlAnswer, WizardStripeAnswer } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import type { HubClient } from "../hub-client.ts";
import { wrapUnder } from "../render/wrap.ts";
import { setAtPath } from "../setting-values.ts";
import type { Terminal } from "../terminal.ts";
import type { Asker, Option, Question } from "./ask.ts";
import { renderPermissions } from "./render.ts";

/** Every answer of the wizard that is no secret. */
export type WizardFlags = Readonly<{
  apiBase?: string;
  intake?: string;
  publicUrl?: string;
  slUrl?: string;
  slUser?: string;
  siteId?: string;
  siteKey?: boolean;
  company?: string;
  timeZone?: string;
  clearing?: string;
  ar?: string;
  sales?: string;
  shipping?: string;
  rounding?: string;
  tax?: string;
  class?: string;
  terms?: string;
  item?: string;
  fallback?: string;
}>;

export type Collecting = Readonly<{
  ask: Asker;
  hub: HubClient;
  terminal: Terminal;
  flags: WizardFlags;
}>;

/** What the answers come to: a pair's settings, and the endpoint that is to be made. */
export type Collected = Readonly<{
  settings: Record<string, unknown>;
  webhookUrl: string | undefined;
}>;

/** SL may be slow to wake, and each list is a call of its own. */
const LOOK_WITHIN_MS = 120_000;
const INTAKES: readonly Option[] = [
  { value: "webhook", label: "webhook: Stripe reaches this hub at a public https URL" },
  { value: "pull", label: "pull: the hub asks Stripe every 15 s; no port is opened" },
  { value: "both", label: "both: webhooks, and the hub asks as well" },
];

/** Asks for everything, and looks at both sides as soon as it can. */
export async function collectPair(id: string, collecting: Collecting): Promise<Collected> {
  const settings: Record<string, unknown> = {};
  await collectStripe(collecting, settings);
  const webhookUrl = await collectIntake(id, collecting, settings);
  const choices = await collectSl(collecting, settings);
  await collectBooks(collecting, settings, choices);
  return { settings, webhookUrl };
}

async function collectStripe(
  { ask, hub, terminal, flags }: Collecting,
  settings: Record<string, unknown>,
): Promise<void> {
  const secretKey = await ask.secret({
    flag: "--stdin",
    message: "Stripe key, restricted or secret",
  });
  const { apiBase } = flags;
  const call = { body: { secretKey, apiBase }, withinMs: LOOK_WITHIN_MS };
  const looked = await hub.post("/api/wizard/stripe", WizardStripeAnswer, call);
  terminal.warn(renderPermissions(looked, terminal.paint, terminal.width));
  if (looked.permissions.some(({ isGranted }) => !isGranted)) {
    throw new HubError("stripe.auth", "The key lacks rights that the hub needs", {
      cure: "Give it the rights that are listed above, then start the wizard again.",
    });
  }
  setAtPath(settings, "stripe.secret-key", secretKey);
  setAtPath(settings, "stripe.livemode", looked.isLive);
  if (apiBase !== undefined) setAtPath(settings, "stripe.api-base", apiBase);
}

/** @returns the URL that Stripe is to send to; undefined where the hub asks instead */
async function collectIntake(
  id: string,
  { ask, flags }: Collecting,
  settings: Record<string, unknown>,
): Promise<string | undefined> {
  const fallback = flags.publicUrl === undefined ? "pull" : "webhook";
  const intake = await ask.choose(
    { flag: "--intake", message: "How Stripe's events come", given: flags.intake, fallback },
    INTAKES,
  );
  setAtPath(settings, "stripe.intake", intake);
  if (intake === "pull") return undefined;
  const base = await ask.text({
    flag: "--public-url",
    message: "Public URL of this hub",
    given: flags.publicUrl,
    check: (url) => (URL.canParse(url) ? undefined : "is no URL"),
  });
  return `${base.replace(/\/+$/, "")}/webhooks/stripe/${id}`;
}

async function collectSl(
  { ask, hub, terminal, flags }: Collecting,
  settings: Record<string, unknown>,
): Promise<WizardSlAnswer> {
  const text = (flag: string, message: string, given: string | undefined, fallback?: string) =>
    ask.text({ flag, message, given, fallback });
  const url = await text("--sl-url", "Address of SL's ctAPI server", flags.slUrl);
  const user = await text("--sl-user", "SL user of the hub", flags.slUser);
  const password = await ask.secret({ flag: "--stdin", message: "Password of that user" });
  const siteId = await text("--site-id", "Site id", flags.siteId, "DEFAULT");
  const siteKey =
    flags.siteKey === true ? await ask.secret({ flag: "--stdin", message: "Site key" }) : undefined;
  const companyId = await text("--company", "SL company (CpnyID)", flags.company);
  const access = { url, user, password, siteId, siteKey, companyId };
  const call = { body: access, withinMs: LOOK_WITHIN_MS };
  const choices = await hub.post("/api/wizard/sl", WizardSlAnswer, call);
  const company = choices.companies.find((one) => sameId(one.id, companyId));
  const { accounts, classes, terms, open, version } = choices;
  const period = open === null ? "" : `, open from ${open.receivables} (AR), ${open.ledger} (GL)`;
  const found =
    `SL answers (${version}): ${accounts.length} accounts, ${classes.length} customer classes, ` +
    `${terms.length} terms${period}`;
  terminal.warn(wrapUnder("", found, terminal.width));
  setAtPath(settings, "sl.url", url);
  setAtPath(settings, "sl.user", user);
  setAtPath(settings, "sl.password", password);
  setAtPath(settings, "sl.site-id", siteId);
  if (siteKey !== undefined) setAtPath(settings, "sl.site-key", siteKey);
  setAtPath(settings, "sl.company-id", company?.id ?? companyId);
  setAtPath(settings, "sl.base-currency", company?.baseCurrency || "USD");
  return choices;
}

const sameId = (a: string, b: string) => a.toUpperCase() === b.toUpperCase();

type Role = "clearing" | "ar" | "sales" | "shipping" | "rounding";

/** The accounts that a pair must have, and what each is for. */
const ACCOUNTS: readonly (readonly [Role, string])[] = [
  ["clearing", "clearing account: stands for the Stripe balance"],
  ["ar", "receivables account, where the customer has none"],
  ["sales", "sales account, where the item has none"],
  ["shipping", "account for shipping that is charged"],
  ["rounding", "account for rounding of a cent"],
];

async function collectBooks(
  collecting: Collecting,
  settings: Record<string, unknown>,
  choices: WizardSlAnswer,
): Promise<void> {
  const { ask, flags } = collecting;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const message = "Time zone of the company's books";
  const given = flags.timeZone;
  setAtPath(
    settings,
    "time-zone",
    await ask.text({ flag: "--time-zone", message, given, fallback: zone }),
  );
  const { "base-currency": currency } = settings.sl as { "base-currency": string };
  for (const [role, what] of ACCOUNTS) {
    const path = role === "clearing" ? `accounts.clearing.${currency}` : `accounts.${role}`;
    setAtPath(settings, path, await askAccount(collecting, choices, [role, what]));
  }
  const tax = await ask.optional({
    flag: "--tax",
    message: "Account for tax as account/subaccount",
    given: flags.tax,
    check: (answer) => accountFault(answer, choices),
  });
  if (tax === undefined) setAtPath(settings, "tax", "none");
  else setAtPath(settings, "accounts.tax", tax);
  await collectCustomers(collecting, settings, choices);
}

async function askAccount(
  { ask, flags }: Collecting,
  choices: WizardSlAnswer,
  [role, what]: readonly [Role, string],
): Promise<string> {
  const flag = `--${role}`;
  const given = flags[role];
  const check = (answer: string) => accountFault(answer, choices);
  if (given !== undefined) return ask.text({ flag, message: what, given, check });
  const account = await ask.choose(
    { flag, message: `The ${what}`, given: undefined },
    optionsOf(choices.accounts),
  );
  const only = choices.subaccounts.length === 1 ? choices.subaccounts[0]?.id : undefined;
  const question: Question = { flag, message: `Subaccount of ${account}`, given: only };
  return `${account}/${await ask.choose(question, optionsOf(choices.subaccounts))}`;
}

function accountFault(
  answer: string,
  { accounts, subaccounts }: WizardSlAnswer,
): string | undefined {
  const [account = "", subaccount = ""] = answer.split("/");
  if (subaccount === "") return "is no account/subaccount, such as 1095/000000000000";
  const has = (list: WizardSlAnswer["accounts"], id: string) =>
    list.length === 0 || list.some((one) => sameId(one.id, id));
  if (!has(accounts, account)) return `names an account that SL does not have active: ${account}`;
  if (has(subaccounts, subaccount)) return undefined;
  return `names a subaccount that SL does not have active: ${subaccount}`;
}

async function collectCustomers(
  { ask, flags }: Collecting,
  settings: Record<string, unknown>,
  choices: WizardSlAnswer,
): Promise<void> {
  const classId = await ask.choose(
    { flag: "--class", message: "Class of new SL customers", given: flags.class },
    optionsOf(choices.classes),
  );
  setAtPath(settings, "customer.class", classId);
  const terms = await ask.choose(
    { flag: "--terms", message: "Terms of paid invoices", given: flags.terms },
    optionsOf(choices.terms),
  );
  setAtPath(settings, "terms.paid", terms);
  const item = await ask.optional({
    flag: "--item",
    message: "SL item of charges without lines",
    given: flags.item,
  });
  if (item !== undefined) setAtPath(settings, "item.default", item);
  const fallback = await ask.optional({
    flag: "--fallback",
    message: "SL customer of payments that name nobody",
    given: flags.fallback,
  });
  if (fallback !== undefined) setAtPath(settings, "customer.fallback", fallback);
}

function optionsOf(choices: WizardSlAnswer["accounts"]): Option[] {
  return choices.map(({ id, description }) => ({
    value: id,
    label: description === "" ? id : `${id}  ${description}`,
  }));
}
