// Every page that there is, as everybody who may see it: found by its links, read by axe, measured, looked at.
import { mkdirSync } from "node:fs";
import { axeFinds, base, end, faces, overflow, people, shifted, SHIFT_MAX, signIn, visitor, wrong } from "./lib.mjs";

const SHOTS = process.env.SCREENSHOTS;
const WEIGHT_MAX = 60_000;
// As many different things of one kind are opened as tell something.
const EACH = 3;
// Only a young one can be returned, and only an active one has a file.
// A product has the pages of its kind and of what has befallen it.
// Few products can be tried, and not every order sold a licence.
const MORE = { "/seller/orders/{order}": 20, "/console/instances/{instance}": 20, "/seller/products/{product}": 40, "/products/{product}": 25 };
// Pages that no page leads to: from letters, in development, with a field that has to be filled first.
const STARTS = {
  nobody: ["/", "/sign-in", "/sign-up", "/forgot-password", "/reset-password?token=kr_0", "/dev/ui", "/sellers", "/categories/security"],
  buyer: ["/", "/console"],
  seller: ["/", "/console", "/seller", "/seller/onboarding"],
  operator: ["/operator"],
};

// What scripts ask for.
const PARTS = { nobody: ["/suggest?q=a", "/robots.txt", "/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/products-1.xml", "/feeds/products.xml", "/feeds/categories/security"], operator: ["/operator/invariants"] };

