import { parseDocument } from "yaml";
import { checkSettings, type PairSettings } from "../../src/config/index.ts";

/** The pair's settings as they stand in its file; secrets by reference. */
export type PairFile = Readonly<Record<string, unknown>>;

/** Reads a pair as the hub reads its settings file. @throws Error with what is wrong in it */
export function readPairFile(
  pair: string,
  file: PairFile,
  secrets: Readonly<Record<string, string>>,
): PairSettings {
  const document = parseDocument(JSON.stringify({ pairs: { [pair]: file } }));
  const checked = checkSettings(document, { env: secrets, key: () => new Uint8Array(32) });
  const settings = checked.settings?.pairs.get(pair);
  if (settings === undefined) throw new Error(JSON.stringify(checked.problems));
  return settings;
}
