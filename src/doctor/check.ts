import type { Check } from "../api/contract.ts";
import { toHubError } from "../base/errors.ts";

/** What one look found; a string is the words of a good end. */
export type Finding =
  | string
  | Readonly<{ warning: string; cure: string }>
  | Readonly<{ skipped: string }>;

/** A look at one thing. It throws a HubError for a problem, whose cure is shown. */
export type Look = Readonly<{ name: string; look: () => Promise<Finding> }>;

/** Takes the looks one after the other: a site that is slow must not be asked for all at once. */
export async function takeLooks(pair: string | null, looks: readonly Look[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, look } of looks) {
    checks.push({ pair, name, ...(await takeLook(look)) });
  }
  return checks;
}

async function takeLook(look: Look["look"]): Promise<Omit<Check, "pair" | "name">> {
  try {
    const found = await look();
    if (typeof found === "string") return { state: "ok", text: found };
    if ("skipped" in found) return { state: "skipped", text: found.skipped };
    return { state: "warning", text: found.warning, cure: found.cure };
  } catch (thrown) {
    const error = toHubError(thrown);
    return { state: "problem", text: error.message, cure: error.cure };
  }
}
