/** A row of a sandbox's table, as its administration shows it. */
export type Row = Readonly<Record<string, unknown>>;

/** Calls a sandbox's administration, which stands in for people and for the network. */
export type Admin = <T>(path: string, body?: unknown, method?: string) => Promise<T>;

/** @param origin such as `http://127.0.0.1:4711` */
export function adminOf(origin: string): Admin {
  return async <T>(path: string, body?: unknown, method?: string): Promise<T> => {
    const response = await fetch(`${origin}/_sandbox${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as T;
  };
}

/** A column as text without outer blanks. */
export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column];
  return value === null || value === undefined ? "" : String(value as string).trim();
}

/** A column as a number. */
export function numberOf(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
