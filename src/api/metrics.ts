import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** SL saves a document in tens of milliseconds when well, and may take minutes when not. */
const SL_BUCKETS_SECONDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** A webhook is one insert; Stripe gives up after tens of seconds. */
const WEBHOOK_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const STRIPE_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

type Call = Readonly<{ pair: string; operation: string; outcome: string; durationMs: number }>;

/**
 * What the hub counts. Each function is a plain callback for the part that knows: nothing but this
 * file knows Prometheus. Label values are ids of pairs, names of operations and error codes, never
 * ids of Stripe or SL, so that the number of series stays small.
 */
export type Metrics = Readonly<{
  registry: Registry;
  /** A webhook was answered; `result` is `stored`, `duplicate` or an error code. */
  webhookAnswered(webhook: { pair: string; result: string; durationMs: number }): void;
  /** An event came in another API version than the pair's. */
  foreignVersion(pair: string, apiVersion: string): void;
  runEnded(pair: string, outcome: string): void;
  /** A lane of a worker that died or stood still was taken over. */
  laneTakenOver(pair: string): void;
  /** A run found that it no longer has its lane. */
  fenceLost(pair: string): void;
  attemptEnded(attempt: { pair: string; step: string; outcome: string }): void;
  slCalled(call: Call): void;
  stripeCalled(call: Call): void;
  /** Work that the sweeper found lying about; more than zero is an alert. */
  strayWork(kind: string, count: number): void;
  lanesCounted(lanes: LaneGauges): void;
  openOutcomesCounted(pair: string, count: number): void;
  parkedCounted(parked: { pair: string; category: string; count: number }[]): void;
  heldCounted(held: { pair: string; kind: string; count: number }[]): void;
  reviewsCounted(open: { pair: string; count: number }[]): void;
  /** Sales orders that are not closed, and closed ones with money that is overdue. */
  ordersCounted(orders: { pair: string; state: string; count: number }[]): void;
  /** Events that Stripe was asked for and the hub did not have, by `pull` or by `gap`. */
  eventsTaken(taken: { pair: string; kind: string; stored: number; refused: number }): void;
  /** A notice of an alert was tried. */
  noticeSent(sent: { channel: string; result: "taken" | "failed" }): void;
  alertsCounted(alerts: readonly { rule: string; pair: string; count: number }[]): void;
  channelsCounted(channels: readonly { name: string; isFailing: boolean }[]): void;
  rowsCounted(rows: readonly { pair: string; open: number; late: number }[]): void;
  walksCounted(walks: readonly WalkGauges[]): void;
  subscribersCounted(subscribers: readonly SubscriberGauges[]): void;
  databaseAnswered(isUp: boolean): void;
}>;

/** What a subscriber has not taken yet, as it is when `/metrics` is asked for. */
export type SubscriberGauges = Readonly<{ id: string; waiting: number; isDisabled: boolean }>;

/** How far Stripe was asked for a pair's events, as it is when `/metrics` is asked for. */
export type WalkGauges = Readonly<{
  pair: string;
  kind: string;
  behindSeconds: number;
  /** 0 to 1; null while no long way is under way. */
  progress: number | null;
}>;

/** The lanes and the state of each pair, as they are when `/metrics` is asked for. */
export type LaneGauges = readonly Readonly<{
  pair: string;
  waiting: number;
  due: number;
  owned: number;
  oldestDueSeconds: number;
  isCircuitOpen: boolean;
  isPaused: boolean;
}>[];

