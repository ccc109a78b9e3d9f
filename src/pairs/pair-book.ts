import type { Document } from "yaml";
import { HubError } from "../base/errors.ts";
import {
  checkSettings,
  describeProblems,
  loadSettings,
  type PairSettings,
  readSettings,
  readWholeSettings,
  type SecretSources,
  type Settings,
  type SettingsProblem,
  saveSettings,
  variablesOf,
} from "../config/index.ts";
import type { PairRuntime } from "../runs/index.ts";

/** What a pair's settings are turned into when they are loaded. */
export type MakeRuntime = (settings: PairSettings) => PairRuntime;

/**
 * The pairs that this process works with. Loaded at the start, and again whenever the settings
 * file was changed through the API; a change that does not check leaves the old pairs at work.
 */
export class PairBook {
  readonly home: string;
  readonly #sources: SecretSources;
  readonly #make: MakeRuntime;
  #runtimes: ReadonlyMap<string, PairRuntime>;
  #alerts: Settings["alerts"];

  /** @throws HubError `config.invalid` with every problem of the settings file */
  constructor(options: { home: string; sources: SecretSources; make: MakeRuntime }) {
    this.home = options.home;
    this.#sources = options.sources;
    this.#make = options.make;
    const settings = loadSettings(this.home, this.#sources);
    this.#alerts = settings.alerts;
    this.#runtimes = this.#open(settings);
  }

  /** The section `alerts` of the settings file. */
  alerts(): Settings["alerts"] {
    return this.#alerts;
  }

  get(id: string): PairRuntime | undefined {
    return this.#runtimes.get(id);
  }

  /** @throws HubError `config.pair_unknown` */
  require(id: string): PairRuntime {
    const pair = this.#runtimes.get(id);
    if (pair !== undefined) return pair;
    const known = [...this.#runtimes.keys()].join(", ") || "none yet";
    throw new HubError("config.pair_unknown", `There is no pair "${id}"; there are: ${known}`, {
      facts: { field: "pair" },
    });
  }

  all(): readonly PairRuntime[] {
    return [...this.#runtimes.values()];
  }

  /** The key that secrets of the file are sealed with. */
  sealingKey(): Uint8Array {
    return this.#sources.key();
  }

  /**
   * Changes the settings file and the pairs at work, or with `dryRun` only checks the change.
   *
   * @throws HubError `config.invalid` with every problem; then nothing has changed
   */
  change(edit: (document: Document) => void, dryRun: boolean): Settings {
    const document = readWholeSettings(this.home);
    edit(document);
    const checked = checkSettings(document, this.#sources);
    if (checked.settings === undefined) {
      throw new HubError("config.invalid", describeProblems(checked.problems), {
        facts: { problems: checked.problems.length, field: checked.problems[0]?.path },
        cure: this.#cureOf(checked.problems),
      });
    }
    if (!dryRun) {
      saveSettings(this.home, document);
      this.#alerts = checked.settings.alerts;
      this.#runtimes = this.#open(checked.settings);
    }
    return checked.settings;
  }

  /** What a person does about a refused change: it has changed nothing, so nothing is to mend. */
  #cureOf(problems: readonly SettingsProblem[]): string {
    const variables = variablesOf(problems);
    if (variables !== undefined) {
      return `Nothing was changed; set ${variables} for the hub and start it again, then repeat.`;
    }
    const asItIs = checkSettings(readSettings(this.home), this.#sources);
    if (asItIs.settings !== undefined) return "Nothing was changed; give another value.";
    return "Nothing was changed; slipway.yaml was wrong before: correct it there, then repeat.";
  }

  #open(settings: Settings): ReadonlyMap<string, PairRuntime> {
    return new Map([...settings.pairs].map(([id, pair]) => [id, this.#make(pair)]));
  }
}
