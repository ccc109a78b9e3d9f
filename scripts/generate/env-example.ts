import { envExample } from "../../src/config/index.ts";
import type { Generator } from "./generated.ts";

/** `.env.example`: every variable of the environment, from the table that reads them. */
export const generateEnvExample: Generator = () => ({ path: ".env.example", text: envExample() });
