import { describeTouches } from "../../src/erp/ctapi/index.ts";
import { type Generator, markdownTable } from "./generated.ts";

const INTRO = `# What Slipway touches in Dynamics SL

Generated from the tables that the connector's code is typed by; \`slipway doctor --touches\` prints
the same. No table of SL is altered, no trigger or procedure is added, and nothing is written past
SL's own screens. What is not listed is left alone.
`;

const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(" ") || "none";

/** `docs/sl-touches.md`: for whoever answers for the SL site. */
export const generateSlTouches: Generator = () => {
  const { tablesAltered, services, tables, views } = describeTouches();
  const text = [
    INTRO,
    `Tables altered: **${tablesAltered}**\n`,
    "## Services and their screens\n",
    markdownTable(
      ["Service", "Screen", "Writes by", "Reads by"],
      services.map(({ service, screen, writes, reads }) => [
        `\`${service}\``,
        screen,
        list(writes),
        list(reads),
      ]),
    ),
    "\n## Tables and fields\n",
    markdownTable(
      ["Table", "", "Fields"],
      tables.map(({ table, isWritten, fields }) => [
        `\`${table}\``,
        isWritten ? "written and read" : "read",
        list(fields),
      ]),
    ),
    "\n## Views\n",
    "Read-only, shipped in `site/sql`, installed by the site.\n",
    markdownTable(
      ["View", "Reads"],
      views.map(({ view, reads }) => [`\`${view}\``, list(reads)]),
    ),
    "",
  ].join("\n");
  return { path: "docs/sl-touches.md", text };
};
