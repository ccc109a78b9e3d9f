import type { Platform } from "./platform-port.ts";
import { posix } from "./posix.ts";
import { windows } from "./windows.ts";

/** The platform that the hub runs on. */
export const platform: Platform = process.platform === "win32" ? windows : posix;
