import http from "node:http";
import https from "node:https";

/** Sends bodies over kept connections; one pool per sandbox. */
export class Poster {
  readonly #http = new http.Agent({ keepAlive: true, maxSockets: 64 });
  readonly #https = new https.Agent({ keepAlive: true, maxSockets: 64 });

  /** The status of the answer; 0 when none came in `timeoutMs` or the connection failed. */
  async post(
    url: string,
    body: string,
    options: { headers: Record<string, string>; timeoutMs: number },
  ): Promise<number> {
    const first = await this.#once(url, body, options);
    // A kept connection that the receiver had closed meanwhile: nothing was asked on it yet.
    return first === "stale" ? this.#once(url, body, options).then(statusOf) : first;
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #once(
    url: string,
    body: string,
    options: { headers: Record<string, string>; timeoutMs: number },
  ): Promise<number | "stale"> {
    const isSecure = url.startsWith("https:");
    const bytes = Buffer.from(body);
    return new Promise((resolve) => {
      const request = (isSecure ? https : http).request(url, {
        method: "POST",
        agent: isSecure ? this.#https : this.#http,
        headers: { ...options.headers, "content-length": String(bytes.length) },
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      request.on("response", (response) => {
        response.resume();
        response.on("error", () => resolve(0));
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        resolve(request.reusedSocket && error.code === "ECONNRESET" ? "stale" : 0);
      });
      request.end(bytes);
    });
  }
}

function statusOf(answer: number | "stale"): number {
  return answer === "stale" ? 0 : answer;
}
