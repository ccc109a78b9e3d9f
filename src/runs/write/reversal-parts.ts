import type { IntentIdentity } from "../../base/ids.ts";

// The parts by which intents of a reversal are told from those of the fact that it takes back.

/** Which of a fact's reversing documents takes this intent back; its identity never comes again. */
export function partOfReversal({
  purpose,
  part,
  generation,
}: Pick<IntentIdentity, "purpose" | "part" | "generation">): string {
  return `${part === "" ? purpose : `${purpose}/${part}`}#${generation}`;
}

/** Which journal takes realised exchange back, by the oldest document of those that went back. */
export function exchangePart(oldest: Pick<IntentIdentity, "purpose" | "generation">): string {
  return `exchange/${oldest.purpose}#${oldest.generation}`;
}

/** Which journal takes to clearing what a reversing document has put on the wash account. */
export function washPart(
  original: Pick<IntentIdentity, "purpose" | "part" | "generation">,
): string {
  return `wash/${partOfReversal(original)}`;
}

/** Says of an application that it belongs to a reversal, and to no sale. */
export const BACK = "back:";

/** Whether a part names what a reversing document takes back; other ones close ended invoices. */
export function isReversalPart(part: string): boolean {
  return part.includes("#");
}
