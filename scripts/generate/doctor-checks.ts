import { HUB_CHECKS, PAIR_CHECKS } from "../../src/doctor/index.ts";
import { type Generator, markdownTable } from "./generated.ts";

const INTRO = `# What the doctor looks at

Generated from the checks; each has a test that makes it, and it alone, speak up. The command
\`slipway doctor\` takes all of them, \`slipway pair test\` those of one pair. Both end with exit
code 1 where one finds a problem, and every finding names its cure. Nothing is written but by
\`--probe\`: see [what this SL can do](operating.md#what-this-sl-can-do). What the hub touches in SL
is listed in [sl-touches.md](sl-touches.md).
`;

type Checks = Readonly<Record<string, Readonly<{ looksAt: string; trouble: string }>>>;

const table = (checks: Checks) =>
  markdownTable(
    ["Check", "Well", "Not well"],
    Object.entries(checks).map(([name, { looksAt, trouble }]) => [`\`${name}\``, looksAt, trouble]),
  );

/** `docs/doctor.md`: every check with what it looks at. */
export const generateDoctorChecks: Generator = () => {
  const parts = [INTRO, "## The hub\n", table(HUB_CHECKS), "\n## Each pair\n", table(PAIR_CHECKS)];
  return { path: "docs/doctor.md", text: `${parts.join("\n")}\n` };
};
