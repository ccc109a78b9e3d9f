/** The code of a failed system call (`ENOENT`, `EACCES`), or empty for any other error. */
export function systemCode(thrown: unknown): string {
  if (!(thrown instanceof Error) || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}

/** Whether an error says that the file is not there. */
export function isMissing(thrown: unknown): boolean {
  return systemCode(thrown) === "ENOENT";
}
