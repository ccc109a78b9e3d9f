import type { Site } from "./site.ts";

/** A column of SL's set-up of receivables as text; empty where the site has none of the name. */
export async function receivablesSetup(
  site: Site,
  fieldName: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const options = { kind: "read", signal } as const;
  const value = await site.client.call("invoiceAndMemo", "getARSetupValue", { fieldName }, options);
  return typeof value === "string" ? value.trim() : "";
}
