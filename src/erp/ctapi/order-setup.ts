import { asRows, type WireRow } from "./envelope.ts";
import type { Site } from "./site.ts";
import { isSameId, textOf } from "./wire-values.ts";

/** The ids of `wanted` that the site lacks; see `OrderConnector.missingSetup`. */
export async function missingSetup(
  site: Site,
  wanted: Readonly<{ type: string; charges: readonly string[] }>,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const read = { kind: "read", signal } as const;
  const missing: string[] = [];
  const { type } = wanted;
  const types = await site.client.call("shippers", "getSoTypesByID", { soTypeID: type }, read);
  const isKnown = (row: WireRow) => isSameId(textOf(row, "SOTypeID"), type);
  if (!asRows(types).some(isKnown)) missing.push(type);
  for (const id of wanted.charges) {
    const args = { miscChrgID: id };
    const charges = await site.client.call("shippers", "getMiscChrgIDsByID", args, read);
    const isThis = (row: WireRow) => isSameId(textOf(row, "MiscChrgID"), id);
    if (!asRows(charges).some(isThis)) missing.push(id);
  }
  return missing;
}
