import type { Row, World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";

/** Ledger lines of a document as the examples write them: `Dr 1095 100.00=108.31`. */
export async function booksIn(world: World, stripeId: string): Promise<string[]> {
  const documents = await documentsOf(world, [stripeId]);
  const lines = await world.slRows("GLTran");
  return documents.map((document) => {
    const own = lines.filter(
      (line) => trimmed(line.Module) === "AR" && trimmed(line.BatNbr) === trimmed(document.BatNbr),
    );
    const head = `${trimmed(document.DocType)} ${trimmed(document.CuryId)}`;
    return `${head} ${own.map(lineText).sort().join(" | ")}`;
  });
}

/** A line of the ledger as the examples write it. */
export function lineText(line: Row): string {
  const [cury, base] = [
    Number(line.CuryDrAmt) - Number(line.CuryCrAmt),
    Number(line.DrAmt) - Number(line.CrAmt),
  ].map((amount) => Math.round(amount * 1000) / 1000);
  const side = (base ?? 0) > 0 ? "Dr" : "Cr";
  return `${side} ${trimmed(line.Acct)} ${Math.abs(cury ?? 0)}=${Math.abs(base ?? 0)}`;
}

/** A journal of the ledger by the Stripe id of its batch, the same way. */
export async function journalsIn(world: World, stripeId: string): Promise<string[]> {
  const batches = (await world.slRows("Batch")).filter(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === stripeId && row.Rlsed === 1,
  );
  const lines = (await world.slRows("GLTran")).filter((row) => trimmed(row.Module) === "GL");
  return batches.map(({ BatNbr, CuryId }) => {
    const own = lines.filter((line) => line.BatNbr === BatNbr);
    return `GJ ${trimmed(CuryId)} ${own.map(lineText).sort().join(" | ")}`;
  });
}

/** What the bridge holds in base currency. */
export async function bridgeIn(world: World): Promise<number> {
  const lines = await world.slRows("GLTran");
  const own = lines.filter((line) => trimmed(line.Acct) === "1290" && line.Rlsed === 1);
  const cents = own.map((line) => Math.round((Number(line.DrAmt) - Number(line.CrAmt)) * 100));
  return cents.reduce((so, one) => so + one, 0);
}
