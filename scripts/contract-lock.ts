import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { COLUMN_FILE, type ColumnFile } from "../src/erp/columns.ts";
import { type ContractLock, lockOf } from "../src/erp/ctapi/contract-lock.ts";
import { CONTRACT_USAGE, type ServiceName } from "../src/erp/ctapi/contract-usage.ts";
import { parseWsdl } from "../src/erp/ctapi/wsdl.ts";

/** Where the published contracts lie beside a checkout; they are not part of the project. */
export const PUBLISHED_CONTRACTS = new URL(
  "../../shared/reference/ctapi-contracts/",
  import.meta.url,
);
export const LOCK_FILE = new URL("../src/erp/ctapi/contract-lock.json", import.meta.url);

/** The lock as the published contracts in `folder` give it, or undefined where they are not. */
export function generateContractLock(folder: URL): string | undefined {
  if (!existsSync(folder)) return undefined;
  const services = Object.keys(CONTRACT_USAGE).sort() as ServiceName[];
  const lock = Object.fromEntries(
    services.map((service) => {
      const source = readFileSync(new URL(`${service}.wsdl`, folder), "utf8");
      return [service, lockOf(service, parseWsdl(service, source))] as const;
    }),
  ) as ContractLock;
  return `${stringify(lock, 0)}\n`;
}

/** Where the columns of each table are published; services that show one table agree on it. */
const TABLES = {
  ARDoc: ["invoiceAndMemo", "ARDoc"],
  Batch: ["invoiceAndMemo", "Batch"],
  Customer: ["customerMaintenance", "CustomerV2"],
} as const;
/** Elements that the services add to a row of SL. */
const NO_COLUMNS = new Set(["errorMessage", "notes", "resultCode"]);
const KINDS: Readonly<Record<string, keyof ColumnFile["ARDoc"]>> = {
  "xs:string": "text",
  "xs:double": "decimal",
  "xs:short": "whole",
  "xs:int": "whole",
  "xs:dateTime": "date",
};

/** The columns of SL's tables as the published contracts show them, or undefined as above. */
export function generateColumns(folder: URL): string | undefined {
  if (!existsSync(folder)) return undefined;
  const columns = Object.fromEntries(
    Object.entries(TABLES).map(([table, [service, type]]) => {
      const source = readFileSync(new URL(`${service}.wsdl`, folder), "utf8");
      const elements = parseWsdl(service, source).types.get(type) ?? [];
      const byKind: Record<string, string[]> = { text: [], decimal: [], whole: [], date: [] };
      for (const { name, type: elementType } of elements) {
        if (!NO_COLUMNS.has(name)) byKind[KINDS[elementType] ?? ""]?.push(name);
      }
      const joined = Object.entries(byKind).map(([kind, names]) => [kind, names.join(" ")]);
      return [table, Object.fromEntries(joined)] as const;
    }),
  );
  return `${JSON.stringify(columns, null, 2)}\n`;
}

/** JSON with one element a line: short enough to read, and a difference shows as its line. */
function stringify(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pad = "  ".repeat(depth + 1);
  const end = `\n${"  ".repeat(depth)}`;
  if (Array.isArray(value)) {
    if (value.every((inner) => typeof inner !== "object")) return JSON.stringify(value);
    const lines = value.map((inner) => pad + stringify(inner, depth + 1));
    return `[\n${lines.join(",\n")}${end}]`;
  }
  const lines = Object.entries(value).map(
    ([key, inner]) => `${pad}${JSON.stringify(key)}: ${stringify(inner, depth + 1)}`,
  );
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}${end}}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = generateContractLock(PUBLISHED_CONTRACTS);
  const columns = generateColumns(PUBLISHED_CONTRACTS);
  if (lock === undefined || columns === undefined) {
    console.log("The published contracts are not beside this checkout: the lock stays as it is.");
  } else {
    writeFileSync(LOCK_FILE, lock);
    writeFileSync(COLUMN_FILE, columns);
    console.log(`Written: ${fileURLToPath(LOCK_FILE)}, ${fileURLToPath(COLUMN_FILE)}`);
  }
}
