import { PairList } from "../api/contract.ts";
import { HubError } from "../base/errors.ts";
import type { HubClient } from "./hub-client.ts";

/**
 * The pair that a command leaves out, where the hub has one alone.
 *
 * @throws HubError `api.invalid` with the names of all others, where there are several or none
 */
export async function onlyPair(hub: HubClient, how: string): Promise<string> {
  const { pairs } = await hub.get("/api/pairs", PairList);
  const [only, ...others] = pairs.map(({ id }) => id);
  if (only !== undefined && others.length === 0) return only;
  const names = [only, ...others].filter((id) => id !== undefined).join(", ");
  throw new HubError("api.invalid", `Name the pair with ${how}: ${names || "there is none yet"}`, {
    facts: { field: how },
  });
}
