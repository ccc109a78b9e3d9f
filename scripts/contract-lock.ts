import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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
  const text = generateContractLock(PUBLISHED_CONTRACTS);
  if (text === undefined) {
    console.log("The published contracts are not beside this checkout: the lock stays as it is.");
  } else {
    writeFileSync(LOCK_FILE, text);
    console.log(`Written: ${fileURLToPath(LOCK_FILE)}`);
  }
}
