import pg, { type CustomTypesConfig } from "pg";

type ColumnParser = (text: string) => unknown;

const asText: ColumnParser = (text) => text;

// By type id, as in PostgreSQL's catalog pg_type.
const PARSERS: ReadonlyMap<number, ColumnParser> = new Map<number, ColumnParser>([
  // int8: amounts in minor units and counters pass 2^53 before anybody notices.
  [20, BigInt],
  // date and timestamp have no zone; a Date would put them into the zone of the machine.
  [1082, asText],
  [1114, asText],
]);

/**
 * How columns are read: `int8` as bigint, `date` and `timestamp` as text, all else as `pg` does
 * (`timestamptz` as Date, `numeric` as text, `json` parsed).
 */
export const columnTypes: CustomTypesConfig = { getTypeParser };

function getTypeParser(id: number, format: "text" | "binary" = "text"): ColumnParser {
  const own = format === "binary" ? undefined : PARSERS.get(id);
  const parser: unknown = own ?? pg.types.getTypeParser(id, format);
  return parser as ColumnParser;
}
