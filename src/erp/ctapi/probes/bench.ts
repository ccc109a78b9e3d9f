import { chosenNumber } from "../../../base/ids.ts";
import { type Money, money, toDecimal } from "../../../base/money.ts";
import {
  type EntryDraft,
  type GlAccount,
  type ProbeSettings,
  type ReceivablesScreen,
  screenOf as screenOfDraft,
} from "../../port.ts";
import { batchOf, release, reserve, screenRow } from "../documents.ts";
import { asRow, asRows, type WireRow } from "../envelope.ts";
import { readScreen, readState, type ScreenCache } from "../read-batch.ts";
import { readReleased, releasedRow } from "../read-released.ts";
import { SERVICE, type Site, templateOf } from "../site.ts";
import { isSameId, textOf } from "../wire-values.ts";
import { CannotAsk, needed, tried } from "./asking.ts";

type TestDraft = EntryDraft;

/** AR documents that probes write; memos and prepayments besides what the hub books today. */
export type TestType = "IN" | "DM" | "CM" | "PA" | "PP";

/** A test document as it was saved. */
export type TestDocument = Readonly<{
  type: TestType;
  customerId: string;
  refNbr: string;
  batNbr: string;
  key: string;
  amount: Money;
}>;

/** A match of a paying document with an open one. */
type Match = Readonly<{ target: TestDocument; amount: Money }>;

/** What a test document differs in from the plain one. */
export type Wish = Readonly<{
  minor?: number;
  customerId?: string;
  matches?: readonly Match[];
  /** Saves it by UPDATE into this held batch instead of by an ADD of its own. */
  intoBatch?: string;
  /** The last hand on the screen before it is sent. */
  change?: (screen: WireRow) => WireRow;
}>;

const NOTE = "Written by slipway doctor --probe";
const PAYING = new Set<TestType>(["PA", "PP"]);

/** Writes test documents, remembers each, and knows what they are worth. */
export class ProbeBench {
  readonly settings: ProbeSettings;
  readonly site: Site;
  readonly documents: TestDocument[] = [];
  readonly released = new Set<TestDocument>();
  /** Batches that hold nothing to release, by number, with their screen. */
  readonly heldBatches = new Map<string, string>();
  /** Whatever else was released, in words. */
  readonly alsoReleased: string[] = [];
  readonly #cache: ScreenCache;
  readonly #once = new Map<string, Promise<unknown>>();

  constructor(site: Site, cache: ScreenCache, settings: ProbeSettings) {
    this.site = site;
    this.#cache = cache;
    this.settings = settings;
  }

  /** A step that several probes need and one takes. */
  once<T>(name: string, step: () => Promise<T>): Promise<T> {
    const known = this.#once.get(name);
    if (known !== undefined) return known as Promise<T>;
    const made = step();
    this.#once.set(name, made);
    return made;
  }

