// Draws the demo's logos and screenshots: node make.mjs, with playwright-core below KONTOR_TEST_NODE_MODULES and Chromium
// in CHROMIUM (default /usr/bin/chromium). The pictures are ours and are kept in the repository; run it when content changes.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { categories } from "./screens.mjs";

const { chromium } = await import(pathToFileURL(`${process.env.KONTOR_TEST_NODE_MODULES}/playwright-core/index.mjs`));
const here = new URL(".", import.meta.url).pathname;
const hues = { yanshi: 212, mozhou: 262, hengmu: 158, beiyu: 194, zhiqu: 286, qingyan: 174, hexu: 28, zhanqiao: 340, fengji: 18, yicheng: 228, fjordlicht: 200, marrow: 96 };

// The products, read from lines of the form `key = value`.
function products() {
  const found = [];
  for (const file of ["products_1", "products_2", "more"]) {
    for (const block of readFileSync(`${here}../content/${file}.toml`, "utf8").split("[[products]]").slice(1)) {
      const value = (key) => JSON.parse(block.match(new RegExp(`^${key} = (.*)$`, "m"))[1]);
      found.push({ seller: value("seller"), category: value("categories")[0], name: value("name"), summary: value("summary") });
    }
  }
  return found;
}

const slug = (name) => name.toLowerCase().replaceAll(" ", "-");
// Small numbers that are the same at each run.
function numbers(seed) {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 2147483647, 7);
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

function logo(product, index) {
  const hue = (hues[product.seller] + (index % 5) * 9) % 360;
  const dark = `hsl(${hue} 48% 34%)`, light = `hsl(${hue} 52% 45%)`;
  const back = ["<circle cx='96' cy='30' r='44'/>", "<path d='M0 128L128 0v128z'/>", "<rect y='72' width='128' height='56'/>", "<circle cx='64' cy='128' r='70'/>"][index % 4];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 128 128"><rect width="128" height="128" fill="${dark}"/><g fill="${light}">${back}</g><g transform="translate(28 28) scale(3)" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="${categories[product.category].icon}"/></g></svg>`;
}

function lines(random, width, height, hue) {
  const points = Array.from({ length: 25 }, (_, at) => [at * width / 24, height - 12 - height * 0.7 * (0.25 + 0.5 * at / 24 + 0.25 * random())]);
  const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(" L");
  return `<path d="M${path} L${width} ${height} L0 ${height}z" fill="hsl(${hue} 70% 50% / .14)"/><path d="M${path}" fill="none" stroke="hsl(${hue} 65% 45%)" stroke-width="2.5"/>`;
}

function bars(random, width, height, hue) {
  return Array.from({ length: 14 }, (_, at) => {
    const tall = height * (0.3 + 0.6 * random());
    return `<rect x="${at * width / 14 + 5}" y="${height - tall}" width="${width / 14 - 10}" height="${tall}" rx="3" fill="hsl(${hue} ${at === 9 ? 70 : 45}% ${at === 9 ? 45 : 72}%)"/>`;
  }).join("");
}

