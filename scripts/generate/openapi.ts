import { describeApi } from "../../src/api/index.ts";
import type { Generator } from "./generated.ts";

/** `docs/openapi.json`: what the hub serves at `/api/openapi.json`. */
export const generateOpenApi: Generator = () => ({
  path: "docs/openapi.json",
  text: `${JSON.stringify(describeApi(), null, 2)}\n`,
});
