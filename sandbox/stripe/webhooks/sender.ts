import { seededRandom } from "../random.ts";
import type { DeliveryRow, EventRow, WebhookEndpointRow } from "../store/catalog-rows.ts";
import type { World } from "../world.ts";
import { Poster } from "./post.ts";
import { eventInVersion, thinEvent } from "./render.ts";
import { signatureHeader } from "./sign.ts";

/** One sending of one delivery; a copy is the second of a doubled one and settles nothing. */
type Job = { delivery: string; isCopy: boolean };

type Lane = { waiting: Job[]; inFlight: number };

/** What is on its way; all zero when every delivery has ended. */
export type SenderState = { queued: number; inFlight: number; pending: number };

/**
 * Brings events to their endpoints: signed, at most `concurrency` at a time for each, again after a
 * growing wait until a 2xx. What is owed lies in the delivery rows; this only carries it.
 */
export class WebhookSender {
  readonly #world: World;
  readonly #poster = new Poster();
  #lanes = new Map<string, Lane>();
  #shuffling: Job[] = [];
  #held: Job[] = [];
  #timers = new Set<() => void>();
  #random = seededRandom(1);
  /** Moved on by `reload`: answers to what was sent before no longer count. */
  #epoch = 0;
  #isClosed = false;

  constructor(world: World) {
    this.#world = world;
    world.onCommitted = (events) => this.#take(events);
  }

  /** Forgets all that is on its way and starts from the rows: after a start, reset or restore. */
  reload(): void {
    this.#epoch += 1;
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
    this.#lanes = new Map();
    this.#shuffling = [];
    this.#held = [];
    this.reseed();
    for (const row of this.#world.tables.delivery.by("waiting", "yes")) {
      this.#waitFor(row, { delivery: row.id, isCopy: false });
    }
  }

  /** Starts the chances over from the seed of the switches. */
  reseed(): void {
    this.#random = seededRandom(this.#world.settings.webhooks.seed);
  }

  /** Sends deliveries that were written without an event of the running change. */
  send(deliveries: readonly DeliveryRow[]): void {
    for (const row of deliveries) this.#waitFor(row, { delivery: row.id, isCopy: false });
  }

  /** Lets go what a pause has held back. */
  resume(): void {
    const held = this.#held;
    this.#held = [];
    for (const job of held) this.#mix(job);
    for (const endpoint of this.#lanes.keys()) this.#pump(endpoint);
  }

  state(): SenderState {
    let queued = this.#shuffling.length + this.#held.length;
    let inFlight = 0;
    for (const lane of this.#lanes.values()) {
      queued += lane.waiting.length;
      inFlight += lane.inFlight;
    }
    return { queued, inFlight, pending: this.#world.tables.delivery.by("waiting", "yes").length };
  }

  close(): void {
    this.#isClosed = true;
    this.#epoch += 1;
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
    this.#poster.close();
  }

  #take(events: readonly EventRow[]): void {
    for (const event of events) {
      for (const row of this.#world.tables.delivery.by("event", event.id)) this.#admit(row);
    }
  }

  /** Draws the lots for a new delivery: lost, sent once, or sent twice. */
  #admit(row: DeliveryRow): void {
    const switches = this.#world.settings.webhooks;
    const isDropped = this.#counted("dropNext") || this.#chance(switches.dropProbability);
    if (isDropped) {
      // As if something in between had swallowed it and answered 200: Stripe never sends it again.
      this.#world.change(() =>
        this.#world.tables.delivery.put({ ...row, status: "delivered", last_status: 200 }),
      );
      return;
    }
    this.#waitFor(this.#spread(row), { delivery: row.id, isCopy: false });
    const isDoubled = this.#counted("doubleNext") || this.#chance(switches.doubleProbability);
    if (isDoubled) this.#waitFor(this.#spread(row), { delivery: row.id, isCopy: true });
  }

  /** The delivery as late as the lot makes it; a copy has a lot of its own. */
  #spread(row: DeliveryRow): DeliveryRow {
    const { spreadMs = 0 } = this.#world.settings.webhooks;
    if (spreadMs === 0) return row;
    const next_ms = row.next_ms + Math.floor(this.#random() * spreadMs);
    return { ...row, next_ms };
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.#random() < probability;
  }

