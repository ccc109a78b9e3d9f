import { fileURLToPath } from "node:url";
import { generateCliReference } from "./generate/cli-reference.ts";
import { runGenerators } from "./generate/compare.ts";
import { generateDoctorChecks } from "./generate/doctor-checks.ts";
import { generateDomainEventPage, generateDomainEventSchema } from "./generate/domain-events.ts";
import { generateEnvExample } from "./generate/env-example.ts";
import { generateErrors } from "./generate/errors.ts";
import { generateImportTable } from "./generate/import-table.ts";
import { generateLookupRules } from "./generate/lookup-rules.ts";
import { generateOpenApi } from "./generate/openapi.ts";
import { generateOrderLooks } from "./generate/order-looks.ts";
import { generateRetries } from "./generate/retries.ts";
import { generateSchema } from "./generate/schema.ts";
import { generateSlTouches } from "./generate/sl-touches.ts";

// npm run generate [-- --check]: writes every generated file, or names the stale ones and ends
// with exit code 1.
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const isCheck = process.argv.includes("--check");
const outcomes = await runGenerators(
  ROOT,
  {
    "error codes": generateErrors,
    ".env.example": generateEnvExample,
    "retry table": generateRetries,
    "looks at orders": generateOrderLooks,
    "import table": generateImportTable,
    "rules of the cache": generateLookupRules,
    "command reference": generateCliReference,
    "domain events": generateDomainEventPage,
    "schemas of domain events": generateDomainEventSchema,
    "doctor's checks": generateDoctorChecks,
    "what is touched in SL": generateSlTouches,
    "API description": generateOpenApi,
    "schema.sql": generateSchema,
  },
  isCheck,
);
for (const { path, problem } of outcomes) console.log(`${path} ${problem ?? "is up to date"}`);
process.exitCode = outcomes.some(({ problem }) => problem !== undefined) ? 1 : 0;
