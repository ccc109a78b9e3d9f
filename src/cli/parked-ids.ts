import { userInfo } from "node:os";
import { HubError } from "../base/errors.ts";

const OF_PARKED = { what: "a case", list: "slipway parked list" };

/**
 * Reads `12@3`, a case of a parked run (or an entry of another list) and the version of it that the
 * person has seen.
 *
 * @throws HubError `api.invalid` without a version: nobody settles what they have not looked at
 */
export function readSeen(
  text: string,
  { what, list }: Readonly<{ what: string; list: string }> = OF_PARKED,
): { id: string; version: number } {
  const match = /^([1-9]\d{0,17})@([1-9]\d{0,8})$/.exec(text);
  const [, id, version] = match ?? [];
  if (id !== undefined && version !== undefined) return { id, version: Number(version) };
  throw new HubError("api.invalid", `"${text}" does not name ${what} with its version`, {
    cure: `Write it as \`${list}\` shows it, such as 12@1.`,
  });
}

/** Who sits here, as the operating system knows it. */
export function personName(): string {
  try {
    return userInfo().username.slice(0, 80) || "somebody";
  } catch {
    // A container may run under a number that has no name.
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