  #counted(name: "doubleNext" | "dropNext"): boolean {
    const settings = this.#world.settings;
    const left = settings.webhooks[name];
    if (left <= 0) return false;
    const webhooks = { ...settings.webhooks, [name]: left - 1 };
    this.#world.change(() => this.#world.tables.settings.put({ ...settings, webhooks }));
    return true;
  }

  #waitFor(row: DeliveryRow, job: Job): void {
    const delayMs = row.next_ms - this.#world.clock.nowMs();
    if (delayMs <= 0) this.#hold(job);
    else this.#later(delayMs, () => this.#hold(job));
  }

  #later(delayMs: number, run: () => void): void {
    const callOff = this.#world.clock.after(delayMs, () => {
      this.#timers.delete(callOff);
      run();
    });
    this.#timers.add(callOff);
  }

  #hold(job: Job): void {
    if (this.#world.settings.webhooks.pause) this.#held.push(job);
    else this.#mix(job);
  }

  #mix(job: Job): void {
    const { shuffleBuffer, shuffleFlushMs } = this.#world.settings.webhooks;
    if (shuffleBuffer <= 1) {
      this.#queue(job);
      return;
    }
    this.#shuffling.push(job);
    if (this.#shuffling.length >= shuffleBuffer) this.#deal();
    else if (this.#shuffling.length === 1) this.#later(shuffleFlushMs, () => this.#deal());
  }

  /** Fisher and Yates with the seeded stream. */
  #deal(): void {
    const jobs = this.#shuffling;
    this.#shuffling = [];
    while (jobs.length > 0) {
      const [job] = jobs.splice(Math.floor(this.#random() * jobs.length), 1);
      if (job !== undefined) this.#queue(job);
    }
  }

  #queue(job: Job): void {
    const row = this.#world.tables.delivery.get(job.delivery);
    if (row === undefined) return;
    const lane = this.#lanes.get(row.endpoint) ?? { waiting: [], inFlight: 0 };
    this.#lanes.set(row.endpoint, lane);
    lane.waiting.push(job);
    this.#pump(row.endpoint);
  }

  #pump(endpoint: string): void {
    const lane = this.#lanes.get(endpoint);
    const { concurrency, pause } = this.#world.settings.webhooks;
    while (lane !== undefined && !pause && !this.#isClosed && lane.inFlight < concurrency) {
      const job = lane.waiting.shift();
      if (job === undefined) return;
      lane.inFlight += 1;
      void this.#attempt(job).finally(() => {
        lane.inFlight -= 1;
        this.#pump(endpoint);
      });
    }
  }

  async #attempt(job: Job): Promise<void> {
    const { tables, settings } = this.#world;
    const row = tables.delivery.get(job.delivery);
    const event = row === undefined ? undefined : tables.event.get(row.event);
    if (row === undefined || event === undefined) return;
    if (row.status !== "pending" && !job.isCopy) return;
    const endpoint = tables.webhook_endpoint.get(row.endpoint);
    if (endpoint === undefined || endpoint.status === "disabled") {
      this.#settle(row.id, { ...row, status: "failed" });
      return;
    }
    const apiVersion = endpoint.api_version ?? settings.apiVersion;
    const shown = settings.webhooks.thin
      ? thinEvent(event)
      : eventInVersion(this.#world, event, apiVersion);
    const epoch = this.#epoch;
    const status = await this.deliver(endpoint, JSON.stringify(shown, null, 2));
    if (epoch === this.#epoch && !job.isCopy) this.#conclude(row.id, status);
  }

  /** Signs a body anew and posts it; the status, or 0 for no answer. */
  deliver(endpoint: WebhookEndpointRow, body: string): Promise<number> {
    const { timeoutMs, signatureAgeMs, ownTime = false } = this.#world.settings.webhooks;
    const now = this.#world.clock.nowMs();
    const secrets = endpoint.secrets.filter(
      ({ expires_ms }) => expires_ms === null || expires_ms > now,
    );
    // The receiver's own clock judges the age, and mostly that is the machine's.
    const timestamp = Math.floor(((ownTime ? now : Date.now()) - signatureAgeMs) / 1000);
    const signature = signatureHeader(
      body,
      secrets.map(({ secret }) => secret),
      timestamp,
    );
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-cache",
      "stripe-signature": signature,
      "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    };
    return this.#poster.post(endpoint.url, body, { headers, timeoutMs });
  }

  #conclude(id: string, status: number): void {
    const row = this.#world.tables.delivery.get(id);
    if (row?.status !== "pending") return;
    const attempts = row.attempts + 1;
    const tried = { ...row, attempts, last_status: status };
    if (status >= 200 && status < 300) {
      this.#settle(id, { ...tried, status: "delivered" });
      return;
    }
    const { firstRetryMs, retryFactor, retriesMax } = this.#world.settings.webhooks;
    if (attempts > retriesMax) {
      this.#settle(id, { ...tried, status: "failed" });
      return;
    }
    const delayMs = firstRetryMs * retryFactor ** (attempts - 1);
    const next_ms = this.#world.clock.nowMs() + delayMs;
    this.#settle(id, { ...tried, next_ms });
    this.#later(delayMs, () => this.#hold({ delivery: id, isCopy: false }));
  }

  #settle(id: string, row: DeliveryRow): void {
    if (this.#world.tables.delivery.get(id) === undefined) return;
    this.#world.change(() => this.#world.tables.delivery.put(row));
  }
}
