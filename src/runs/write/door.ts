import type { Clock } from "../../base/clock.ts";
import type { IntentIdentity } from "../../base/ids.ts";
import type { DocumentDraft, ErpConnector } from "../../erp/port.ts";
import type { DayInPeriod, Mapped, PeriodChoice } from "../../mapping/index.ts";
import type { Intent } from "./intent.ts";
import type { ReceiptRows } from "./intent-move.ts";
import type { IntentStore } from "./intent-store.ts";
import type { PersonWait } from "./person-wait.ts";
import type { Valuer } from "./value.ts";

/** What a document is of, with the parts of rows that it is to own. */
export type DocumentRows = Pick<IntentIdentity, "object" | "purpose" | "part"> &
  Pick<ReceiptRows, "owners">;

/** The day that a document is dated on; `closed` says why nothing new may be drafted then. */
type DayToDraftOn = DayInPeriod & Pick<PeriodChoice, "closed">;

/** The one door to the outside for a run: who writes, under which fence, until when. */
export type Door = {
  readonly store: IntentStore;
  readonly erp: ErpConnector;
  /** Aborts when the lease is lost or the process stops; nothing is sent after that. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** How long a send without an answer may still take effect (setting `outcome-horizon`). */
  readonly horizonMs: number;
  /** How old the claim of an attempt may be when it leaves. */
  readonly sendWithinMs: number;
  /** Look up by key before a first attempt: after a restore, until the sides agree again. */
  readonly mustLookUp: boolean;
  /** A backfill is at work: what it comes upon may have been booked by somebody else. */
  readonly mayBeForeign?: boolean;
  /** Who releases batches in SL, by the pair's setting. */
  readonly releasedBy: "hub" | "person";
  /** How long a run waits for a person before it is parked. */
  readonly personWaitMaxMs: number;
  /**
   * The day and the period from which on a fact may be dated: an earlier booking of it was taken
   * back then. Absent or undefined for all that never was.
   */
  readonly rebookedOn?: (document: DocumentRows) => Promise<DayToDraftOn | undefined>;
  /** Dates the lines of a journal as the accounts that it hits take them. Default: as they are. */
  readonly dated?: <D extends DocumentDraft>(mapped: Mapped<D>) => Promise<Mapped<D>>;
  /** Notes a look at what waits for a person; says for how long it has. */
  noteWait(intent: Pick<Intent, "key">, wait: PersonWait): Promise<number>;
  /** Values drafts in other currencies; without it there are none. */
  readonly value?: Valuer;
  /** Runs a release when it is this pair's turn; without it, at once. */
  readonly inReleaseTurn?: <T>(release: () => Promise<T>) => Promise<T>;
  /** Notes that this run sends attempt `nr`, so that a refusal is known to be fresh news. */
  noteSent(intent: Pick<Intent, "key">, nr: number): void;
  hasSent(intent: Pick<Intent, "key">, nr: number): boolean;
  /** Notes that this run has looked SL up by the intent's key; true the first time. */
  noteLookUp(intent: Pick<Intent, "key">): boolean;
};

/** The door of one run. */
export function openDoor(options: Omit<Door, "noteSent" | "hasSent" | "noteLookUp">): Door {
  const sent = new Set<string>();
  const lookedUp = new Set<string>();
  return {
    ...options,
    noteSent: (intent, nr) => void sent.add(`${intent.key}:${nr}`),
    hasSent: (intent, nr) => sent.has(`${intent.key}:${nr}`),
    noteLookUp: ({ key }) => {
      const isFirst = !lookedUp.has(key);
      lookedUp.add(key);
      return isFirst;
    },
  };
}
