import type { WebhookEndpoint } from "../canonical/port.ts";

/** What is wrong with how Stripe sends a pair its events, with the cure. */
export type EndpointTrouble = Readonly<{
  key: "disabled" | "version" | "types";
  title: string;
  cure: string;
  /** The endpoints that it is about. */
  ids: readonly string[];
}>;

/** What endpoints are judged by. */
export type EndpointsWanted = Readonly<{
  pair: string;
  pinnedVersion: string;
  /** Every type that wakes a lane. */
  workedTypes: readonly string[];
}>;

const TYPES_NAMED = 5;

/** What is wrong with the endpoints at Stripe that lead to a pair; others are not judged. */
export function endpointTroubles(
  endpoints: readonly WebhookEndpoint[],
  { pair, pinnedVersion, workedTypes }: EndpointsWanted,
): readonly EndpointTrouble[] {
  const ours = endpoints.filter(({ url }) => url.endsWith(`/webhooks/stripe/${pair}`));
  const enabled = ours.filter(({ isEnabled }) => isEnabled);
  const foreign = enabled.filter(
    ({ apiVersion }) => apiVersion !== undefined && apiVersion !== pinnedVersion,
  );
  const sent = new Set(enabled.flatMap(({ types }) => types));
  const missing = sent.has("*") ? [] : workedTypes.filter((type) => !sent.has(type));
  const found: EndpointTrouble[] = [];
  const add = (trouble: EndpointTrouble) => {
    if (trouble.ids.length > 0) found.push(trouble);
  };
  add({
    key: "disabled",
    title: "the pair's webhook endpoint at Stripe is disabled: no event is delivered",
    cure: "Enable it in Stripe's dashboard; what was missed is found within the hour.",
    ids: enabled.length > 0 ? [] : ours.map(({ id }) => id),
  });
  add({
    key: "version",
    title: `the pair's webhook endpoint sends API version ${foreign[0]?.apiVersion}`,
    cure: `Make a second endpoint with ${pinnedVersion}, then disable the old one.`,
    ids: foreign.map(({ id }) => id),
  });
  const named = missing.slice(0, TYPES_NAMED).join(", ");
  const more = missing.length > TYPES_NAMED ? ` and ${missing.length - TYPES_NAMED} more` : "";
  add({
    key: "types",
    title: `the pair's webhook endpoint is not sent ${named}${more}`,
    cure:
      `Add these event types to ${enabled[0]?.id} in Stripe's dashboard; ` +
      "until then the hub finds such events hourly.",
    ids: missing.length === 0 ? [] : enabled.map(({ id }) => id),
  });
  return found;
}
