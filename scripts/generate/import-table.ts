import { describeGrant } from "../ground/architecture.ts";
import { ZONES } from "../ground/import-table.ts";
import { type Generator, markdownTable, replaceSection } from "./generated.ts";

/** The import table in `docs/architecture.md`, from the table that the test enforces. */
export const generateImportTable: Generator = (read) => {
  const path = "docs/architecture.md";
  const rows = ZONES.map(({ name, may, packages }) => {
    const allowed =
      may === "anything" ? "anything of src" : may.map((grant) => describeGrant(grant)).join(", ");
    return [`\`${name}\``, allowed || "nothing of ours", packages.join(", ") || "none"];
  });
  const table = markdownTable(["Part", "May import", "Packages"], rows);
  return { path, text: replaceSection(read(path), "import table", table) };
};
