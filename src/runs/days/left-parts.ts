import { type OpenPart, partName } from "../../ledger/index.ts";
import { type Dismissal, decisionOf, notCovered } from "../dismissal.ts";
import { throwRefused } from "./book-rows.ts";

/** Who decides about rows that no journal takes, and what they have decided before. */
export type RowsPerson = Readonly<{
  dismissal: Dismissal | undefined;
  /** Names of the parts that the person has left alone; earlier versions kept the row's alone. */
  leftAlone: ReadonlySet<string>;
  /** Told which parts a case would be about: a dismissal of it covers just these. */
  onRefused: (parts: readonly string[]) => void;
}>;

type NamedPart = Readonly<{ rowId: string; part: OpenPart["part"] }>;

/** What a person is told of parts of rows. */
export function namesOf(parts: readonly NamedPart[]): readonly string[] {
  return parts.map(({ rowId, part }) => partName(rowId, part));
}

/** Whether the person has left this part alone. */
export function isLeftAlone({ leftAlone }: Pick<RowsPerson, "leftAlone">, one: NamedPart): boolean {
  return leftAlone.has(one.rowId) || leftAlone.has(partName(one.rowId, one.part));
}

/** The parts that a person has left alone among those that their lane is to book. */
export type LeftParts = Readonly<{
  left: readonly OpenPart[];
  /** Why nothing is to be booked, in words; undefined where something is. */
  words: string | undefined;
}>;

/**
 * What a person has left alone of these parts. Until more is known a case would be about them all.
 *
 * @throws HubError `conflict.dismissed` where they have dismissed a case that named no part: nobody
 *   knows what of it was booked by hand
 */
export function leftAmong(person: RowsPerson, parts: readonly OpenPart[]): LeftParts {
  const { dismissal, onRefused } = person;
  const named = parts.map(({ row, part }) => ({ rowId: row.id, part }));
  onRefused(namesOf(named));
  if (dismissal === undefined || parts.length === 0) return { left: [], words: undefined };
  if (dismissal.money === "") {
    throwRefused(
      named.map((one) => ({ ...one, error: notCovered(dismissal, partName(one.rowId, one.part)) })),
    );
  }
  const left = parts.filter(({ row, part }) => isLeftAlone(person, { rowId: row.id, part }));
  const isAll = left.length === parts.length;
  return { left, words: isAll ? decisionOf(dismissal) : undefined };
}
