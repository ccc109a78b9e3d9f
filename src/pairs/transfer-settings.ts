import type { Document } from "yaml";
import type { ConfigImport } from "../api/contract.ts";
import { HubError } from "../base/errors.ts";
import { base32, sha256 } from "../base/ids.ts";
import {
  backUpSettings,
  describeProblems,
  diffSettings,
  exportText,
  importDocument,
  readWholeSettings,
  type Settings,
  sealSecret,
} from "../config/index.ts";
import type { PairBook } from "./pair-book.ts";

/** Names one state of the settings file. */
function versionOf(document: Document): string {
  return base32(sha256(document.toString())).slice(0, 16);
}

/** The settings file without the value of any secret, and the state that this is. */
export function exportSettings(book: PairBook): Readonly<{ text: string; version: string }> {
  const document = readWholeSettings(book.home);
  return { text: exportText(document), version: versionOf(document) };
}

/** What is imported; `version` is the state that the person has compared it with. */
export type SettingsImport = Readonly<{
  text: string;
  version: string | undefined;
  dryRun: boolean;
}>;

type Importing = Readonly<{
  /** Looks at the settings as they would be. */
  accept: (settings: Settings) => Promise<void>;
  /** Carries an accepted edit out. */
  save: (edit: (document: Document) => void) => Promise<unknown>;
}>;

/**
 * Puts another settings file in the place of this one, secrets kept or sealed, after all of it was
 * checked; the old file stays beside it. With `dryRun` only tells what would change.
 *
 * @throws HubError `config.invalid` with every problem, `conflict.version` where the file has
 *   changed since the person saw it
 */
export async function importSettings(
  book: PairBook,
  { text, version, dryRun }: SettingsImport,
  { accept, save }: Importing,
): Promise<ConfigImport> {
  const present = readWholeSettings(book.home);
  if (version !== undefined) assertVersion(present, version);
  const seal = ([, pair = "", ...path]: readonly string[], plain: string) => {
    const setting = path.filter((part) => !/^\d+$/.test(part)).join(".");
    return sealSecret(plain, { pair, setting }, book.sealingKey());
  };
  const { document, problems } = importDocument(text, present, seal);
  if (problems.length > 0) {
    throw new HubError("config.invalid", describeProblems(problems), {
      facts: { problems: problems.length, field: problems[0]?.path },
      cure: "Nothing was changed; give each with --secret, or name a variable with env:NAME.",
    });
  }
  await accept(book.change(replaceBy(document), true));
  const changes = diffSettings(present, document).map(({ path, before, after }) => ({
    path,
    before: before ?? null,
    after: after ?? null,
  }));
  const isSame = changes.length === 0 && present.toString() === document.toString();
  const answer: ConfigImport = {
    isDryRun: dryRun,
    changes,
    version: versionOf(present),
    backup: null,
  };
  if (dryRun || isSame) return answer;
  assertVersion(readWholeSettings(book.home), versionOf(present));
  const backup = backUpSettings(book.home, new Date()) ?? null;
  await save(replaceBy(document));
  return { ...answer, version: versionOf(readWholeSettings(book.home)), backup };
}

function assertVersion(document: Document, version: string): void {
  if (version === versionOf(document)) return;
  throw new HubError("conflict.version", "The settings have changed since you compared them", {
    cure: "Look at the differences again, then repeat.",
  });
}

function replaceBy(imported: Document): (document: Document) => void {
  return (document) => {
    document.contents = imported.contents;
    document.errors = imported.errors;
    document.comment = imported.comment;
    document.commentBefore = imported.commentBefore;
  };
}
