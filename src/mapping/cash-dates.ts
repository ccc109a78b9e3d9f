import type { PairSettings } from "../config/index.ts";
import type { DocumentDraft, FiscalCalendar, JournalDraft } from "../erp/port.ts";
import type { Mapped } from "./mapped.ts";
import { dateWithin } from "./period.ts";
import { settledOn } from "./settled.ts";
import { fitText } from "./text.ts";

const TITLE_WIDTH = 30;

/** Which accounts are clearing, and when periods begin. */
export type InPeriods = Readonly<{
  settings: Pick<PairSettings, "accounts">;
  calendar: FiscalCalendar;
}>;

/**
 * A journal on a clearing account of Cash Manager's, which takes a line inside its period alone:
 * where the period of a line's day is closed, it is dated into the one that it is booked in. The
 * true day then stands in its text and beside it, and that of the journal in `User7`. Every other
 * document stays as it is.
 */
export function datedForCash<D extends DocumentDraft>(
  mapped: Mapped<D>,
  { settings, calendar }: InPeriods,
): Mapped<D> {
  const { draft, notes } = mapped;
  if (draft.kind !== "journal") return mapped;
  const { period, documentDate, userFields } = draft;
  const lines = draft.lines.map((line): JournalDraft["lines"][number] => {
    // A journal that a rebuild took over does not tell what its accounts stand for.
    if (settledOn(line.account, settings) === undefined) return line;
    const date = dateWithin(period, line.date, calendar);
    if (date === line.date) return line;
    const description = fitText(`Of ${line.date}: ${line.description}`, TITLE_WIDTH).text;
    return { ...line, date, description, trueDate: line.date };
  });
  const moved = lines.find(({ trueDate }) => trueDate !== undefined);
  if (moved === undefined) return mapped;
  const dated = { ...draft, lines, userFields: { User7: documentDate, ...userFields } };
  return { draft: dated, notes: [...notes, `Clearing dated ${moved.date}, inside ${period}.`] };
}
