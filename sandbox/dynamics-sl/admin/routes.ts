import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import type { CallLog } from "../calls.ts";
import { FaultInput, type Faults } from "../faults.ts";
import { orderFor } from "../rules/orders/fields.ts";
import { postAll } from "../rules/posting.ts";
import { Refusal } from "../soap/fault.ts";
import type { Row } from "../tables/store.ts";
import type { World } from "../world.ts";
import {
  cancelOneShipper,
  InvoiceInput,
  invoiceShippers,
  listOrders,
  PaymentInput,
  payOrder,
  personalOrderStep,
  ReturnInput,
  ShipInput,
  ship,
  summary,
  takeBack,
} from "./orders.ts";
import {
  CustomerInput,
  PeriodInput,
  periods,
  personalStep,
  RateInput,
  setCustomerStatus,
  setPeriods,
  setRate,
} from "./people.ts";
import { EditInput, editRow, readRows, tableCounts } from "./rows.ts";
import type { Snapshots } from "./snapshots.ts";

/** What the admin routes work on. */
export type AdminParts = Readonly<{
  world: World;
  faults: Faults;
  calls: CallLog;
  snapshots: Snapshots;
  /** The seed's rows, for a reset. */
  fresh: () => ReadonlyMap<string, ReadonlyMap<string, Row>>;
}>;

type AdminCall = Readonly<{
  parts: AdminParts;
  query: URLSearchParams;
  body: unknown;
  /** What the pattern of the route caught. */
  caught: readonly string[];
}>;
type Route = Readonly<{
  method: string;
  pattern: RegExp;
  run: (call: AdminCall) => unknown;
}>;

const NameInput = z.strictObject({ name: z.string() });
const ClockInput = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("freeze") }),
  z.strictObject({ action: z.literal("thaw") }),
  z.strictObject({ action: z.literal("advance"), ms: z.number().int().min(0) }),
  z.strictObject({ action: z.literal("shift"), ms: z.number().int() }),
]);

