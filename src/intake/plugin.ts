import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Clock, systemClock } from "../base/clock.ts";
import type { ErrorCode } from "../base/error-codes.ts";
import { HubError, toHubError } from "../base/errors.ts";
import { type Log, silentLog } from "../base/log.ts";
import { classifyEvent, type EventClass, type EventHead, isThinEvent } from "../events/index.ts";
import { readArrival } from "./arrival.ts";
import type { ReadEvent } from "./body.ts";
import type { GroupCommitter, StoreResult } from "./group-committer.ts";
import { verifySignature } from "./signature.ts";

/** Stripe's events are a few kilobytes; a megabyte holds an invoice with hundreds of lines. */
const BODY_BYTES_MAX = 1_024 * 1_024;
/** Long enough for a database to restart, far shorter than Stripe's own schedule. */
const RETRY_AFTER_SECONDS = 5;

/** What intake must know about a pair. */
export type IntakePair = Readonly<{
  /** False where the pair pulls its events and takes no webhooks. Default true. */
  takesWebhooks?: boolean;
  /** Whether it books invoices before they are paid. Default false. */
  booksOpenInvoices?: boolean;
  /** Every signing secret of the pair's endpoints; two while one is being rolled. */
  secrets: readonly string[];
  /** The API version that this pair's events are expected in. */
  pinnedVersion: string;
}>;

/** What intake counts. */
export type IntakeMetrics = Readonly<{
  /** One call for each request; `pair` is `unknown` where the URL names none of ours. */
  webhookAnswered(webhook: {
    pair: string;
    result: StoreResult | ErrorCode;
    durationMs: number;
  }): void;
  /** An event was accepted in another API version than the pinned one. */
  foreignVersion(pair: string, apiVersion: string): void;
}>;

/** What the intake needs from the rest of the hub. */
export type IntakeOptions = Readonly<{
  pairs: (id: string) => IntakePair | undefined;
  committer: GroupCommitter;
  /** What an event means; the default is the table of this version. */
  classify?: (event: EventHead) => EventClass;
  log?: Log;
  clock?: Clock;
  metrics?: IntakeMetrics;
  /** Called for each accepted thin event, which a run will park. */
  onThin?: (pair: string) => void;
}>;

const PULLS_ALONE = "This pair asks Stripe for its events and takes no webhooks";

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  "intake.signature_missing": 400,
  "intake.signature_invalid": 400,
  "intake.signature_stale": 400,
  "intake.body_invalid": 400,
  "intake.body_too_large": 413,
  "intake.pair_unknown": 404,
  "intake.webhooks_off": 404,
  "intake.unavailable": 503,
};

type WebhookRequest = FastifyRequest<{ Params: { pair: string }; Body: Buffer | undefined }>;

/** A request whose encoding we refuse unread; the code is that of any unreadable body. */
class EncodingError extends HubError {
  constructor() {
    super("intake.body_invalid", "The body is encoded");
  }
}

/**
 * Serves `POST /webhooks/stripe/:pair`. A webhook that gets 2xx is on disk; whatever is refused
 * leaves nothing behind. The raw body parser is registered for this route alone.
 */
export async function registerIntake(app: FastifyInstance, options: IntakeOptions): Promise<void> {
  const door = new IntakeDoor(options);
  await app.register(async (webhooks) => {
    webhooks.removeAllContentTypeParsers();
    webhooks.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
      done(null, body);
    });
    webhooks.setErrorHandler((error, request, reply) => door.refuse(error, request, reply));
    webhooks.post<{ Params: { pair: string }; Body: Buffer | undefined }>(
      "/webhooks/stripe/:pair",
      {
        bodyLimit: BODY_BYTES_MAX,
        onRequest: (request, _reply, done) => done(door.refusalOf(request)),
      },
      (request, reply) => door.accept(request, reply),
    );
  });
}

class IntakeDoor {
  readonly #options: IntakeOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  /** Pair and version of which a warning has been given. */
  readonly #warnedVersions = new Set<string>();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#clock = options.clock ?? systemClock;
  }

  /** What can be refused before the body is read, by the head alone. */
  refusalOf(request: WebhookRequest): HubError | undefined {
    const pair = this.#options.pairs(request.params.pair);
    if (pair === undefined) return unknownPair();
    if (pair.takesWebhooks === false) return new HubError("intake.webhooks_off", PULLS_ALONE);
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding.toLowerCase() !== "identity") return new EncodingError();
    if (request.headers["stripe-signature"] !== undefined) return undefined;
    return new HubError("intake.signature_missing", "The Stripe-Signature header is missing");
  }

  async accept(request: WebhookRequest, reply: FastifyReply): Promise<FastifyReply> {
    const pair = this.#options.pairs(request.params.pair);
    if (pair === undefined) throw unknownPair();
    const rawBody = request.body ?? Buffer.alloc(0);
    verifySignature({
      header: String(request.headers["stripe-signature"]),
      rawBody,
      secrets: pair.secrets,
      now: this.#clock.now(),
    });
    const { event, arrived } = readArrival(rawBody, {
      pair: request.params.pair,
      via: "webhook",
      classify: this.#options.classify ?? ((head) => classifyEvent(head, pair.booksOpenInvoices)),
    });
    const result = await this.#options.committer.add(arrived);
    this.#note(request.params.pair, pair, event);
    this.#count(request.params.pair, result, reply);
    return reply.type("application/json").send('{"received":true}');
  }

  /** Code and request id for the caller; what else is known goes to the log. */
  refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const error = fromFramework(thrown);
    const { code, message, facts, cause } = error;
    const status = thrown instanceof EncodingError ? 415 : (STATUS[code] ?? 500);
    const logged = { code, requestId: request.id, url: request.url, ...facts };
    if (status >= 500) this.#log.error({ ...logged, cause: String(cause ?? "") }, message);
    else this.#log.warn(logged, message);
    const pair = (request as WebhookRequest).params.pair;
    this.#count(this.#options.pairs(pair) === undefined ? "unknown" : pair, code, reply);
    if (code === "intake.unavailable") reply.header("retry-after", RETRY_AFTER_SECONDS);
    const told = status === 500 ? "The hub could not take this event" : message;
    return reply.code(status).send({ error: { code, message: told, requestId: request.id } });
  }

  #count(pair: string, result: StoreResult | ErrorCode, reply: FastifyReply): void {
    const durationMs = reply.elapsedTime;
    this.#options.metrics?.webhookAnswered({ pair, result, durationMs });
  }

  #note(pairId: string, pair: IntakePair, event: ReadEvent): void {
    if (isThinEvent(event)) this.#options.onThin?.(pairId);
    const version = event.apiVersion;
    if (version === null || version === pair.pinnedVersion) return;
    this.#options.metrics?.foreignVersion(pairId, version);
    const seen = `${pairId}\n${version}`;
    if (this.#warnedVersions.has(seen)) return;
    this.#warnedVersions.add(seen);
    const facts = { pair: pairId, version, pinnedVersion: pair.pinnedVersion };
    this.#log.warn(
      facts,
      "Events of another API version than the pinned one arrive; all are taken",
    );
  }
}

function unknownPair(): HubError {
  return new HubError("intake.pair_unknown", "No such pair takes webhooks here");
}

/** Fastify's own refusals under our codes. */
function fromFramework(thrown: unknown): HubError {
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return new HubError("intake.body_too_large", "The body is larger than one mebibyte");
  }
  if (!(thrown instanceof HubError) && typeof statusCode === "number" && statusCode < 500) {
    return new HubError("intake.body_invalid", "The request is not readable", { cause: thrown });
  }
  return toHubError(thrown);
}
