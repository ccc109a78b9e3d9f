import { z } from "zod";

/** An instant as ISO 8601 with its offset. */
export const instant = z.iso.datetime({ offset: true });

/** The id of a pair. */
export const pairId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be 1 to 32 lower-case letters, digits and dashes")
  .meta({ example: "acme-us" });