const ROUTES: readonly Route[] = [
  { method: "GET", pattern: /^\/health$/, run: () => ({ ok: true }) },
  { method: "GET", pattern: /^\/tables$/, run: ({ parts }) => tableCounts(parts.world) },
  {
    method: "GET",
    pattern: /^\/rows$/,
    run: ({ parts, query }) => readRows(parts.world, query),
  },
  {
    method: "POST",
    pattern: /^\/rows$/,
    run: ({ parts, body }) => editRow(parts.world, EditInput.parse(body)),
  },
  { method: "POST", pattern: /^\/reset$/, run: ({ parts }) => reset(parts) },
  { method: "GET", pattern: /^\/faults$/, run: ({ parts }) => parts.faults.list() },
  {
    method: "POST",
    pattern: /^\/faults$/,
    run: ({ parts, body }) => ({ id: parts.faults.add(FaultInput.parse(body)) }),
  },
  { method: "DELETE", pattern: /^\/faults$/, run: ({ parts }) => parts.faults.clear() },
  {
    method: "DELETE",
    pattern: /^\/faults\/(\d+)$/,
    run: ({ parts, caught }) => parts.faults.clear(Number(caught[0])),
  },
  { method: "GET", pattern: /^\/clock$/, run: ({ parts }) => clockTime(parts) },
  {
    method: "POST",
    pattern: /^\/clock$/,
    run: ({ parts, body }) => setClock(parts, ClockInput.parse(body)),
  },
  { method: "GET", pattern: /^\/snapshots$/, run: ({ parts }) => parts.snapshots.names() },
  {
    method: "POST",
    pattern: /^\/snapshots$/,
    run: ({ parts, body }) => parts.snapshots.take(NameInput.parse(body).name),
  },
  {
    method: "POST",
    pattern: /^\/restore$/,
    run: ({ parts, body }) => restore(parts, NameInput.parse(body).name),
  },
  { method: "GET", pattern: /^\/switches$/, run: ({ parts }) => parts.world.switches },
  {
    method: "POST",
    pattern: /^\/switches$/,
    run: ({ parts, body }) => {
      parts.world.setSwitches(z.record(z.string(), z.unknown()).parse(body));
      return parts.world.switches;
    },
  },
  { method: "GET", pattern: /^\/calls$/, run: ({ parts }) => parts.calls.report() },
  { method: "DELETE", pattern: /^\/calls$/, run: ({ parts }) => parts.calls.clear() },
  { method: "GET", pattern: /^\/periods$/, run: ({ parts }) => periods(parts.world) },
  {
    method: "POST",
    pattern: /^\/periods$/,
    run: ({ parts, body }) => setPeriods(parts.world, PeriodInput.parse(body)),
  },
  {
    method: "POST",
    pattern: /^\/customers$/,
    run: ({ parts, body }) => setCustomerStatus(parts.world, CustomerInput.parse(body)),
  },
  {
    method: "POST",
    pattern: /^\/rates$/,
    run: ({ parts, body }) => setRate(parts.world, RateInput.parse(body)),
  },
  {
    method: "POST",
    pattern: /^\/batches\/(AR|GL)\/(\w+)\/(void|release|post)$/,
    run: ({ parts, caught }) => personalStep(parts.world, caught),
  },
  {
    method: "GET",
    pattern: /^\/orders$/,
    run: ({ parts, query }) => listOrders(parts.world, query),
  },
  {
    method: "GET",
    pattern: /^\/orders\/([^/]+)$/,
    run: ({ parts, caught }) => summary(parts.world, orderFor(parts.world, caught[0] ?? "")),
  },
  {
    method: "POST",
    pattern: /^\/orders\/([^/]+)\/ship$/,
    run: ({ parts, caught, body }) => ship(parts.world, caught[0] ?? "", ShipInput.parse(body)),
  },
  {
    method: "POST",
    pattern: /^\/orders\/([^/]+)\/return$/,
    run: ({ parts, caught, body }) =>
      takeBack(parts.world, caught[0] ?? "", ReturnInput.parse(body)),
  },
  {
    method: "POST",
    pattern: /^\/orders\/([^/]+)\/payments$/,
    run: ({ parts, caught, body }) =>
      payOrder(parts.world, caught[0] ?? "", PaymentInput.parse(body).amount),
  },
  {
    method: "POST",
    pattern: /^\/orders\/([^/]+)\/(cancel|close|approve|hold|unhold)$/,
    run: ({ parts, caught }) => personalOrderStep(parts.world, caught),
  },
  {
    method: "POST",
    pattern: /^\/shippers\/([^/]+)\/cancel$/,
    run: ({ parts, caught }) => cancelOneShipper(parts.world, caught[0] ?? ""),
  },
  {
    method: "POST",
    pattern: /^\/shippers\/invoice$/,
    run: ({ parts, body }) => invoiceShippers(parts.world, InvoiceInput.parse(body)),
  },
  {
    method: "POST",
    pattern: /^\/post$/,
    run: ({ parts }) => ({ posted: parts.world.store.commit(() => postAll(parts.world)) }),
  },
  {
    method: "DELETE",
    pattern: /^\/stuck-releases$/,
    run: ({ parts }) => parts.world.stuckBatches.clear(),
  },
];

/** `/_sandbox/…`: stands in for people at SL's screens, for the network and for the oracle. */
export class AdminRoutes {
  readonly #parts: AdminParts;

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://sandbox");
    const path = url.pathname.slice("/_sandbox".length);
    const found = ROUTES.map((route) => ({ route, match: route.pattern.exec(path) })).find(
      ({ route, match }) => match !== null && route.method === request.method,
    );
    if (found === undefined) return answer(response, 404, { error: `no route ${path}` });
    try {
      const body = request.method === "POST" ? await readJson(request) : undefined;
      const caught = (found.match ?? []).slice(1);
      const reply = found.route.run({ parts: this.#parts, query: url.searchParams, body, caught });
      answer(response, 200, reply ?? { ok: true });
    } catch (error) {
      if (error instanceof Refusal) return answer(response, 409, { error: error.message });
      answer(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  }
}

function reset(parts: AdminParts): unknown {
  parts.world.store.restore(parts.fresh());
  parts.world.reload();
  parts.world.stuckBatches.clear();
  parts.faults.clear();
  parts.calls.clear();
  return { ok: true };
}

function restore(parts: AdminParts, name: string): unknown {
  if (!parts.snapshots.restore(name)) throw new Error(`there is no snapshot ${name}`);
  parts.world.reload();
  return { ok: true };
}

function clockTime({ world }: AdminParts): unknown {
  return { now: new Date(world.clock.nowMs()).toISOString() };
}

function setClock(parts: AdminParts, input: z.infer<typeof ClockInput>): unknown {
  const { clock } = parts.world;
  if (input.action === "freeze") clock.freeze();
  else if (input.action === "thaw") clock.thaw();
  else if (input.action === "shift") clock.shift(input.ms);
  else clock.advance(input.ms);
  return clockTime(parts);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as unknown);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(json),
  });
  response.end(json);
}
