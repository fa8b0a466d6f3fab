/**
 * A small seller's system that takes Kontor's events (Standard Webhooks) as it should. Node 18 or newer, no packages.
 *
 *     SECRET=<the secret of your address> PORT=8090 npx tsx webhooks.ts
 *
 * Then add http://<this machine>:8090/webhooks as your address, in the form of Standard Webhooks, and verify it. A real system
 * keeps its instances in a database and starts something for each of them; everything else is here. With the package
 * `standardwebhooks`, `believes` is one line: new Webhook(secret).verify(body, headers).
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

// A secret is changed without a gap: while two are known, both are believed.
const secrets = (process.env.SECRET ?? process.env.KEY ?? "").split(",").filter((secret) => secret !== "");
const port = Number(process.env.PORT ?? 8090);
const site = process.env.SITE ?? `http://127.0.0.1:${port}`;
/** Seconds for which a signature is good. */
const fresh = Number(process.env.FRESH_SECONDS ?? 300);
const bodyMax = 1024 * 1024;
/** A file that shows what it has, for whoever compares it with the marketplace. */
const book = process.env.BOOK;

type Standing = "open" | "frozen" | "released";
type Data = Record<string, unknown>;
type Answer = [status: number, said?: Data];

/** By order line, which is the name of its instance. */
const instances = new Map<string, Standing>();
/** Which SKU and how many an instance is; a change brings others. */
const sold = new Map<string, { sku: unknown; quantities: unknown }>();
/** Until when an instance goes on, once it was told of another end. */
const ends = new Map<string, string>();
/** How authorisation codes stand, where it is told of them. */
const codes = new Map<string, Standing>();

/** What was answered, by the event's id: one that is sent again is answered the same and changes nothing. */
const answered = new Map<string, Answer>();

/** Whether an event is from the marketplace and fresh. */
function believes(request: IncomingMessage, body: Buffer): boolean {
  const word = (name: string) => String(request.headers[name] ?? "");
  const [id, sentAt] = [word("webhook-id"), word("webhook-timestamp")];
  if (!/^\d+$/.test(sentAt) || Math.abs(Date.now() / 1000 - Number(sentAt)) > fresh) return false;
  const given = word("webhook-signature").split(" ").map((one) => Buffer.from(one));
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const signature = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest("base64");
    const own = Buffer.from(`v1,${signature}`);
    return given.some((one) => one.length === own.length && timingSafeEqual(one, own));
  });
}

function text(data: Data, name: string): string {
  const value = data[name];
  if (typeof value !== "string") throw new TypeError(`${name} is no text`);
  return value;
}

function described(instance: string): Data {
  const access = {
    front_end_url: `${site}/app/${instance}`,
    user_name: "admin",
    password: `first-${instance.slice(-6)}`,
    memo: "Change the password when you first sign in. 首次登录后请修改密码。",
  };
  return { instance, access };
}

/** What an event asks or tells. The status says how it went: 2xx done, 202 in the making, 4xx refused, 410 for good. */
function take(kind: string, data: Data): Answer {
  if (kind === "instance.create") {
    // data says what was bought and for whom. The same line gets the same instance, however often it is asked for.
    const line = text(data, "order_line");
    if (!instances.has(line)) {
      instances.set(line, "open");
      sold.set(line, { sku: data.sku, quantities: data.quantities });
    }
    return [201, described(line)];
  }
  if (kind.startsWith("licence.") || kind === "order.placed") {
    // Told to who keeps a case of it. Software asks the marketplace for its code anyway; an order is what was paid.
    const standing = ({ frozen: "frozen", unfrozen: "open", released: "released" } as const)[kind.slice(8)];
    if (data.expires_at !== undefined) ends.set(text(data, "licence"), text(data, "expires_at"));
    else if (standing !== undefined) codes.set(text(data, "licence"), standing);
    return [204];
  }
  const instance = String(data.instance);
  const standing = instances.get(instance);
  if (standing === undefined) return [404, { code: "unknown_instance" }];
  switch (kind) {
    case "instance.describe":
      // How it stands here: each night the marketplace tells again what was missed.
      const state = standing === "open" ? "active" : standing;
      return [200, { ...described(instance), state, expires_at: ends.get(instance), ...sold.get(instance) }];
    case "instance.renewed":
    case "instance.renewal_returned":
    case "instance.trial_bought":
      ends.set(instance, text(data, "expires_at"));
      break;
    case "instance.accepted": // Its buyer has looked at it: the term begins, if it has one.
      if (data.expires_at !== undefined) ends.set(instance, text(data, "expires_at"));
      break;
    case "instance.changed":
      sold.set(instance, { sku: text(data, "sku"), quantities: data.quantities });
      // With a new term, it comes with the end of that.
      if (data.expires_at !== undefined) ends.set(instance, text(data, "expires_at"));
      break;
    case "instance.frozen":
    case "instance.unfrozen":
      if (standing !== "released") instances.set(instance, kind === "instance.frozen" ? "frozen" : "open");
      break;
    case "instance.released":
      instances.set(instance, "released");
      break;
    case "instance.check_change": // A real one looks whether data fits what is used; 409 and { message: why } is no.
    default:
    // What is not known yet is none of its business.
  }
  return [204];
}

function keep(): void {
  if (book === undefined) return;
  const rows = [...instances].map(([instance, state]) => ({ instance, state, ...sold.get(instance), end: ends.get(instance) }));
  writeFileSync(book, JSON.stringify(rows));
}

function judge(request: IncomingMessage, body: Buffer): Answer {
  if (!believes(request, body)) return [401, { code: "signature" }];
  const id = String(request.headers["webhook-id"]);
  const before = answered.get(id);
  if (before !== undefined) return before;
  try {
    const event: unknown = JSON.parse(body.toString("utf8"));
    if (typeof event !== "object" || event === null) return [400, { code: "invalid" }];
    const { type, data } = event as Data;
    if (typeof type !== "string" || typeof data !== "object" || data === null) return [400, { code: "invalid" }];
    const answer = take(type, data as Data);
    keep();
    if (answer[0] < 300) answered.set(id, answer);
    return answer;
  } catch {
    return [400, { code: "invalid" }];
  }
}

function send(response: ServerResponse, [status, said]: Answer): void {
  if (said === undefined) {
    response.writeHead(status).end();
    return;
  }
  const body = JSON.stringify(said);
  const head = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  response.writeHead(status, head).end(body);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", site);
  if (request.method === "GET") {
    // The application itself, as far as this one has any.
    const state = instances.get(pathname.replace(/^\/app\//, ""));
    return send(response, [state === "open" ? 200 : state === "frozen" ? 403 : 404, { state: state ?? null }]);
  }
  if (request.method !== "POST" || pathname !== "/webhooks") return send(response, [404, { code: "unknown_instance" }]);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > bodyMax) return send(response, [413, { code: "invalid" }]);
    parts.push(part as Buffer);
  }
  send(response, judge(request, Buffer.concat(parts)));
}

if (secrets.length === 0) {
  console.error("SECRET is missing: the secret of your address, two with a comma between them");
  process.exit(1);
}
const server = createServer((request, response) => {
  handle(request, response).catch(() => response.destroy());
});
server.listen(port, site.startsWith("http://127.") ? "127.0.0.1" : undefined, () => {
  console.log(`The seller's system answers at ${site}/webhooks`);
});
