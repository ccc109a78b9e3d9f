import type { MetadataSource, Override, Sale } from "../canonical/sale.ts";

/**
 * The sale with what a person has decided for it. Metadata that was decided is the strongest of
 * all; what else was decided is taken by the rule that it concerns, which asks `decidedFor`.
 */
export function withOverrides(sale: Sale, overrides: readonly Override[]): Sale {
  if (overrides.length === 0) return sale;
  const decided = overrides.filter(({ field }) => field === "metadata");
  const asMetadata = decided.map(({ target, value }) => [target, value] as const);
  return {
    ...sale,
    overrides,
    metadata: { ...sale.metadata, ...Object.fromEntries(asMetadata) },
    metadataSources: [
      ...decided.map(({ by, target, value }): MetadataSource => {
        return { objectId: `a change of ${by}`, metadata: { [target]: value } };
      }),
      ...sale.metadataSources.map((source) => withoutKeys(source, decided)),
    ],
  };
}

/** What was decided counts instead of what stands there. */
function withoutKeys(source: MetadataSource, decided: readonly Override[]): MetadataSource {
  const entries = Object.entries(source.metadata).filter(
    ([key]) => !decided.some(({ target }) => target === key),
  );
  return { ...source, metadata: Object.fromEntries(entries) };
}

/** What a person has decided for the first of the targets that anything is decided for. */
export function decidedFor(
  sale: Pick<Sale, "overrides">,
  field: Override["field"],
  targets: readonly (string | undefined)[],
): Override | undefined {
  const { overrides = [] } = sale;
  for (const target of targets) {
    const found = overrides.find((one) => one.field === field && one.target === target);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `item of il_1 is WIDGET`: what was decided, in words. */
export function overrideWords({ field, target, value }: Omit<Override, "by" | "reason">): string {
  const what = field === "metadata" ? `metadata ${target}` : field;
  const of = target === "" || field === "metadata" ? "" : ` of ${target}`;
  return `${what}${of} is ${value}`;
}

/** A line for each decision, for the note of the document that it changed. */
export function overrideLines({ overrides = [] }: Pick<Sale, "overrides">): readonly string[] {
  return overrides.map((one) => `Changed by ${one.by}: ${overrideWords(one)} (${one.reason})`);
}