function screen(product, index, lang, turn = 0) {
  const of = (text) => (Array.isArray(text) ? text[lang] : text);
  const shown = categories[product.category], random = numbers(product.name[0]), hue = (hues[product.seller] + (index % 5) * 9) % 360;
  const chart = ((index + turn) % 2 ? bars : lines)(random, 700, 150, hue);
  const active = (index + turn) % 3;
  const tiles = shown.tiles.map(([label, value]) => `<div class="tile"><small>${of(label)}</small><b>${value}</b></div>`).join("");
  const rows = [...shown.rows.slice(index % 5), ...shown.rows.slice(0, index % 5)];
  const table = `<table><tr>${shown.columns.map((name) => `<th>${of(name)}</th>`).join("")}</tr>${rows.map((row) => `<tr>${row.map((cell, at) => (at === row.length - 1 ? `<td><i>${of(cell)}</i></td>` : `<td>${of(cell)}</td>`)).join("")}</tr>`).join("")}</table>`;
  const cards = `<div class="board">${[0, 1, 2].map((at) => `<div>${rows.filter((_, place) => place % 3 === at).map((row) => `<p><b>${of(row[0])}</b><br>${of(row[1])}<br><i>${of(row[3])}</i></p>`).join("")}</div>`).join("")}</div>`;
  const graph = `<section><h2>${of(shown.chart)}</h2><svg viewBox="0 0 700 150" width="100%" height="150" preserveAspectRatio="none">${chart}</svg></section>`;
  const parts = [[`<div class="tiles">${tiles}</div>`, graph, table], [cards, graph, `<div class="tiles">${tiles}</div>`], [graph, `<div class="tiles">${tiles}</div>`, table]][active];
  return `<meta charset="utf-8"><style>
    * { box-sizing: border-box; margin: 0 } body { font: 13.500px/1.45 "Noto Sans CJK SC", "Noto Sans", sans-serif; color: #1d2430; background: #f6f7f9; width: 960px; height: 600px; display: flex; overflow: hidden }
    nav { width: 190px; background: hsl(${hue} 35% 16%); color: #fff; padding: 18px 12px } nav h1 { font-size: 14px; display: flex; gap: 9px; align-items: center; margin-bottom: 22px } nav h1 svg { width: 26px; height: 26px; border-radius: 6px; flex: none }
    nav a { display: block; padding: 8px 12px; border-radius: 7px; opacity: .78 } nav a.on { background: hsl(${hue} 45% 32%); opacity: 1 }
    main { flex: 1; padding: 22px 26px; display: flex; flex-direction: column; gap: 14px } header { display: flex; justify-content: space-between; align-items: center } header b { font-size: 19px } header span { background: #fff; border: 1px solid #d9dee6; border-radius: 7px; padding: 6px 60px 6px 12px; color: #748094 }
    .tiles { display: grid; grid-template-columns: repeat(3, 1fr); gap: 14px } .tile, section, table, .board p { background: #fff; border: 1px solid #e1e5ec; border-radius: 10px } .tile { padding: 12px 16px } .tile b { display: block; font-size: 24px } small { color: #66728a } section { padding: 12px 16px } h2 { font-size: 13.500px; margin-bottom: 6px }
    table { width: 100%; border-spacing: 0 } th, td { text-align: left; padding: 8px 16px; border-bottom: 1px solid #edf0f4 } th { color: #66728a; font-weight: 500 } i { font-style: normal; background: hsl(${hue} 60% 94%); color: hsl(${hue} 60% 28%); border-radius: 20px; padding: 2px 10px; font-size: 12px }
    .board { display: grid; grid-template-columns: repeat(3, 1fr); gap: 14px } .board p { padding: 11px 14px; margin-bottom: 12px; line-height: 1.65 }
  </style><nav><h1>${logo(product, index)}<span>${product.name[lang]}</span></h1>${shown.nav.map((name, at) => `<a class="${at === active ? "on" : ""}">${of(name)}</a>`).join("")}</nav>
  <main><header><b>${of(shown.nav[active])}</b><span>${lang ? "搜索" : "Search"}</span></header>${parts.join("")}</main>`;
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 960, height: 600 } });
for (const folder of ["logos", "screens"]) mkdirSync(`${here}${folder}`, { recursive: true });
let bytes = 0;
for (const [index, product] of products().entries()) {
  // Some products show more of themselves: other pages of the same software.
  for (const more of index % 4 ? [] : [2, 3]) {
    await page.setViewportSize({ width: 960, height: 600 });
    await page.setContent(screen(product, index, index % 2, more - 1));
    const shot = await page.screenshot({ type: "jpeg", quality: Number(process.env.QUALITY ?? 20) });
    writeFileSync(`${here}screens/${slug(product.name[0])}-${more}.jpg`, shot);
    bytes += shot.length;
  }
  // MORE=1 leaves the others as they are.
  if (process.env.MORE) continue;
  await page.setViewportSize({ width: 128, height: 128 });
  await page.setContent(`<style>body{margin:0}svg{display:block}</style>${logo(product, index)}`);
  const drawn = await page.screenshot({ type: "png" });
  writeFileSync(`${here}logos/${slug(product.name[0])}.png`, drawn);
  await page.setViewportSize({ width: 960, height: 600 });
  await page.setContent(screen(product, index, index % 2));
  const shot = await page.screenshot({ type: "jpeg", quality: Number(process.env.QUALITY ?? 20) });
  writeFileSync(`${here}screens/${slug(product.name[0])}.jpg`, shot);
  bytes += drawn.length + shot.length;
}
await browser.close();
console.log(`${bytes} bytes`);