  /** Saves an empty held batch of receivables; gives its number and key. */
  async emptyBatch(screen: ReceivablesScreen, signal?: AbortSignal) {
    const key = this.settings.newKey();
    const { batNbr } = await reserve(this.site, this.#head(screen, key), signal);
    this.heldBatches.set(batNbr, SCREEN_NUMBER[screen]);
    return { batNbr, key };
  }

  /** Saves a document on hold. */
  async hold(type: TestType, wish: Wish = {}, signal?: AbortSignal): Promise<TestDocument> {
    const draft = this.#draft(type, wish);
    const screen = await this.screenOf(type, draft, wish);
    const action = wish.intoBatch === undefined ? "ADD" : "UPDATE";
    const inScreen = wish.change === undefined ? screen : wish.change(screen);
    const answer = asRow(await this.send(screenOfDraft(draft), action, inScreen, signal));
    const batNbr = textOf(batchOf(answer), "BatNbr").trim();
    const refNbr = textOf(asRow(answer?.myARDoc), "RefNbr").trim();
    if (batNbr === "" || refNbr === "") throw new CannotAsk("SL saved a document without number");
    const { customerId, key } = draft;
    const amount = draft.kind === "payment" ? draft.amount : draft.total;
    const held = { type, customerId, refNbr, batNbr, key, amount };
    this.heldBatches.delete(batNbr);
    this.documents.push(held);
    return held;
  }

  /** The screen of a document as `hold` would send it. */
  async screenOf(type: TestType, draft: TestDraft, wish: Wish): Promise<WireRow> {
    const template = await templateOf(this.site, SERVICE[screenOfDraft(draft)]);
    const screen = screenRow(this.site, template, wish.intoBatch ?? "", draft);
    return {
      ...screen,
      myARDoc: { ...asRow(screen.myARDoc), DocType: type },
      myARTran: asRows(screen.myARTran).map((line, index) => ({
        ...line,
        ...ownSide(type, wish.matches?.[index]),
        TranType: type,
      })),
    };
  }

  /** A draft that `screenOf` takes. */
  draft(type: TestType, wish: Wish = {}): TestDraft {
    return this.#draft(type, wish);
  }

  send(screen: ReceivablesScreen, actionType: string, inScreen: WireRow, signal?: AbortSignal) {
    const options = { kind: "write", signal } as const;
    return this.site.client.call(SERVICE[screen], "editScreen", { actionType, inScreen }, options);
  }

  /** Releases the document's batch; `undefined` once SL shows it as released, else SL's words. */
  async release(document: TestDocument, signal?: AbortSignal): Promise<string | undefined> {
    const refused = await this.releaseBatch(screenOf(document.type), document.batNbr, signal);
    if (refused === undefined) this.released.add(document);
    return refused;
  }

  /** @throws CannotAsk where SL released, found the batch wanting and suspended it */
  async releaseBatch(screen: ReceivablesScreen, batNbr: string, signal?: AbortSignal) {
    const end = await tried(() => release(this.site, this.#cache, { screen, batNbr }, signal));
    const shown = await readState(this.site, { screen, batNbr }, signal);
    if (shown?.isReleased === true) return undefined;
    const words = "refused" in end ? end.refused : `SL shows batch ${batNbr} as not released`;
    if (shown?.state === "suspended") {
      throw new CannotAsk(`SL released and suspended the test batch ${batNbr}: ${words}`);
    }
    return words;
  }

  /** A document that is held and then released; for probes that need one. */
  async booked(type: TestType, wish: Wish = {}, signal?: AbortSignal): Promise<TestDocument> {
    const document = await needed(`a test ${type}`, () => this.hold(type, wish, signal));
    const refused = await this.release(document, signal);
    if (refused !== undefined) throw new CannotAsk(`it needs a release by the hub: ${refused}`);
    return document;
  }

  /** Applies a released document to another one, in a batch of its own; SL's words if refused. */
  async apply(payer: TestDocument, match: Match, signal?: AbortSignal) {
    const reserved = await tried(() => this.emptyBatch("payment", signal));
    const batNbr = "done" in reserved ? reserved.done.batNbr : "";
    const row = await releasedRow(this.site, payer, signal);
    if (row === undefined) throw new CannotAsk(`SL does not show ${nameOf(payer)} as released`);
    const wish = { customerId: payer.customerId, matches: [match], intoBatch: batNbr };
    const draft = { ...this.#draft("PA", wish), refNbr: payer.refNbr } as TestDraft;
    const screen = await this.screenOf(payer.type, draft, wish);
    const inScreen = {
      // The batch holds no document of its own, so its totals are zero.
      myBatch: { ...asRow(screen.myBatch), ...EMPTY_TOTALS },
      myARDoc: { ...row, ApplBatNbr: batNbr },
      myARTran: asRows(screen.myARTran),
    };
    const action = batNbr === "" ? "ADD" : "UPDATE";
    const end = await tried(() => this.send("payment", action, inScreen, signal));
    if ("refused" in end) return end.refused;
    const savedIn = textOf(batchOf(end.done), "BatNbr").trim();
    this.heldBatches.set(savedIn, SCREEN_NUMBER.payment);
    const refused = await this.releaseBatch("payment", savedIn, signal);
    if (refused !== undefined) return refused;
    this.heldBatches.delete(savedIn);
    const names = `${nameOf(payer)} to ${nameOf(match.target)}`;
    this.alsoReleased.push(`application of ${names} in batch ${savedIn}`);
    return undefined;
  }

  /** What a released document still has open, or undefined where SL does not show it. */
  async balance(document: TestDocument, signal?: AbortSignal): Promise<Money | undefined> {
    return (await readReleased(this.site, document, signal))?.balance;
  }

  /** The document's screen as SL shows it by its batch. */
  async read(document: TestDocument, signal?: AbortSignal): Promise<WireRow> {
    const shown = await readScreen(this.site, screenOf(document.type), document.batNbr, signal);
    const isIt = isSameId(textOf(asRow(shown?.myARDoc), "RefNbr"), document.refNbr);
    if (shown === undefined || !isIt) throw new CannotAsk(`SL does not show ${nameOf(document)}`);
    return shown;
  }

  /** What the released test documents of a customer have moved, in units: not yet undone. */
  net(side: "cash" | "sales", customerId: string): number {
    const signs = side === "cash" ? CASH_SIGNS : SALES_SIGNS;
    return [...this.released]
      .filter((document) => document.customerId === customerId)
      .reduce((sum, { type, amount }) => sum + (signs[type] ?? 0) * Number(amount.minor), 0);
  }

  unit(count = 1): Money {
    return money(count, this.settings.currency);
  }

  #head(screen: ReceivablesScreen, key: string) {
    const { period, currency, documentDate } = this.settings;
    return { screen, key, stripeId: "slipway-probe", period, currency, rateDate: documentDate };
  }

  #draft(type: TestType, wish: Wish): TestDraft {
    const { settings } = this;
    const key = settings.newKey();
    const amount = this.unit(wish.minor ?? 1);
    const base = {
      key,
      stripeId: "slipway-probe",
      customerId: wish.customerId ?? settings.customerId,
      documentDate: settings.documentDate,
      period: settings.period,
      currency: settings.currency,
      description: "Slipway probe",
      note: NOTE,
      userFields: {},
    };
    if (PAYING.has(type)) {
      const refNbr = chosenNumber(key, 0);
      const applications = (wish.matches ?? []).map((match) => ({
        invoiceRefNbr: match.target.refNbr,
        amount: match.amount,
        receivable: settings.receivable,
      }));
      const paying = {
        kind: "payment",
        type: type === "PP" ? "PP" : "PA",
        salesOrder: "",
      } as const;
      return { ...base, ...paying, refNbr, amount, cash: settings.cash, applications };
    }
    // A debit memo undoes a payment, so it stands on the clearing account.
    const sales: GlAccount = type === "DM" ? settings.cash : settings.sales;
    const line = { amount, sales, itemId: "", quantity: "1", description: "Slipway probe" };
    return {
      ...base,
      kind: "invoice",
      total: amount,
      receivable: settings.receivable,
      lines: [{ ...line, unitPrice: toDecimal(amount) }],
      terms: settings.terms,
      dueDate: settings.documentDate,
      orderNumber: "",
    };
  }
}

const CASH_SIGNS: Readonly<Partial<Record<TestType, number>>> = { PA: 1, PP: 1, DM: -1 };
const SALES_SIGNS: Readonly<Partial<Record<TestType, number>>> = { IN: 1, CM: -1 };
const EMPTY_TOTALS = { CrTot: "0", CtrlTot: "0", CuryCrTot: "0", CuryCtrlTot: "0" } as const;

/** An application names the type of what it pays; a credit memo's own lines are debits. */
function ownSide(type: TestType, match: Match | undefined): WireRow {
  if (match !== undefined) return { CostType: match.target.type };
  return type === "CM" ? { DrCr: "D" } : {};
}

/** The screens as people number them. */
export const SCREEN_NUMBER = { invoice: "08.010", payment: "08.030", journal: "01.010" } as const;

/** The screen that keeps documents of this type. */
export function screenOf(type: TestType): ReceivablesScreen {
  return PAYING.has(type) ? "payment" : "invoice";
}

/** A document as a person finds it. */
export function nameOf({ type, refNbr, batNbr }: TestDocument): string {
  return `${type} ${refNbr} (batch ${batNbr})`;
}

/** A column of a row by any name, without the blanks that pad it. */
export function cell(row: WireRow | undefined, name: string): string {
  const value = row?.[name];
  return typeof value === "string" ? value.trim() : "";
}
