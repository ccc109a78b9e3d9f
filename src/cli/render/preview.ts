import type { Preview } from "../../api/contract.ts";
import type { Paint } from "../terminal.ts";
import { renderEntries } from "./entries.ts";
import { plain } from "./plain.ts";
import { wrapUnder } from "./wrap.ts";

/** What a run would book: its documents, their entries, and what stops it. */
export function renderPreview(preview: Preview, paint: Paint, width: number | undefined): string {
  const { object, total, currency, documents, problem } = preview;
  const amount = total === null ? "" : `  ${total} ${currency ?? ""}`;
  const heads = documents.flatMap(({ purpose, object: of, customerId, period, notes }) => [
    `${paint.strong(purpose)} for ${of}, customer ${customerId}` +
      `${period === null ? "" : `, period ${period}`}`,
    ...notes.map((note) => wrapUnder("  ", plain(note), width)),
  ]);
  const stop =
    problem === null
      ? []
      : [
          paint.bad(wrapUnder("", plain(`stops: ${problem.code}: ${problem.message}`), width)),
          wrapUnder("  ", plain(problem.cure), width),
        ];
  const entries = renderEntries(
    documents.flatMap((document) => document.entries),
    width,
  );
  return [`${paint.strong(object)}${amount}`, ...heads, entries, ...stop]
    .filter((part) => part !== "")
    .join("\n");
}
