import type { SandboxClock } from "../kit/clock.ts";
import { readSwitches, type Switches, writeSwitches } from "./switches.ts";
import { type Row, type Store, text } from "./tables/store.ts";

/** Told when a switch was set, and when a restore or reset has put other rows in place. */
export type WorldListeners = Readonly<{ switched(): void; reloaded(): void }>;

/** The one company's database with the clock and the switches it lives under. */
export class World {
  readonly store: Store;
  readonly clock: SandboxClock;
  readonly companyId: string;
  /** Batches a crashed release still locks: `module batNbr` → the clock's moment it ends. */
  readonly stuckBatches = new Map<string, number>();
  #switches: Switches;
  #listeners: WorldListeners = { switched: () => {}, reloaded: () => {} };

  constructor(store: Store, clock: SandboxClock, companyId: string) {
    this.store = store;
    this.clock = clock;
    this.companyId = companyId;
    this.#switches = readSwitches(store);
    writeSwitches(store, {});
  }

  get switches(): Switches {
    return this.#switches;
  }

  setSwitches(values: Readonly<Record<string, unknown>>): void {
    writeSwitches(this.store, values);
    this.#switches = readSwitches(this.store);
    this.#listeners.switched();
  }

  /** Who is told of changes: what runs by itself sets its timers anew. */
  listen(listeners: WorldListeners): void {
    this.#listeners = listeners;
  }

  /** Takes over what a restore or reset has put into the tables. */
  reload(): void {
    this.setSwitches({});
    this.#listeners.reloaded();
  }

  /** Now as SL's SMALLDATETIME: whole minutes. */
  now(): string {
    return `${new Date(this.clock.nowMs()).toISOString().slice(0, 16)}:00`;
  }

  today(): string {
    return `${this.now().slice(0, 10)}T00:00:00`;
  }

  get baseCurrency(): string {
    return text(this.ledgerSetup, "BaseCuryId");
  }

  get ledgerSetup(): Row {
    return this.#setup("GLSetup", "GL");
  }

  get receivablesSetup(): Row {
    return this.#setup("ARSetup", "AR");
  }

  #setup(table: string, id: string): Row {
    const row = this.store.get(table, id);
    if (row === undefined) throw new Error(`the set-up row of ${table} is missing`);
    return row;
  }

  /** The audit columns of a row written by screen `screenNumber` now. */
  audit(screenNumber: string, before?: Row): Row {
    const now = this.now();
    return {
      Crtd_DateTime: before?.Crtd_DateTime ?? now,
      Crtd_Prog: before?.Crtd_Prog ?? screenNumber,
      Crtd_User: before?.Crtd_User ?? "CTAPI",
      LUpd_DateTime: now,
      LUpd_Prog: screenNumber,
      LUpd_User: "CTAPI",
    };
  }
}
