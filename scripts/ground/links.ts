import { posix } from "node:path";
import type { SourceFile } from "./source-tree.ts";

/**
 * Every link of a Markdown file to a file or a heading of the project that is not there.
 *
 * @param pages the text of every Markdown file, by path; headings are looked up in it
 * @param exists whether a file or folder is there, by its path in the project
 */
export function findDeadLinks(
  file: SourceFile,
  pages: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
): string[] {
  return [...file.text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [target = "", heading] = link.split("#");
    const path = target === "" ? file.path : posix.join(posix.dirname(file.path), target);
    const place = `${file.path} links to ${link}`;
    if (!exists(path)) return [`${place}, which does not exist`];
    const page = pages.get(path);
    if (heading === undefined || page === undefined) return [];
    return headingsOf(page).includes(heading) ? [] : [`${place}, a heading that does not exist`];
  });
}

/** Headings as the usual renderers name them: lower case, blanks as hyphens, no punctuation. */
function headingsOf(page: string): string[] {
  return [...page.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The commands that a text tells the reader to run: `slipway parked list` → `parked`. */
export function mentionedCommands(text: string): string[] {
  const calls = text.matchAll(/(?:^|[`\s])(?:npx )?slipway (?:-- )?([a-z][a-z-]*)/gm);
  return [...new Set([...calls].map(([, command = ""]) => command))];
}

/** The npm scripts that a text tells the reader to run: `npm run check`, `npm start`. */
export function mentionedScripts(text: string): string[] {
  const calls = text.matchAll(/\bnpm (?:run ([a-z]+)|(start|test))\b/g);
  return [...new Set([...calls].map(([, run, short]) => run ?? short ?? ""))];
}
