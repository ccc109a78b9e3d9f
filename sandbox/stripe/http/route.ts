import type { RequestOrigin } from "../store/catalog-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import type { Params } from "./params.ts";

/** One request on its way through a route. */
export type Call = {
  world: World;
  params: Params;
  /** The `:id` of the path, or "". */
  id: string;
  /** The `:part` of the path, the id within that object, or "". */
  part: string;
  origin: RequestOrigin;
};

/**
 * One operation of the API; `run` reads and writes rows and gives the unexpanded answer, or the
 * text of a file.
 */
export type Route = {
  method: "DELETE" | "GET" | "POST";
  /** As Fastify writes it: `/v1/charges/:id`. */
  path: string;
  /**
   * Top-level parameters, blank separated; others are refused. `expand` is always among
   * them, and "*" takes anything.
   */
  accepts: string;
  run: (call: Call) => Wire | string;
};

/** Parameters that every list takes. */
export const PAGING = "limit starting_after ending_before";
