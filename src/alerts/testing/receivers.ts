import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";

/** A request that a receiver got. */
export type Got = Readonly<{ headers: IncomingHttpHeaders; body: string }>;

/** An HTTP receiver over a real socket; it answers what `answers` says, 200 without one. */
export type HttpReceiver = Readonly<{
  url: string;
  got: Got[];
  answers: number[];
  close(): Promise<void>;
}>;

export async function openHttpReceiver(): Promise<HttpReceiver> {
  const got: Got[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    got,
    answers,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A mail server over a real socket that keeps what it is given. */
export type MailReceiver = Readonly<{
  port: number;
  /** Each mail as it came, headers and all. */
  mails: string[];
  recipients: string[];
  /** User and password of each log-in. */
  logins: string[];
  close(): Promise<void>;
}>;

/** @param refuse the answer to `RCPT TO`, where it is to be refused; `silent` never greets */
export async function openMailReceiver(
  options: Readonly<{ refuse?: string; isSilent?: boolean }> = {},
): Promise<MailReceiver> {
  const [mails, recipients, logins]: string[][] = [[], [], []];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    if (options.isSilent !== true) converse(socket, options.refuse);
  });
  const converse = (socket: Socket, refuse: string | undefined) => {
    let [unread, mail]: [string, string | undefined] = ["", undefined];
    const say = (line: string) => socket.write(`${line}\r\n`);
    say("220 mail.example.com");
    socket.on("data", (chunk) => {
      unread += chunk.toString();
      for (let end = unread.indexOf("\r\n"); end >= 0; end = unread.indexOf("\r\n")) {
        const line = unread.slice(0, end);
        unread = unread.slice(end + 2);
        if (mail !== undefined) {
          if (line === ".") {
            mails?.push(mail);
            mail = undefined;
            say("250 taken");
          } else mail += `${line}\n`;
        } else if (/^EHLO/i.test(line)) say("250-mail.example.com\r\n250 AUTH PLAIN");
        else if (/^AUTH PLAIN /i.test(line)) {
          logins?.push(
            Buffer.from(line.slice(11), "base64").toString().replaceAll("\0", " ").trim(),
          );
          say("235 welcome");
        } else if (/^RCPT/i.test(line) && refuse !== undefined) say(refuse);
        else if (/^RCPT/i.test(line)) {
          recipients?.push(line.replace(/^RCPT TO:<(.*)>.*$/i, "$1"));
          say("250 fine");
        } else if (/^DATA/i.test(line)) {
          mail = "";
          say("354 go on");
        } else if (/^STARTTLS/i.test(line)) say("502 no TLS here");
        else say(/^QUIT/i.test(line) ? "221 bye" : "250 fine");
      }
    });
  };
  const port = await listening(server);
  return {
    port,
    mails: mails ?? [],
    recipients: recipients ?? [],
    logins: logins ?? [],
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
