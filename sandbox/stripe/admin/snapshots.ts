import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Snapshot } from "../store/store.ts";

/** Named copies of all rows; in the home they outlive the process. */
export class Snapshots {
  readonly #byName = new Map<string, Snapshot>();
  readonly #folder: string | undefined;

  /** @param home the sandbox's home, or undefined for memory only. */
  constructor(home: string | undefined) {
    this.#folder = home === undefined ? undefined : join(home, "snapshots");
  }

  save(name: string, snapshot: Snapshot): void {
    this.#byName.set(name, snapshot);
    if (this.#folder === undefined) return;
    mkdirSync(this.#folder, { recursive: true });
    const path = join(this.#folder, `${name}.json`);
    writeFileSync(`${path}.part`, JSON.stringify(snapshot));
    renameSync(`${path}.part`, path);
  }

  get(name: string): Snapshot | undefined {
    const path = this.#folder === undefined ? undefined : join(this.#folder, `${name}.json`);
    const inMemory = this.#byName.get(name);
    if (inMemory !== undefined || path === undefined || !existsSync(path)) return inMemory;
    return JSON.parse(readFileSync(path, "utf8")) as Snapshot;
  }
}
