import { Document } from "yaml";
import type { PairAdmin, PairWizard } from "../api/index.ts";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import type { StripeSetup } from "../canonical/setup.ts";
import { exportText, type PairSettings, setSettingTree } from "../config/index.ts";
import type { SiteChoices } from "../erp/choices.ts";
import type { Foreseen, PairRuntime } from "../runs/index.ts";
import type { PairBook } from "./pair-book.ts";

/** The access to Stripe that the wizard is given; not a pair's yet. */
export type StripeAccess = Readonly<{ secretKey: string; apiBase: string | undefined }>;

export type WizardDeps = Readonly<{
  book: PairBook;
  pairs: PairAdmin;
  setupOf: (access: StripeAccess) => StripeSetup;
  choicesOf: PairWizardSl;
  /** A runtime of settings that are not saved, for reading alone. */
  openRuntime: (settings: PairSettings) => PairRuntime;
  foresee: (pair: PairRuntime, laneKey: string) => Promise<Foreseen>;
  workedTypes: readonly string[];
}>;
type PairWizardSl = (access: Parameters<PairWizard["lookAtSl"]>[0]) => Promise<SiteChoices>;
type Wanted = Parameters<PairWizard["makePair"]>[0];

/** Stands for the signing secret until the endpoint is made, so that all else can be checked. */
const SECRET_TO_COME = "whsec_made_when_the_pair_is_saved";

/**
 * What a new pair is made from. Nothing is kept and nothing is made at Stripe before all of it was
 * checked; an endpoint whose pair could not be saved is taken away again.
 */
export function createWizard(deps: WizardDeps): PairWizard {
  return {
    lookAtStripe: async ({ secretKey, apiBase }) => {
      const setup = deps.setupOf({ secretKey, apiBase });
      const { accountId, livemode } = await setup.checkAccess().catch(giveAgain);
      return { accountId, isLive: livemode, permissions: [...(await setup.permissions())] };
    },
    lookAtSl: (access) => deps.choicesOf(access).catch(giveAgain),
    makePair: async (wanted, { dryRun, by }) => {
      const { id, webhookUrl, preview } = wanted;
      const trial = webhookUrl === undefined ? wanted.settings : withSecret(wanted.settings);
      const checked = await deps.pairs.add(id, trial, { dryRun: true, by });
      const previews = preview === 0 ? [] : await foreseeNewest(deps, wanted, trial);
      const yaml = textOf(deps.book, id, trial);
      if (dryRun) return { pair: checked, yaml, previews, webhookEndpoint: null };
      const saved = await save(deps, wanted, by);
      return { ...saved, yaml, previews };
    },
  };
}

/** There is no pair yet that credentials could be set for. */
function giveAgain(thrown: unknown): never {
  if (!(thrown instanceof HubError) || thrown.category !== "auth") throw thrown;
  throw new HubError(thrown.code, thrown.message, {
    facts: thrown.facts,
    cure: "Give working ones and start again; nothing was saved.",
    cause: thrown,
  });
}

async function save({ pairs, setupOf, workedTypes }: WizardDeps, wanted: Wanted, by: string) {
  const { id, settings, webhookUrl } = wanted;
  const how = { dryRun: false, by };
  if (webhookUrl === undefined) {
    return { pair: await pairs.add(id, settings, how), webhookEndpoint: null };
  }
  const setup = setupOf(accessOf(settings));
  const made = await setup.createWebhookEndpoint(webhookUrl, workedTypes);
  try {
    const pair = await pairs.add(id, withSecret(settings, made.secret), how);
    return { pair, webhookEndpoint: made.id };
  } catch (thrown) {
    await setup.deleteWebhookEndpoint(made.id);
    throw thrown;
  }
}

async function foreseeNewest(
  deps: WizardDeps,
  { id, preview }: Wanted,
  trial: Wanted["settings"],
): Promise<Foreseen[]> {
  const settings = checkedSettings(deps.book, id, trial);
  const runtime = deps.openRuntime(settings);
  // Also finds out which views the site has, as every first look does.
  await runtime.erp.check();
  const { secretKey, apiBase } = settings.stripe;
  const setup = deps.setupOf({ secretKey: secretKey.reveal(), apiBase });
  const found: Foreseen[] = [];
  for (const laneKey of await setup.newestCharges(preview)) {
    found.push(await deps.foresee(runtime, laneKey));
  }
  return found;
}

function checkedSettings(book: PairBook, id: string, settings: Wanted["settings"]): PairSettings {
  const checked = book.change((document) => {
    setSettingTree(document, id, { settings, key: () => book.sealingKey() });
  }, true);
  return present(checked.pairs.get(id), "the new pair");
}

/** The pair's part of the settings file, without the value of any secret. */
function textOf(book: PairBook, id: string, settings: Wanted["settings"]): string {
  const document = new Document({ pairs: {} });
  setSettingTree(document, id, { settings, key: () => book.sealingKey() });
  return exportText(document);
}

function stripeOf(settings: Wanted["settings"]): Readonly<Record<string, unknown>> {
  const { stripe } = settings;
  return typeof stripe === "object" && stripe !== null ? { ...stripe } : {};
}

function withSecret(settings: Wanted["settings"], secret = SECRET_TO_COME): Wanted["settings"] {
  return { ...settings, stripe: { ...stripeOf(settings), "webhook-secrets": [secret] } };
}

/** @throws HubError `api.invalid` for a key that only the hub's environment knows */
function accessOf(settings: Wanted["settings"]): StripeAccess {
  const stripe = stripeOf(settings);
  const secretKey = stripe["secret-key"];
  const apiBase = stripe["api-base"];
  if (typeof secretKey !== "string" || secretKey.startsWith("env:")) {
    throw new HubError("api.invalid", "An endpoint is made with the key itself", {
      facts: { field: "settings.stripe.secret-key" },
      cure: "Give the key, or make the endpoint in Stripe's dashboard.",
    });
  }
  return { secretKey, apiBase: typeof apiBase === "string" ? apiBase : undefined };
}
