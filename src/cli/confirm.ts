import { createInterface } from "node:readline/promises";
import { HubError } from "../base/errors.ts";

/**
 * Asks a person to go on. With `isSure` (`--yes`) nobody is asked.
 *
 * @param look how the same command shows what it would do, for whoever cannot be asked
 * @throws HubError `api.invalid` where nobody can be asked
 */
export async function confirm(
  question: string,
  isSure: boolean,
  look = "with --dry-run",
): Promise<boolean> {
  if (isSure) return true;
  if (process.stdin.isTTY !== true) {
    throw new HubError("api.invalid", `"${question}" needs an answer, and nobody can be asked`, {
      cure: `Look at it ${look}, then add --yes.`,
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = (await lines.question(`${question} [y/N] `)).trim().toLowerCase();
    return answer === "y" || answer === "yes";
  } finally {
    lines.close();
  }
}
