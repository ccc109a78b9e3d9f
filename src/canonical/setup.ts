/** Whether a key may do one thing at Stripe, and what the hub does with it. */
export type StripePermission = Readonly<{
  /** As Stripe's dashboard names it. */
  resource: string;
  right: "read" | "write";
  why: string;
  isGranted: boolean;
}>;

/** A webhook endpoint of the account. */
export type WebhookEndpoint = Readonly<{
  id: string;
  url: string;
  isEnabled: boolean;
  /** The version that its events come in; undefined for the account's own. */
  apiVersion: string | undefined;
  /** Event types; `*` is every one. */
  types: readonly string[];
}>;

/**
 * Stripe as whoever sets a pair up sees it, or looks at how it is set up. Errors are those of
 * `StripePort`; a key that lacks a right is `stripe.auth`.
 */
export type StripeSetup = Readonly<{
  checkAccess(signal?: AbortSignal): Promise<Readonly<{ accountId: string; livemode: boolean }>>;
  /** Tries what the hub needs, by calls that change nothing, whatever comes of them. */
  permissions(signal?: AbortSignal): Promise<readonly StripePermission[]>;
  webhookEndpoints(signal?: AbortSignal): Promise<readonly WebhookEndpoint[]>;
  /** Makes an endpoint at the hub's version; Stripe tells its secret this once. */
  createWebhookEndpoint(
    url: string,
    types: readonly string[],
  ): Promise<Readonly<{ id: string; secret: string }>>;
  deleteWebhookEndpoint(id: string): Promise<void>;
  /** The newest charges as lane keys, newest first. */
  newestCharges(count: number, signal?: AbortSignal): Promise<readonly string[]>;
}>;
