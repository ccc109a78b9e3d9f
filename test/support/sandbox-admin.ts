/** Calls the administration of the sandbox at an origin: POST with a body, else GET. */
export function adminOf(origin: string) {
  return async <T>(path: string, body?: unknown, method?: "DELETE"): Promise<T> => {
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
