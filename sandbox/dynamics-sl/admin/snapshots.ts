import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Row, Store } from "../tables/store.ts";

type Tables = ReadonlyMap<string, ReadonlyMap<string, Row>>;

/** Copies of the whole database by name; putting an older one back is a restore of SL. */
export class Snapshots {
  readonly #store: Store;
  readonly #folder: string | undefined;
  readonly #taken = new Map<string, Tables>();

  constructor(store: Store, home: string | undefined) {
    this.#store = store;
    this.#folder = home === undefined ? undefined : join(home, "snapshots");
  }

  /** Takes a copy; a copy of the same name is replaced. Names are letters, digits, `-` and `_`. */
  take(name: string): void {
    if (!/^[\w-]{1,60}$/.test(name)) throw new Error(`${name} is no name for a snapshot`);
    const tables = this.#store.snapshot();
    this.#taken.set(name, tables);
    if (this.#folder === undefined) return;
    mkdirSync(this.#folder, { recursive: true });
    const plain = [...tables].map(([table, rows]) => [table, [...rows]]);
    writeFileSync(join(this.#folder, `${name}.json`), JSON.stringify(plain));
  }

  /** Puts the database back to the copy; false when there is none of that name. */
  restore(name: string): boolean {
    const tables = this.#taken.get(name) ?? this.#stored(name);
    if (tables === undefined) return false;
    this.#store.restore(tables);
    return true;
  }

  names(): readonly string[] {
    const stored =
      this.#folder !== undefined && existsSync(this.#folder)
        ? readdirSync(this.#folder).map((file) => file.replace(/\.json$/, ""))
        : [];
    return [...new Set([...this.#taken.keys(), ...stored])].sort();
  }

  #stored(name: string): Tables | undefined {
    if (this.#folder === undefined || !/^[\w-]{1,60}$/.test(name)) return undefined;
    const path = join(this.#folder, `${name}.json`);
    if (!existsSync(path)) return undefined;
    const plain = JSON.parse(readFileSync(path, "utf8")) as [string, [string, Row][]][];
    return new Map(plain.map(([table, rows]) => [table, new Map(rows)]));
  }
}
