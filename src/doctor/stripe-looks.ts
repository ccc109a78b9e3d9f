import { HubError } from "../base/errors.ts";
import type { WebhookEndpoint } from "../canonical/setup.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { Finding, Look } from "./check.ts";
import type { DoctorDeps } from "./deps.ts";

/** How the pair is set up at Stripe. */
export function stripeLooks(deps: DoctorDeps, pair: PairRuntime): Look[] {
  return [
    { name: "stripe.mode", look: () => lookAtMode(deps, pair) },
    { name: "stripe.permissions", look: () => lookAtPermissions(deps, pair) },
    { name: "stripe.webhook", look: () => lookAtWebhook(deps, pair) },
  ];
}

/** Test money in the books of a company, or live money that nobody expects, is never by intent. */
async function lookAtMode({ setupOf }: DoctorDeps, pair: PairRuntime): Promise<Finding> {
  const { livemode } = await setupOf(pair).checkAccess();
  const mode = livemode ? "live" : "test";
  const wanted = pair.settings.stripe.livemode;
  if (wanted === undefined) return `the key is of ${mode} mode; the pair takes either`;
  if (wanted === livemode) return `the key is of ${mode} mode, as the pair asks for`;
  throw new HubError("config.invalid", `the key is of ${mode} mode, and the pair is not`, {
    cure: `Run \`slipway pair set ${pair.id} stripe.livemode ${livemode}\`, or set another key.`,
  });
}

async function lookAtPermissions({ setupOf }: DoctorDeps, pair: PairRuntime): Promise<Finding> {
  const permissions = await setupOf(pair).permissions();
  const missing = permissions.filter(({ isGranted }) => !isGranted);
  if (missing.length === 0) return `the key has all ${permissions.length} rights that are needed`;
  const names = missing.map(({ resource, right }) => `${resource} (${right})`).join(", ");
  throw new HubError("stripe.auth", `the key lacks ${names}`, {
    cure: "Give it these rights in Stripe's dashboard, under API keys.",
  });
}

async function lookAtWebhook(deps: DoctorDeps, pair: PairRuntime): Promise<Finding> {
  const { intake } = pair.settings.stripe;
  if (intake === "pull") return "not needed: this pair asks Stripe for its events";
  const endpoints = await deps.setupOf(pair).webhookEndpoints();
  const ours = endpoints.filter(({ url }) => pathOf(url) === `/webhooks/stripe/${pair.id}`);
  const [first] = ours;
  const cure = "Make one with `slipway pair wizard`, or in Stripe's dashboard.";
  if (first === undefined) {
    throw new HubError("config.invalid", "no endpoint at Stripe leads to this pair", { cure });
  }
  const enabled = ours.find(({ isEnabled }) => isEnabled);
  if (enabled !== undefined) return lookAtEndpoint(deps, enabled);
  throw new HubError("config.invalid", `Stripe has disabled the endpoint ${first.url}`, {
    cure: "Enable it in Stripe's dashboard; the hub asks for what it missed.",
  });
}

function lookAtEndpoint(deps: DoctorDeps, endpoint: WebhookEndpoint): Finding {
  const { id, url, apiVersion, types } = endpoint;
  const missing = deps.workedTypes.filter((type) => !types.includes("*") && !types.includes(type));
  if (missing.length > 0) {
    const cure = `Add these event types to ${id} in Stripe's dashboard.`;
    return { warning: `${url} is not sent ${missing.join(", ")}`, cure };
  }
  if (apiVersion === deps.pinnedVersion) return `${url} is enabled, at ${apiVersion}`;
  return {
    warning: `${url} is sent events in ${apiVersion ?? "the account's own version"}`,
    cure: `Make an endpoint at version ${deps.pinnedVersion}, then delete ${id}.`,
  };
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, "") : "";
}
