import { expect } from "vitest";
import type { FindingAnswer, WatchAnswer, WatchFinding } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { trimmed } from "./books.ts";

/** What somebody changes of documents in SL behind the hub's back, and what is done about it. */
export function tampering(open: () => World) {
  const edit = (table: string, where: object, set: object, more: object = {}) =>
    open().slAdmin("/rows", { table, where, set, ...more });

  /** Looks now, as whoever asks for it, and waits for its end. */
  async function look(full = false): Promise<readonly WatchFinding[]> {
    // Documents of this very minute are left to their runs.
    await open().sql("update intent set updated_at = now() - interval '1 hour'");
    const path = `/api/pairs/${open().pair}/watch`;
    const { state: before } = await open().api<WatchAnswer>(path, {
      method: "POST",
      body: { full },
    });
    return until("the look to end", async () => {
      const { state, findings } = await open().api<WatchAnswer>(path);
      if (state === null || state.isAsked || state.isRunning) return undefined;
      if (state.endedAt === before?.endedAt) return undefined;
      expect(state.trouble).toBeNull();
      return findings;
    });
  }

  const act = (verb: "accept" | "heal", { id, version }: WatchFinding, more: object = {}) =>
    open().api<FindingAnswer>(`/api/watch/${id}/${verb}`, {
      method: "POST",
      body: { version, by: "maria", ...more },
    });

  const idOf = ({ CustId, DocType, RefNbr, BatNbr }: Row) => ({ CustId, DocType, RefNbr, BatNbr });

  /** Takes back what was applied of a payment, as 08.240 does: by negative rows beside it. */
  async function unapply(payment: Row, invoice: Row): Promise<void> {
    const rows = await open().slRows("ARAdjust");
    const done = rows.find((row) => trimmed(row.AdjgRefNbr) === trimmed(payment.RefNbr)) ?? {};
    const amounts = Object.keys(done).filter((name) => name.endsWith("Amt"));
    const negative = Object.fromEntries(amounts.map((name) => [name, -Number(done[name])]));
    const { AdjBatNbr: _, ...whole } = done;
    await edit("ARAdjust", { ...whole, AdjBatNbr: "900002" }, negative, { create: true });
    for (const row of [payment, invoice]) {
      const { CuryOrigDocAmt, OrigDocAmt } = row;
      const opened = { CuryDocBal: CuryOrigDocAmt, DocBal: OrigDocAmt, OpenDoc: 1 };
      await edit("ARDoc", idOf(row), opened);
    }
  }

  /** Takes a document out of SL with its lines, as nobody can by its screens. */
  async function remove(document: Row): Promise<void> {
    await edit("ARDoc", idOf(document), {}, { remove: true });
    for (const { Module, BatNbr, LineNbr } of await open().slRows("GLTran")) {
      if (trimmed(BatNbr) !== trimmed(document.BatNbr)) continue;
      await edit("GLTran", { Module, BatNbr, LineNbr }, {}, { remove: true });
    }
  }

  /** The finding of an object's document once it is so; it may be over by then. */
  const findingOf = (object: string | undefined, isSo: (finding: WatchFinding) => boolean) =>
    until(`the finding of ${object}`, async () => {
      const path = `/api/pairs/${open().pair}/watch?all=true`;
      const { findings } = await open().api<WatchAnswer>(path);
      return findings.find((one) => one.object === object && isSo(one));
    });

  return { edit, look, act, findingOf, idOf, unapply, remove };
}