/** The counters of one hub process, with those of the process itself. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return { registry, ...countWork(registry), ...countCalls(registry), ...countStates(registry) };
}

function countWork(registry: Registry) {
  const registers = [registry];
  const events = new Counter({
    name: "slipway_events_received_total",
    help: "Webhooks answered, by result: stored, duplicate or an error code",
    labelNames: ["pair", "result"],
    registers,
  });
  const webhookSeconds = new Histogram({
    name: "slipway_webhook_seconds",
    help: "Time from the request to the answer of a webhook",
    labelNames: ["result"],
    buckets: WEBHOOK_BUCKETS_SECONDS,
    registers,
  });
  const versions = new Counter({
    name: "slipway_events_foreign_version_total",
    help: "Events in another API version than the pair's",
    labelNames: ["pair", "version"],
    registers,
  });
  const runs = new Counter({
    name: "slipway_runs_total",
    help: "Runs by outcome",
    labelNames: ["pair", "outcome"],
    registers,
  });
  const takeOvers = new Counter({
    name: "slipway_lane_take_overs_total",
    help: "Lanes taken over from a process that died or stood still",
    labelNames: ["pair"],
    registers,
  });
  const fences = new Counter({
    name: "slipway_fence_lost_total",
    help: "Runs that found their lane taken over and stopped without writing",
    labelNames: ["pair"],
    registers,
  });
  const stray = new Counter({
    name: "slipway_stray_work_total",
    help: "Work that the sweeper found lying about; more than zero is an alert",
    labelNames: ["kind"],
    registers,
  });
  const taken = new Counter({
    name: "slipway_events_taken_total",
    help: "Events that Stripe was asked for, by kind (pull, gap) and result (stored, refused)",
    labelNames: ["pair", "kind", "result"],
    registers,
  });
  const notices = new Counter({
    name: "slipway_alert_notices_total",
    help: "Notices of alerts that were tried, by channel and result (taken, failed)",
    labelNames: ["channel", "result"],
    registers,
  });
  return {
    noticeSent: (sent) => notices.inc(sent),
    eventsTaken({ pair, kind, stored, refused }) {
      taken.inc({ pair, kind, result: "stored" }, stored);
      taken.inc({ pair, kind, result: "refused" }, refused);
    },
    webhookAnswered({ pair, result, durationMs }) {
      events.inc({ pair, result });
      webhookSeconds.observe({ result }, durationMs / 1000);
    },
    foreignVersion: (pair, version) => versions.inc({ pair, version }),
    runEnded: (pair, outcome) => runs.inc({ pair, outcome }),
    laneTakenOver: (pair) => takeOvers.inc({ pair }),
    fenceLost: (pair) => fences.inc({ pair }),
    strayWork: (kind, count) => stray.inc({ kind }, count),
  } satisfies Partial<Metrics>;
}

function countCalls(registry: Registry) {
  const registers = [registry];
  const attempts = new Counter({
    name: "slipway_attempts_total",
    help: "Sends by step and outcome",
    labelNames: ["pair", "step", "outcome"],
    registers,
  });
  const labelNames = ["pair", "operation", "outcome"] as const;
  const slSeconds = new Histogram({
    name: "slipway_sl_call_seconds",
    help: "Duration of calls to Dynamics SL, by operation and outcome",
    labelNames,
    buckets: SL_BUCKETS_SECONDS,
    registers,
  });
  const stripeSeconds = new Histogram({
    name: "slipway_stripe_call_seconds",
    help: "Duration of calls to Stripe, by operation and outcome",
    labelNames,
    buckets: STRIPE_BUCKETS_SECONDS,
    registers,
  });
  return {
    attemptEnded: (labels) => attempts.inc(labels),
    slCalled: ({ durationMs, ...labels }) => slSeconds.observe(labels, durationMs / 1000),
    stripeCalled: ({ durationMs, ...labels }) => stripeSeconds.observe(labels, durationMs / 1000),
  } satisfies Partial<Metrics>;
}

function countStates(registry: Registry) {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const lanes = gauge("slipway_lanes", "Lanes by state: waiting, due, owned", ["pair", "state"]);
  const oldest = gauge("slipway_oldest_due_seconds", "Age of the longest due lane", ["pair"]);
  const circuit = gauge("slipway_circuit_open", "1 while SL does not answer", ["pair"]);
  const paused = gauge("slipway_pair_paused", "1 while the pair is paused", ["pair"]);
  const parked = gauge("slipway_parked_open", "Runs that wait for a person", ["pair", "category"]);
  const held = gauge("slipway_held", "Sales that a rule or a word holds back", ["pair", "kind"]);
  const reviews = gauge("slipway_customer_reviews_open", "Buyers that wait for a person", ["pair"]);
  const orders = gauge(
    "slipway_orders",
    "Sales orders by state: held, open, and overdue where money of a closed one has no document",
    ["pair", "state"],
  );
  const open = gauge("slipway_open_outcomes", "Sends without an answer", ["pair"]);
  const database = gauge("slipway_database_up", "1 while the database answers", []);
  const alerts = gauge("slipway_alerts_open", "Alerts that are open", ["rule", "pair"]);
  const failing = gauge(
    "slipway_alert_channel_failing",
    "1 while the newest notice to the channel was not taken",
    ["channel"],
  );
  return {
    ...countSubscribers(gauge),
    ...countWalks(gauge),
    alertsCounted(counted) {
      alerts.reset();
      for (const { rule, pair, count } of counted) alerts.set({ rule, pair }, count);
    },
    channelsCounted(channels) {
      failing.reset();
      for (const { name, isFailing } of channels) failing.set({ channel: name }, isFailing ? 1 : 0);
    },
    lanesCounted(counted) {
      for (const { pair, waiting, due, owned, oldestDueSeconds, ...held } of counted) {
        lanes.set({ pair, state: "waiting" }, waiting);
        lanes.set({ pair, state: "due" }, due);
        lanes.set({ pair, state: "owned" }, owned);
        oldest.set({ pair }, oldestDueSeconds);
        circuit.set({ pair }, held.isCircuitOpen ? 1 : 0);
        paused.set({ pair }, held.isPaused ? 1 : 0);
      }
    },
    parkedCounted(counted) {
      // A category whose last run was resumed has no row any more: its gauge must not stand still.
      parked.reset();
      for (const { pair, category, count } of counted) parked.set({ pair, category }, count);
    },
    heldCounted(counted) {
      held.reset();
      for (const { pair, kind, count } of counted) held.set({ pair, kind }, count);
    },
    reviewsCounted(counted) {
      reviews.reset();
      for (const { pair, count } of counted) reviews.set({ pair }, count);
    },
    ordersCounted(counted) {
      orders.reset();
      for (const { pair, state, count } of counted) orders.set({ pair, state }, count);
    },
    openOutcomesCounted: (pair, count) => open.set({ pair }, count),
    databaseAnswered: (isUp) => database.set(isUp ? 1 : 0),
  } satisfies Partial<Metrics>;
}

/** How far Stripe's lists are read, and what of the rows has no document. */
function countWalks(
  gauge: <L extends string>(name: string, help: string, labelNames: readonly L[]) => Gauge<L>,
): Pick<Metrics, "rowsCounted" | "walksCounted"> {
  const rows = gauge(
    "slipway_rows_unowned",
    "Balance transactions without a document, by state: open, and late of which a day is over",
    ["pair", "state"],
  );
  const walkLabels = ["pair", "kind"] as const;
  const behind = gauge(
    "slipway_events_asked_seconds_ago",
    "Age of the last time that Stripe was asked to the end, by kind: pull and gap for events, rows",
    walkLabels,
  );
  const progress = gauge(
    "slipway_events_progress",
    "Share of a long way through Stripe's lists that is done, 1 while there is none",
    walkLabels,
  );
  return {
    rowsCounted(counted) {
      rows.reset();
      for (const { pair, open: all, late } of counted) {
        rows.set({ pair, state: "open" }, all);
        rows.set({ pair, state: "late" }, late);
      }
    },
    walksCounted(walks) {
      behind.reset();
      progress.reset();
      for (const { pair, kind, ...walk } of walks) {
        behind.set({ pair, kind }, walk.behindSeconds);
        progress.set({ pair, kind }, walk.progress ?? 1);
      }
    },
  };
}

function countSubscribers(
  gauge: (name: string, help: string, labelNames: readonly "subscriber"[]) => Gauge<"subscriber">,
): Pick<Metrics, "subscribersCounted"> {
  const waiting = gauge("slipway_deliveries_waiting", "Events that a subscriber has not taken", [
    "subscriber",
  ]);
  const disabled = gauge("slipway_subscriber_disabled", "1 while it is told nothing", [
    "subscriber",
  ]);
  return {
    subscribersCounted(subscribers) {
      waiting.reset();
      disabled.reset();
      for (const { id, ...counted } of subscribers) {
        waiting.set({ subscriber: id }, counted.waiting);
        disabled.set({ subscriber: id }, counted.isDisabled ? 1 : 0);
      }
    },
  };
}
