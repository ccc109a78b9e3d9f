export { overrideWords } from "../mapping/index.ts";

/** $1 pair, $2 lane: all of it as one value, so that the statement that starts a run brings it. */
export const OVERRIDES_SQL = `
  select json_agg(json_build_object('field', o.field, 'target', o.target, 'value', o.value,
    'by', o.set_by, 'reason', o.reason) order by o.field, o.target)
  from fact_override o where o.pair = $1 and o.lane_key = $2`;
