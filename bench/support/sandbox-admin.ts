/** Calls a route below `/_sandbox` of a sandbox; throws for an answer that is not 2xx. */
export type SandboxAdmin = <T>(path: string, call?: SandboxCall) => Promise<T>;

type SandboxCall = Readonly<{ method: "POST"; body: unknown } | { method: "DELETE" }>;

/** The admin routes of the sandbox at this origin. */
export function sandboxAdmin(origin: string): SandboxAdmin {
  return async <T>(path: string, call?: SandboxCall): Promise<T> => {
    const hasBody = call?.method === "POST";
    const response = await fetch(`${origin}/_sandbox${path}`, {
      method: call?.method ?? "GET",
      ...(hasBody
        ? { headers: { "content-type": "application/json" }, body: JSON.stringify(call.body) }
        : {}),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as T;
  };
}