const patterns = faces.filter(({ method }) => method === "GET").map(({ path, access }) => ({
  path, access, matches: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`),
}));
const faceOf = (url) => {
  const path = new URL(url, base).pathname;
  return patterns.find((face) => face.path === path) ?? patterns.find((face) => face.matches.test(path));
};
const seen = new Map();

for (const [role, starts] of Object.entries(STARTS)) {
  const page = await visitor({ bypassCSP: false });
  if (role !== "nobody") await signIn(page, people[role]);
  const waiting = [...starts, ...PARTS[role] ?? []];
  const known = new Set([...waiting, ...(PARTS[role] ?? []).map((part) => `part ${part}`)]);
  const opened = new Map();
  const linked = new Map();
  while (waiting.length) {
    const path = waiting.shift();
    const face = faceOf(path);
    const kind = face?.path ?? path.split("?")[0];
    if ((opened.get(kind) ?? 0) >= (MORE[kind] ?? EACH)) continue;
    opened.set(kind, (opened.get(kind) ?? 0) + 1);
    const isFile = !face || /\.(csv|json|xml|txt)$/.test(kind) || kind.startsWith("/feeds/") || kind.startsWith("/sitemaps/") || kind.startsWith("/pictures/") || kind.startsWith("/api/");
    const at = `${path} as ${role}`;
    if (isFile || known.has(`part ${path}`)) {
      const answer = await page.request.get(base + path, { headers: { "x-part": "1" } });
      if (answer.status() >= 400) wrong.push(`${at}: ${answer.status()}, from ${linked.get(path)}`);
      else if (face) note(face, role, path);
      continue;
    }
    let weight = 0;
    const weigh = async (response) => {
      if (!/text\/|javascript/.test(response.headers()["content-type"] ?? "")) return;
      const sizes = await response.request().sizes().catch(() => null);
      weight += sizes ? sizes.responseBodySize + sizes.responseHeadersSize : 0;
    };
    page.on("response", weigh);
    const answer = await page.goto(base + path, { waitUntil: "load" }).catch((error) => error);
    page.off("response", weigh);
    if (answer instanceof Error) {
      // What is saved is not shown; that it is there can still be seen.
      const saved = await page.request.get(base + path);
      if (!answer.message.includes("Download is starting") || saved.status() >= 400) wrong.push(`${at}: ${answer.message}`);
      else if (face) note(face, role, path);
      continue;
    }
    const landed = faceOf(page.url());
    if (answer.status() >= 400) {
      wrong.push(`${at}: ${answer.status()}, from ${linked.get(path) ?? "the start"}`);
      continue;
    }
    for (const [seen, where] of [[face, path], [landed, new URL(page.url()).pathname + new URL(page.url()).search]]) {
      if (seen) note(seen, role, where);
    }
    if (weight > WEIGHT_MAX) wrong.push(`${at}: ${weight} bytes over the wire, at most ${WEIGHT_MAX}`);
    const found = await page.evaluate(() => {
      const texts = document.body.innerText.match(/\b(?:ui|nav|done|state)-[a-z]+-[a-z-]+\b/g) ?? [];
      const h1 = document.querySelectorAll("h1").length;
      const of = (selector, name) => [...document.querySelectorAll(selector)].map((each) => each.getAttribute(name));
      return { texts, h1, links: of("a[href]", "href"), images: of("img[src]", "src"), parts: [...of("[data-load]", "data-load"), ...of("form[data-live]", "data-live").map((href, index) => {
        const form = document.querySelectorAll("form[data-live]")[index];
        const fields = new URLSearchParams(new FormData(form));
        fields.delete("_csrf"); fields.delete("_once");
        return `${href}?${fields}`;
      })] };
    });
    // The way to propose an amendment is not shown while one is proposed; its page can be opened all the same.
    if (await page.$("form[action$='/amendment/withdraw']")) found.links.push(`${new URL(page.url()).pathname}/amendment`);
    if (found.h1 !== 1) wrong.push(`${at}: ${found.h1} first headings`);
    for (const key of found.texts) wrong.push(`${at}: a key is shown for its text: ${key}`);
    for (const [href, part] of [...found.links.map((href) => [href, false]), ...found.images.map((href) => [href, true]), ...found.parts.map((href) => [href, true])]) {
      const target = new URL(href, page.url());
      if (target.origin !== base || /^\/(sign-out|assets)/.test(target.pathname)) continue;
      const next = target.pathname + target.search;
      if (known.has(next)) continue;
      known.add(next);
      if (part) known.add(`part ${next}`);
      linked.set(next, path);
      waiting.push(next);
    }
  }
  await page.context().close();
}

function note(face, role, path) {
  if (!seen.has(face.path)) seen.set(face.path, { role, path });
}

// Shown only while something is on its way; the trade goes through it.
const PASSING = ["/console/orders/{order}/progress", "/seller/products/{product}/prices/example"];
for (const { path } of patterns) if (!PASSING.includes(path) && !seen.has(path)) wrong.push(`${path}: no link leads there; link it, or name it in STARTS`);

// Each kind of page once more: axe in both brightnesses and languages, and room for it in both widths.
if (SHOTS) mkdirSync(SHOTS, { recursive: true });
const LOOKS = [["en", "light", 1440], ["zh", "dark", 390], ["zh", "light", 1440], ["en", "dark", 390], ["en", "light", 390], ["en", "dark", 1440], ["zh", "light", 390], ["zh", "dark", 1440]];
for (const [index, [lang, theme, width]] of LOOKS.entries()) {
  // Two looks tell axe all that differs: both brightnesses, languages and widths are in them.
  const reads = index < 2;
  if (!reads && !SHOTS) continue;
  const pages = {};
  for (const role of Object.keys(STARTS)) {
    pages[role] = await visitor({ lang, theme, width, bypassCSP: true });
    if (role !== "nobody") {
      await signIn(pages[role], people[role]);
      await pages[role].context().addCookies([{ name: "lang", value: lang, url: base }]);
    }
  }
  for (const [face, { role, path }] of seen) {
    const page = pages[role];
    const answer = await page.request.head(base + path).catch(() => null);
    if (!(answer?.headers()["content-type"] ?? "").startsWith("text/html")) continue;
    await page.goto(base + path, { waitUntil: "load" });
    if (!(await page.$("html[lang] body main"))) continue;
    if (reads) for (const found of await axeFinds(page)) wrong.push(`${face} (${lang}, ${theme}, ${width}): ${found}`);
    const moved = await shifted(page);
    if (moved > SHIFT_MAX) wrong.push(`${face} (${lang}, ${theme}, ${width}): it moved by ${moved} while it came, at most ${SHIFT_MAX}`);
    const over = await overflow(page);
    if (over > 0) wrong.push(`${face} (${lang}, ${theme}, ${width}): ${over} px wider than the window`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${face.replaceAll(/[/{}]+/g, "_")}-${lang}-${theme}-${width}.png`, fullPage: true });
  }
  for (const page of Object.values(pages)) await page.context().close();
}
console.log(`${seen.size} of ${patterns.length} pages were seen`);
await end();
