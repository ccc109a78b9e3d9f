import type { TouchesAnswer } from "../../api/contract.ts";
import type { Terminal } from "../terminal.ts";
import { wrapUnder } from "./wrap.ts";

/** What the hub touches in SL, for whoever answers for the site. */
export function renderTouches(
  { tablesAltered, services, tables, views }: TouchesAnswer,
  { paint, width }: Pick<Terminal, "paint" | "width">,
): string {
  const listed = (head: string, names: readonly string[]) =>
    names.length === 0 ? [] : [wrapUnder(head, names.join(" "), width)];
  return [
    paint.strong(`${tablesAltered} tables of SL are altered`),
    "",
    paint.strong("Services and their screens"),
    ...services.flatMap(({ service, screen, writes, reads }) => [
      `${service}, ${screen}`,
      ...listed("  writes by  ", writes),
      ...listed("  reads by   ", reads),
    ]),
    "",
    paint.strong("Tables and fields"),
    ...tables.flatMap(({ table, isWritten, fields }) => [
      `${table}, ${isWritten ? "written and read" : "read"}`,
      ...listed("  ", fields),
    ]),
    "",
    paint.strong("Views, read-only"),
    ...views.flatMap(({ view, reads }) => listed(`${view} reads `, reads)),
  ].join("\n");
}
