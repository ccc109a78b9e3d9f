import { timingSafeEqual } from "node:crypto";
import { HubError } from "../base/errors.ts";
import { sha256 } from "../base/ids.ts";

const BEARER = /^bearer +(\S{1,512}) *$/i;

/**
 * Refuses whoever does not carry the token. Both sides are hashed first, so that neither the time
 * of the comparison nor its length tells anything about the token.
 *
 * @throws HubError `api.unauthorized`
 */
export function checkBearer(authorization: string | undefined, token: string): void {
  const given = BEARER.exec(authorization ?? "")?.[1];
  if (given !== undefined && timingSafeEqual(sha256(given), sha256(token))) return;
  const why = authorization === undefined ? "carries no token" : "carries another token";
  throw new HubError("api.unauthorized", `The request ${why}`);
}
