import type { Finding, Rule, TidyFile } from "./finding.ts";
import { tokenize } from "./lexer.ts";
import type { SourceFile } from "./source-tree.ts";
import { findBannedNames, findPrinting, findSuppressions } from "./tidy-code.ts";
import { findUndocumentedFaces } from "./tidy-faces.ts";
import { findPosixOnly } from "./tidy-platform.ts";
import { findBadTitles, findLeftOutTests, findRetries, findSleepsAndMocks } from "./tidy-tests.ts";
import {
  findBadFileNames,
  findBannedText,
  findLongFiles,
  findLongLines,
  findLooseEnds,
} from "./tidy-text.ts";

const RULES: readonly Rule[] = [
  findLongFiles,
  findLongLines,
  findBannedText,
  findLooseEnds,
  findBadFileNames,
  findSuppressions,
  findBannedNames,
  findPrinting,
  findPosixOnly,
  findBadTitles,
  findLeftOutTests,
  findSleepsAndMocks,
  findRetries,
];
const TEXT_FILE = /\.(ts|js|sql|md|json|yaml|yml|svg)$|^\.ci\/|(^|\/)(NOTICE|\.[a-z]+)$/;
/** Captured payloads and what is generated. Nothing else is exempt, and these by path alone. */
const EXEMPT = /(^|\/)fixtures\/|^package-lock\.json$|^schema\.sql$|\/contract-lock\.json$/;

/** True for a file that the house rules speak of. */
export function isTidied(path: string): boolean {
  return TEXT_FILE.test(path) && !EXEMPT.test(path);
}

/** Every breach of a house rule in these files, in the order of the files. */
export function findUntidy(files: readonly SourceFile[]): Finding[] {
  const read: TidyFile[] = files.map((file) => ({
    ...file,
    tokens: /\.(ts|js)$/.test(file.path) ? tokenize(file.text) : [],
  }));
  const inFiles = read.flatMap((file) => RULES.flatMap((rule) => rule(file)));
  return [...inFiles, ...findUndocumentedFaces(read)];
}
