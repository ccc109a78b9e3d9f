import { HubError } from "../base/errors.ts";
import type { StripePermission, StripeSetup, WebhookEndpoint } from "../canonical/setup.ts";
import { checkAccess } from "./open-stripe.ts";
import {
  PINNED_API_VERSION,
  StripeApi,
  type StripeHooks,
  type StripeSettings,
} from "./stripe-api.ts";
import { idOf, textOf, type Wire } from "./wire.ts";

/** No object has this id, so that a write to it can only be refused: for rights, or as missing. */
const NOBODY = "slipway_permission_check";

type Trial = Readonly<{
  resource: string;
  right: "read" | "write";
  why: string;
  operation: string;
  call: (api: StripeApi) => Promise<unknown>;
}>;

const READ = "read" as const;
const WRITE = "write" as const;
const ONE = { limit: 1 } as const;

/** What the hub does at Stripe, one trial for each right that a restricted key can lack. */
const TRIALS: readonly Trial[] = [
  trial(["Balance", READ, "whether the key works"], "balance.retrieve", ({ sdk }) =>
    sdk.balance.retrieve(),
  ),
  trial(
    ["Balance transaction sources", READ, "what each charge did to the balance"],
    "balance_transactions.list",
    ({ sdk }) => sdk.balanceTransactions.list({ ...ONE, expand: ["data.source"] }),
  ),
  trial(["Charges and Refunds", READ, "what was paid"], "charges.list", ({ sdk }) =>
    sdk.charges.list(ONE),
  ),
  trial(["PaymentIntents", READ, "what was paid"], "payment_intents.list", ({ sdk }) =>
    sdk.paymentIntents.list(ONE),
  ),
  trial(["Customers", READ, "who bought"], "customers.list", ({ sdk }) => sdk.customers.list(ONE)),
  trial(["Products", READ, "what was sold"], "products.list", ({ sdk }) => sdk.products.list(ONE)),
  trial(["Prices", READ, "what was sold"], "prices.list", ({ sdk }) => sdk.prices.list(ONE)),
  trial(["Invoices", READ, "what was billed"], "invoices.list", ({ sdk }) =>
    sdk.invoices.list(ONE),
  ),
  trial(["Checkout Sessions", READ, "what was sold"], "checkout.sessions.list", ({ sdk }) =>
    sdk.checkout.sessions.list(ONE),
  ),
  trial(["Disputes", READ, "what was disputed"], "disputes.list", ({ sdk }) =>
    sdk.disputes.list(ONE),
  ),
  trial(["Payouts", READ, "what went to the bank"], "payouts.list", ({ sdk }) =>
    sdk.payouts.list(ONE),
  ),
  trial(["Top-ups", READ, "what came from the bank"], "topups.list", ({ sdk }) =>
    sdk.topups.list(ONE),
  ),
  trial(["Events", READ, "what webhooks did not bring"], "events.list", ({ sdk }) =>
    sdk.events.list(ONE),
  ),
  trial(["Webhook Endpoints", READ, "whether webhooks come"], "webhook_endpoints.list", (api) =>
    api.sdk.webhookEndpoints.list(ONE),
  ),
  trial(["Charges and Refunds", WRITE, "SL's numbers in metadata"], "charges.update", ({ sdk }) =>
    sdk.charges.update(`ch_${NOBODY}`, {}),
  ),
  trial(["PaymentIntents", WRITE, "SL's numbers in metadata"], "payment_intents.update", (api) =>
    api.sdk.paymentIntents.update(`pi_${NOBODY}`, {}),
  ),
  trial(["Invoices", WRITE, "SL's numbers in metadata"], "invoices.update", ({ sdk }) =>
    sdk.invoices.update(`in_${NOBODY}`, {}),
  ),
  trial(["Customers", WRITE, "the SL customer in metadata"], "customers.update", ({ sdk }) =>
    sdk.customers.update(`cus_${NOBODY}`, {}),
  ),
];

function trial(
  [resource, right, why]: readonly [string, Trial["right"], string],
  operation: string,
  call: Trial["call"],
): Trial {
  return { resource, right, why, operation, call };
}

/** The account behind a key, for whoever sets a pair up; nothing is called before a method is. */
export function openStripeSetup(settings: StripeSettings, hooks: StripeHooks = {}): StripeSetup {
  const api = new StripeApi({ stripe: settings, currencyExponents: {} }, hooks);
  const { sdk } = api;
  return {
    checkAccess: (signal) => checkAccess(api, signal),
    permissions: (signal) => Promise.all(TRIALS.map((one) => tried(api, one, signal))),
    webhookEndpoints: async (signal) => {
      const list = (paging: object) => sdk.webhookEndpoints.list(paging);
      return (await api.all("webhook_endpoints.list", list, signal)).map(endpointOf);
    },
    createWebhookEndpoint: async (url, types) => {
      const made = await api.one("webhook_endpoints.create", () =>
        sdk.webhookEndpoints.create({
          url,
          api_version: PINNED_API_VERSION,
          enabled_events: [...types] as ["*"],
          description: "Slipway",
        }),
      );
      return { id: textOf(made, "id"), secret: textOf(made, "secret") };
    },
    deleteWebhookEndpoint: async (id) => {
      await api.one("webhook_endpoints.delete", () => sdk.webhookEndpoints.del(id));
    },
    newestCharges: async (count, signal) => {
      const { data } = await api.one(
        "charges.list",
        () => sdk.charges.list({ limit: Math.min(count, 100) }),
        signal,
      );
      const charges = Array.isArray(data) ? (data as Wire[]) : [];
      const keys = charges.map((one) => idOf(one, "payment_intent") ?? textOf(one, "id"));
      return [...new Set(keys)];
    },
  };
}

/** Only a refusal for lack of rights says no: that there is no such object is meant. */
async function tried(
  api: StripeApi,
  { resource, right, why, operation, call }: Trial,
  signal: AbortSignal | undefined,
): Promise<StripePermission> {
  const asked = { resource, right, why };
  try {
    await api.one(operation, () => call(api), signal);
    return { ...asked, isGranted: true };
  } catch (thrown) {
    if (!(thrown instanceof HubError)) throw thrown;
    if (thrown.code === "stripe.auth" && thrown.facts.status === 403) {
      return { ...asked, isGranted: false };
    }
    if (thrown.code === "stripe.object_missing") return { ...asked, isGranted: true };
    throw thrown;
  }
}

function endpointOf(wire: Wire): WebhookEndpoint {
  const version = textOf(wire, "api_version");
  const types = Array.isArray(wire.enabled_events) ? wire.enabled_events.map(String) : [];
  return {
    id: textOf(wire, "id"),
    url: textOf(wire, "url"),
    isEnabled: textOf(wire, "status") === "enabled",
    apiVersion: version === "" ? undefined : version,
    types,
  };
}
