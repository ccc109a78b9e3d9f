import type { Pool } from "pg";
import type { Clock } from "../base/clock.ts";
import type { CustomerStanding, ItemStanding, OpenInvoice } from "../erp/lookups.ts";
import type { PairRuntime } from "../runs/index.ts";
import { SlDoor } from "./ask-sl.ts";
import { CACHE_RULES, type LookupKind } from "./cache-rules.ts";
import { KeptAnswers } from "./kept-answers.ts";
import {
  askByEmail,
  askCustomer,
  askDocuments,
  askInvoices,
  askItem,
  askOrder,
  type BookedDocument,
  customerIdOf,
  type Found,
  type ItemAsked,
  type OrderStanding,
  orderNumberOf,
} from "./questions.ts";

/** How an answer is wanted. */
export type Wanted = Readonly<{
  pair: string;
  /** Not from the cache. */
  isFresh: boolean;
  withinMs: number;
  /** The caller's end. */
  signal: AbortSignal;
}>;

/** An answer with its age; it may be given again until it is `keepMs` old. */
export type Answered<T> = Readonly<{
  value: T;
  readAt: Date;
  ageMs: number;
  keepMs: number;
  isCached: boolean;
}>;

/**
 * Questions that SL answers at once, within a time limit and by the written rules of the cache.
 * Each throws HubError `config.pair_unknown`, `lookup.not_found`, `lookup.timeout`, `lookup.busy`,
 * `lookup.unavailable`, and what SL refuses.
 */
export type Lookups = Readonly<{
  /** @param id SL's or Stripe's id of the customer */
  customer(wanted: Wanted, id: string): Promise<Answered<CustomerStanding>>;
  /** At most five, each with terms, balance and credit. */
  customersByEmail(wanted: Wanted, email: string): Promise<Answered<readonly CustomerStanding[]>>;
  invoices(wanted: Wanted, id: string): Promise<Answered<readonly OpenInvoice[]>>;
  /** @param id SL's number of the order, or Stripe's id of what it was placed for */
  order(wanted: Wanted, id: string): Promise<Answered<OrderStanding>>;
  item(wanted: Wanted, asked: ItemAsked): Promise<Answered<ItemStanding>>;
  documents(wanted: Wanted, stripeId: string): Promise<Answered<readonly BookedDocument[]>>;
}>;

/** What look-ups need of the process. */
export type LookupDeps = Readonly<{
  pool: Pool;
  clock: Clock;
  /** The process, as its lanes name it. */
  owner: string;
  /** Aborts when the process stops. */
  signal: AbortSignal;
  pair: (id: string) => PairRuntime;
}>;

type Context = Readonly<{ pair: PairRuntime; signal: AbortSignal }>;

/** Look-ups of this process. */
export function createLookups(deps: LookupDeps): Lookups {
  const { pool } = deps;
  const door = new SlDoor(pool, deps.owner);
  const kept = new KeptAnswers(pool, deps.clock);

  async function answer<T>(
    wanted: Wanted,
    question: Readonly<{ kind: LookupKind; name: string }>,
    ask: (context: Context) => Promise<Found<T>>,
  ): Promise<Answered<T>> {
    const pair = deps.pair(wanted.pair);
    const { kind } = question;
    const name = `${kind}\n${question.name}`;
    const { keepMs } = CACHE_RULES[kind];
    const known = async (): Promise<Answered<T> | undefined> => {
      const found = wanted.isFresh ? undefined : await kept.find(pair.id, name);
      if (found === undefined) return undefined;
      const { ageMs } = found;
      const readAt = new Date(deps.clock.now().getTime() - ageMs);
      return { value: found.value as T, readAt, ageMs, keepMs, isCached: true };
    };
    const before = await known();
    if (before !== undefined) return before;
    const signal = AbortSignal.any([wanted.signal, deps.signal]);
    return door.ask({ pair, withinMs: wanted.withinMs, signal }, async (inner) => {
      // Whoever was asked before this one may have asked the same.
      const meanwhile = await known();
      if (meanwhile !== undefined) return meanwhile;
      const askedAtMs = deps.clock.monotonicMs();
      const readAt = deps.clock.now();
      const { value, customers } = await ask({ pair, signal: inner });
      kept.keep(pair.id, name, { value, kind, customers }, askedAtMs);
      return { value, readAt, ageMs: 0, keepMs, isCached: false };
    });
  }

  return {
    customer: async (wanted, id) => {
      const name = await customerIdOf(pool, wanted.pair, id);
      return answer(wanted, { kind: "customer", name }, (context) => askCustomer(context, name));
    },
    customersByEmail: (wanted, email) => {
      const name = email.trim().toLowerCase();
      return answer(wanted, { kind: "customers-by-email", name }, (context) =>
        askByEmail(context, name),
      );
    },
    invoices: async (wanted, id) => {
      const name = await customerIdOf(pool, wanted.pair, id);
      return answer(wanted, { kind: "invoices", name }, (context) => askInvoices(context, name));
    },
    order: async (wanted, id) => {
      const name = await orderNumberOf(pool, wanted.pair, id);
      return answer(wanted, { kind: "order", name }, (context) => askOrder(context, name));
    },
    item: (wanted, asked) =>
      answer(wanted, { kind: "item", name: JSON.stringify(asked) }, (context) =>
        askItem(context, asked),
      ),
    documents: (wanted, stripeId) =>
      answer(wanted, { kind: "documents", name: stripeId }, (context) =>
        askDocuments(context, pool, stripeId),
      ),
  };
}
