import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import Stripe from "stripe";
import { HubError } from "../base/errors.ts";
import { Limiter } from "./limiter.ts";
import { readFile } from "./read-file.ts";
import { asStripeError } from "./stripe-errors.ts";
import { type CurrencyExponents, type ToMoney, toMoneyBy } from "./units.ts";
import { asWire, type Wire } from "./wire.ts";

/** The version all objects are read in, whatever the account or its webhooks use. */
export const PINNED_API_VERSION = "2026-10-28.endive";

/** One at once for a broken connection; patience beyond that is the lanes' business. */
const NETWORK_RETRIES = 1;
const PAGE_SIZE = 100;

/** One call for the metrics: which, how it ended (`ok` or an error code), how long it took. */
export type StripeCall = Readonly<{ operation: string; outcome: string; durationMs: number }>;
/** Told of every call after it ended; retries of the SDK count as part of their call. */
export type StripeHooks = Readonly<{ onCall?: (call: StripeCall) => void }>;

/** What of a pair's settings Stripe needs; a pair's `stripe` settings fit. */
export type StripeSettings = Readonly<{
  secretKey: Readonly<{ reveal(): string }>;
  /** Another address than Stripe's own, for a sandbox. */
  apiBase?: string | undefined;
  /** Calls at once. */
  callLimit: number;
  /** Seconds that one try of a call may take: one that takes longer will not come. */
  callTimeout: number;
}>;

/** What of a pair's settings this folder needs; a pair's settings fit. */
export type AccountSettings = Readonly<{
  stripe: StripeSettings;
  currencyExponents: CurrencyExponents;
  customer?: Readonly<{ taxId?: unknown }>;
  /** The tax policy: only `sl` needs to know which rates a tax is of. */
  tax?: string;
  /** What becomes of invoices for nothing: `skip` or `book`. */
  zeroInvoice?: string;
  /** When an invoice is a sale: once it is paid, or as soon as it is finalised. */
  invoice?: Readonly<{ when: string }>;
}>;

export type ListPage = Readonly<{ data: readonly unknown[]; has_more: boolean }>;
export type Paging = Readonly<{ limit: number; starting_after?: string }>;

/**
 * The account of one pair: the official SDK at the pinned version, kept-alive connections, at most
 * `stripe.call-limit` calls at once, errors as HubErrors, answers as plain objects.
 */
export class StripeApi {
  readonly sdk: Stripe;
  /** How this account's amounts are read. */
  readonly toMoney: ToMoney;
  /**
   * What expands a customer. Tax ids are asked for only where a setting wants them: a restricted
   * key that may not see them would have every reading refused.
   */
  readonly customerPath: "customer" | "customer.tax_ids";
  /** Whether the tax rates that invoices name are read with them. */
  readonly readsTaxRates: boolean;
  /** Whether an invoice is a sale before it is paid. */
  readonly booksOpen: boolean;
  /** Whether a paid invoice for nothing is a sale. */
  readonly booksNothing: boolean;
  readonly #limiter: Limiter;
  readonly #settings: StripeSettings;
  readonly #onCall: (call: StripeCall) => void;

  constructor(settings: AccountSettings, hooks: StripeHooks = {}) {
    this.sdk = createSdk(settings.stripe);
    this.toMoney = toMoneyBy(settings.currencyExponents);
    this.customerPath = settings.customer?.taxId === undefined ? "customer" : "customer.tax_ids";
    this.booksOpen = settings.invoice?.when === "finalized";
    this.booksNothing = settings.zeroInvoice === "book";
    this.readsTaxRates = settings.tax === "sl";
    this.#settings = settings.stripe;
    this.#limiter = new Limiter(settings.stripe.callLimit);
    this.#onCall = hooks.onCall ?? (() => undefined);
  }

  /** One call that answers an object. */
  async one(operation: string, call: () => Promise<unknown>, signal?: AbortSignal): Promise<Wire> {
    return asWire(await this.#call(operation, call, signal), operation);
  }

  /** The text of a file, by its id. */
  file(operation: string, id: string, signal?: AbortSignal): Promise<string> {
    return this.#call(operation, () => readFile(this.#settings, id), signal);
  }

  /** A list with all its pages, in Stripe's order (newest first unless the list says otherwise). */
  async all(
    operation: string,
    page: (paging: Paging) => Promise<ListPage>,
    signal?: AbortSignal,
  ): Promise<readonly Wire[]> {
    const found: Wire[] = [];
    for await (const wire of this.each(operation, page, signal)) found.push(wire);
    return found;
  }

  /** A list of any length, page by page. */
  async *each(
    operation: string,
    page: (paging: Paging) => Promise<ListPage>,
    signal?: AbortSignal,
  ): AsyncIterable<Wire> {
    for await (const { members } of this.pages(operation, page, signal)) yield* members;
  }

  /** The pages of a list, each with whether another comes after it. */
  async *pages(
    operation: string,
    page: (paging: Paging) => Promise<ListPage>,
    signal?: AbortSignal,
  ): AsyncIterable<Readonly<{ members: readonly Wire[]; isLast: boolean }>> {
    let after: string | undefined;
    for (;;) {
      const paging =
        after === undefined ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, starting_after: after };
      const answer = await this.#call(operation, () => page(paging), signal);
      const members = answer.data.map((member) => asWire(member, operation));
      const last = members.at(-1)?.id;
      const isLast = !answer.has_more || typeof last !== "string";
      yield { members, isLast };
      if (isLast) return;
      after = last;
    }
  }

  async #call<T>(operation: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const startedMs = performance.now();
    const report = (outcome: string) =>
      this.#onCall({ operation, outcome, durationMs: performance.now() - startedMs });
    try {
      const answer = await this.#limiter.run(() => untilAborted(begin(call), signal), signal);
      report("ok");
      return answer;
    } catch (thrown) {
      const error =
        signal?.aborted === true ? stopped(operation) : asStripeError(thrown, operation);
      report(error.code);
      throw error;
    }
  }
}

/**
 * Begins a call of the SDK, which notes the stack of whoever calls it for the case that it fails:
 * that costs a tenth of the call, and our errors name the operation.
 */
function begin<T>(call: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return call();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function createSdk(settings: StripeSettings): Stripe {
  const base = settings.apiBase === undefined ? undefined : new URL(settings.apiBase);
  const sockets = { keepAlive: true, maxSockets: settings.callLimit };
  const isPlain = base?.protocol === "http:";
  return new Stripe(settings.secretKey.reveal(), {
    apiVersion: PINNED_API_VERSION,
    maxNetworkRetries: NETWORK_RETRIES,
    timeout: settings.callTimeout * 1000,
    telemetry: false,
    appInfo: { name: "slipway" },
    httpAgent: isPlain ? new HttpAgent(sockets) : new HttpsAgent(sockets),
    ...(base === undefined
      ? {}
      : {
          host: base.hostname,
          port: base.port === "" ? (isPlain ? 80 : 443) : Number(base.port),
          protocol: isPlain ? ("http" as const) : ("https" as const),
        }),
  });
}

/**
 * The SDK takes no signal: an aborted call is left to run out on its own, and nobody waits for it.
 * All calls are reads, merges of metadata or orders of a report, so one that still takes effect
 * does no harm.
 */
function untilAborted<T>(call: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return call;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function stopped(operation: string): HubError {
  return new HubError("stripe.unavailable", `${operation} was stopped before Stripe answered`, {
    facts: { operation },
  });
}
