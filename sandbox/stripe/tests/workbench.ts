import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { afterEach } from "vitest";
import { type StripeSandbox, type StripeSandboxOptions, startStripeSandbox } from "../server.ts";
import { isWire, type Wire } from "../wire.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

/** A sandbox for one test, with the official SDK on it; both end with the test. */
export type Workbench = {
  sandbox: StripeSandbox;
  stripe: Stripe;
  /** Calls `/_sandbox<path>`: GET without a body, else POST. */
  admin: (path: string, body?: unknown) => Promise<Wire>;
  rows: (table: string) => Promise<Wire[]>;
};

/** Starts a sandbox; the SDK does not retry, so that a test sees every answer. */
export async function openWorkbench(options: StripeSandboxOptions = {}): Promise<Workbench> {
  const sandbox = await startStripeSandbox(options);
  open.push(() => sandbox.close());
  const json = async (path: string, body?: unknown): Promise<unknown> => {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const answer = await fetch(`${sandbox.url}/_sandbox${path}`, body === undefined ? {} : init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as unknown;
  };
  return {
    sandbox,
    stripe: sdkFor(sandbox),
    admin: async (path, body) => {
      const answer = await json(path, body);
      return isWire(answer) ? answer : {};
    },
    rows: async (table) => (await json(`/rows?table=${table}`)) as Wire[],
  };
}

/** The official SDK on a sandbox. */
function sdkFor(sandbox: StripeSandbox): Stripe {
  return new Stripe(sandbox.secretKey, {
    host: "127.0.0.1",
    port: sandbox.port,
    protocol: "http",
    maxNetworkRetries: 0,
  });
}

/** One request that a receiver got. */
export type Received = {
  body: string;
  signature: string;
  /** The event's id and type, and the id of its object. */
  id: string;
  type: string;
  object: string;
  atMs: number;
};

/** A webhook receiver over TCP that answers what `answers` says, 200 when it says nothing. */
export type Receiver = { url: string; got: Received[]; answers: number[] };

/** Starts a receiver; it ends with the test. */
export async function openReceiver(): Promise<Receiver> {
  const receiver: Receiver = { url: "", got: [], answers: [] };
  const server = createServer((request, response) => void take(receiver, request, response));
  receiver.url = `${await serve(server)}/webhooks`;
  return receiver;
}

/** Has a server listen until the test ends; gives its address. */
export async function serve(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  open.push(() => stop(server));
  return `http://127.0.0.1:${port}`;
}

async function take(
  receiver: Receiver,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const head = headOf(body);
  const signature = String(request.headers["stripe-signature"]);
  receiver.got.push({ ...head, body, signature, atMs: Date.now() });
  response.statusCode = receiver.answers.shift() ?? 200;
  response.end();
}

type Head = { id?: string; type?: string; data?: { object?: { id?: string } } };

function headOf(body: string): { id: string; type: string; object: string } {
  const event = body.startsWith("{n") ? {} : (JSON.parse(body) as Head);
  return { id: event.id ?? "", type: event.type ?? "", object: event.data?.object?.id ?? "" };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A webhook endpoint for everything at the receiver; gives its secret. */
export async function subscribe(
  stripe: Stripe,
  receiver: Receiver,
  more: Partial<Stripe.WebhookEndpointCreateParams> = {},
): Promise<{ id: string; secret: string }> {
  const endpoint = await stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ["*"],
    ...more,
  });
  return { id: endpoint.id, secret: endpoint.secret ?? "" };
}

/** A succeeded card payment with its charge expanded. */
export async function pay(
  stripe: Stripe,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<{ intent: Stripe.PaymentIntent; charge: Stripe.Charge }> {
  const intent = await stripe.paymentIntents.create({
    amount: 10_825,
    currency: "usd",
    payment_method: "pm_card_visa",
    confirm: true,
    expand: ["latest_charge.balance_transaction"],
    ...more,
  });
  return { intent, charge: expanded(intent.latest_charge) };
}

/** The object in an expandable field; fails where only the id came. */
export function expanded<T>(field: T | string | null | undefined): T {
  if (typeof field === "string" || field === null || field === undefined) {
    throw new Error(`not expanded: ${String(field)}`);
  }
  return field;
}

/** Waits until `look` gives something, up to 10 s; a count of nothing is nothing. */
export async function until<T>(what: string, look: () => T | undefined | false | 0): Promise<T> {
  const endMs = Date.now() + 10_000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false && found !== 0) return found;
    if (Date.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error("the call was not refused");
}
