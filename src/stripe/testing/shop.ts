import Stripe from "stripe";
import { startStripeSandbox } from "../../../sandbox/stripe/server.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { LaneReading, Sale } from "../../canonical/sale.ts";
import type { StripeSetup } from "../../canonical/setup.ts";
import { openStripe, openStripeSetup, type StripeCall } from "../index.ts";
import type { CurrencyExponents } from "../units.ts";

/** A shop at a sandbox Stripe, and the port under test on the same account. */
export type Shop = Readonly<{
  stripe: Stripe;
  port: StripePort;
  /** What the port has called so far, oldest first. */
  calls: StripeCall[];
  /** A port with another key. */
  portWithKey(secretKey: string): StripePort;
  /** The account as whoever sets a pair up sees it; with the shop's own key unless changed. */
  setup(secretKey?: string): StripeSetup;
  /** A port whose account counts these currencies otherwise. */
  portCounting(currencyExponents: CurrencyExponents): StripePort;
  /** Calls an admin route of the sandbox; throws for an answer that is not 2xx. */
  admin(path: string, body: unknown): Promise<unknown>;
  /** A paid PaymentIntent of 108.25 USD, unless changed. */
  pay(change?: Partial<Stripe.PaymentIntentCreateParams>): Promise<Stripe.PaymentIntent>;
  close(): Promise<void>;
}>;

export async function openShop(): Promise<Shop> {
  const sandbox = await startStripeSandbox({});
  const stripe = new Stripe(sandbox.secretKey, {
    host: "127.0.0.1",
    port: sandbox.port,
    protocol: "http",
    maxNetworkRetries: 0,
  });
  const calls: StripeCall[] = [];
  const openPort = (secretKey: string, currencyExponents: CurrencyExponents) =>
    openStripe(
      {
        stripe: {
          secretKey: { reveal: () => secretKey },
          apiBase: sandbox.url,
          callLimit: 8,
          callTimeout: 20,
        },
        currencyExponents,
      },
      { onCall: (call) => calls.push(call) },
    );
  return {
    stripe,
    calls,
    port: openPort(sandbox.secretKey, {}),
    portWithKey: (secretKey) => openPort(secretKey, {}),
    setup: (secretKey = sandbox.secretKey) =>
      openStripeSetup({
        secretKey: { reveal: () => secretKey },
        apiBase: sandbox.url,
        callLimit: 8,
        callTimeout: 20,
      }),
    portCounting: (exponents) => openPort(sandbox.secretKey, exponents),
    admin: async (path, body) => {
      const answer = await fetch(`${sandbox.url}/_sandbox/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    pay: (change = {}) =>
      stripe.paymentIntents.create({
        amount: 10825,
        currency: "usd",
        payment_method: "pm_card_visa",
        confirm: true,
        automatic_payment_methods: { enabled: true, allow_redirects: "never" },
        ...change,
      }),
    close: () => sandbox.close(),
  };
}

/** The sale of a reading; fails the test for any other. */
export function saleOf(reading: LaneReading): Sale {
  if (reading.kind === "sale") return reading.sale;
  throw new Error(`no sale but ${JSON.stringify(reading)}`);
}
