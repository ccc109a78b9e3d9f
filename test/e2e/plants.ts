import { present } from "../../src/base/assert.ts";
import type { Row, World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { copyOfTable } from "./copied-table.ts";

/** New values of a row in SL. */
export type Planted = Readonly<Record<string, string | number>>;

/** A document that is booked: by its key, with its line on clearing and the row that it owns. */
export type BookedDocument = Readonly<{
  object: string;
  key: string;
  batNbr: string;
  line: Row;
  rowId: string;
}>;

/** Tables of the hub in which errors are planted, children first. */
const TABLES = [
  ...["attempt", "row_owner", "journal_row", "link", "receipt", "intent", "balance_row"],
];
const CLEARING = "1095";
const CLEAN = "clean";

/** Plants errors in books that are right, and puts them back. */
export class Plants {
  readonly #world: World;

  private constructor(world: World) {
    this.#world = world;
  }

  /** Keeps the books as they are now. */
  static async of(world: World): Promise<Plants> {
    await world.slAdmin("/snapshots", { name: CLEAN });
    await world.sql("create schema kept");
    for (const table of TABLES) await world.sql(copyOfTable("kept", table));
    return new Plants(world);
  }

  /** Puts SL and the hub's records back to how they were kept. */
  async restore(): Promise<void> {
    await this.#world.slAdmin("/restore", { name: CLEAN });
    const again = TABLES.map((table) => {
      return `delete from ${table}; insert into ${table} table kept.${table};`;
    });
    // Rows name each other: while all of them are put back, nothing is checked.
    const free = "begin; set local session_replication_role = replica;";
    await this.#world.sql(`${free} ${again.join(" ")} commit;`);
  }

  async document(object: string, purpose: string): Promise<BookedDocument> {
    const [found] = await this.#world.sql(
      `select i.key, i.bat_nbr, o.row_id from intent i
       left join row_owner o on o.intent_key = i.key
       where i.object = $1 and i.purpose = $2 and i.stage = 'done'`,
      [object, purpose],
    );
    const row = present(found, `A ${purpose} of ${object}`);
    const batNbr = String(row.bat_nbr);
    const key = String(row.key);
    const isJournal = purpose.startsWith("payout") || purpose === "fee";
    const lines = await this.linesOf(isJournal ? "GL" : "AR", batNbr);
    const line = present(
      lines.find(({ Acct }) => trimmed(Acct) === CLEARING),
      `A line of ${batNbr} on clearing`,
    );
    return { object, key, batNbr, line, rowId: String(row.row_id) };
  }

  async linesOf(module: string, batNbr: string): Promise<Row[]> {
    const path = `/rows?table=GLTran&Module=${module}&BatNbr=${batNbr}`;
    return this.#world.slAdmin<Row[]>(path);
  }

  /** Changes a ledger line. */
  async edit(line: Row, set: Planted): Promise<void> {
    await this.put("GLTran", placeOf(line), set);
  }

  /** A second ledger line like this one, but for what is said. */
  async copy(line: Row, set: Planted): Promise<void> {
    const all = { ...line, ...set } as Planted;
    const body = { table: "GLTran", where: placeOf(all), set: all, create: true };
    await this.#world.slAdmin("/rows", body);
  }

  /** A second journal like this one, under the same key. */
  async double(batNbr: string, as: string): Promise<void> {
    const where = { Module: "GL", BatNbr: as };
    const path = `/rows?table=Batch&Module=GL&BatNbr=${batNbr}`;
    const [batch] = await this.#world.slAdmin<Row[]>(path);
    const set = { ...batch, BatNbr: as } as Planted;
    await this.#world.slAdmin("/rows", { table: "Batch", where, set, create: true });
    for (const line of await this.linesOf("GL", batNbr)) await this.copy(line, { BatNbr: as });
  }

  async put(table: string, where: Planted, set: Planted): Promise<void> {
    await this.#world.slAdmin("/rows", { table, where, set });
  }

  /** Nothing is left of a batch. */
  async removeBatch(module: string, batNbr: string): Promise<void> {
    const where = { Module: module, BatNbr: batNbr };
    const removed = [
      { table: "GLTran", where },
      { table: "Batch", where },
      ...(module === "AR" ? [{ table: "ARDoc", where: { BatNbr: batNbr } }] : []),
    ];
    for (const one of removed) await this.#world.slAdmin("/rows", { ...one, remove: true });
  }
}

function placeOf({ Module, BatNbr, LineNbr }: Row): Planted {
  return { Module, BatNbr, LineNbr } as Planted;
}
