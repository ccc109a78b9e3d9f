import type { Document } from "yaml";
import { isMap } from "./cross-checks.ts";
import { setSetting } from "./settings-file.ts";

/** Sets every setting of a tree in the document, secrets sealed; lists stay whole. */
export function setSettingTree(
  document: Document,
  pair: string,
  tree: Readonly<{ settings: Readonly<Record<string, unknown>>; key: () => Uint8Array }>,
): void {
  const { settings, key } = tree;
  // Also without one setting the pair is there, so that what it lacks is told.
  if (!document.hasIn(["pairs", pair])) {
    document.setIn(["pairs", pair], document.createNode({}));
  }
  for (const { path, value } of leaves(settings, [])) {
    setSetting(document, pair, { path, value, key });
  }
}

function leaves(
  tree: Readonly<Record<string, unknown>>,
  at: readonly string[],
): { path: readonly string[]; value: unknown }[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = [...at, key];
    return isMap(value) ? leaves(value, path) : [{ path, value }];
  });
}
