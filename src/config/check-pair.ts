import { issueWords } from "../base/issue-words.ts";
import { crossProblems } from "./cross-checks.ts";
import { openSecrets, type SecretSources } from "./open-secrets.ts";
import { type SettingsProblem, schemaProblems } from "./problems.ts";
import { type PairSettings, pairSchema } from "./schema.ts";
import { knownKeys } from "./schema-walk.ts";

/**
 * Checks the raw settings of one pair: secrets, each setting by itself, then settings against
 * each other, all in one go.
 */
export function checkPair(
  id: string,
  raw: unknown,
  sources: SecretSources,
):
  | Readonly<{ settings: PairSettings; problems: readonly [] }>
  | Readonly<{ settings: undefined; problems: readonly SettingsProblem[] }> {
  const opened = openSecrets(id, raw, sources);
  const parsed = pairSchema.safeParse(opened.raw ?? {}, {
    reportInput: true,
    error: issueWords,
  });
  const found = parsed.success ? [] : schemaProblems(id, parsed.error.issues, knownKeys);
  const problems = [...opened.problems, ...found, ...crossProblems(id, opened.raw)];
  if (!parsed.success || problems.length > 0) {
    return { settings: undefined, problems: withoutRepeats(problems) };
  }
  return { settings: { ...parsed.data, id }, problems: [] };
}

/** One setting can break two rules for the same reason; the first says enough. */
function withoutRepeats(problems: readonly SettingsProblem[]): SettingsProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ path }) => !seen.has(path) && seen.add(path) !== undefined);
}
