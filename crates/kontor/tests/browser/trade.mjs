// The buyer's side of the trade by its forms, as people make it: in both languages, wide and narrow, light and dark, and once
// without scripts. A new buyer's way from the first page to the code is counted.
import { base, end, overflow, PASSWORD, people, signIn, visitor, wrong } from "./lib.mjs";

// Clicks, choices and sent forms that a new buyer may need at most, from the first page until the code can be read.
const STEPS_MAX = 12;

const LOOKS = [
  { lang: "en", theme: "light", width: 1440 },
  { lang: "zh", theme: "dark", width: 390 },
  { lang: "en", theme: "dark", width: 390 },
  { lang: "zh", theme: "light", width: 1440 },
  { lang: "en", theme: "light", width: 1440, plain: true },
];

const operator = await visitor({});
await signIn(operator, people.operator);

for (const [index, look] of LOOKS.entries()) {
  const name = `${look.lang} ${look.theme} ${look.width}${look.plain ? " without scripts" : ""}`;
  try {
    await buys(look, index, name);
  } catch (error) {
    wrong.push(`${name}: ${error.message.split("\n").slice(0, 4).join(" ")}`);
  }
}
await end();

// Somebody new finds a product, signs up, is verified, pays, sees the code and gives it back.
async function buys(look, index, name) {
  const page = await visitor(look);
  let steps = 0;
  const step = async (act) => {
    steps += 1;
    await act;
    await page.waitForLoadState("networkidle");
    const over = await overflow(page);
    if (over > 0) wrong.push(`${name}: ${new URL(page.url()).pathname} is ${over} px wider than the window`);
  };
  const click = (selector) => step(page.locator(selector).first().click());
  // Choosing what is chosen already is no step.
  const choose = async (selector) => { if (!(await page.isChecked(selector))) await step(page.check(selector)); };
  const send = (form) => step(page.locator(`${form} button[type=submit], ${form} button:not([type])`).first().click());

  await page.goto(base);
  await click('main a[href^="/products/"]');
  const product = await page.locator("h1").innerText();
  await click('main form[action^="/checkout"] button, main a[href^="/checkout"]');
  await click('main a[href^="/sign-up"]');
  const email = `new.buyer.${index}.${Date.now()}@people.example`;
  await choose('[name=kind][value=personal]');
  await page.fill("[name=name]", look.lang === "zh" ? `林青${index}` : `Ada Quill ${index}`);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await send('main form[action^="/sign-up"]');
  const checkout = page.url();
  if (!checkout.includes("/checkout")) throw new Error(`signing up led to ${checkout}, not back to the purchase`);

  await click('main a[href^="/console/verification"]');
  await page.fill("[name=number]", `31010119900101${1000 + index}`);
  await send('main form[action^="/console/verification"]');
  await approve(email, index);
  // Back to what was to be bought.
  await click('main a.button[href^="/checkout"]');
  await click('main a[href^="/console/wallet/top-up"]');
  await choose('[name=channel][value=development]');
  await send('main form[action^="/console/wallet/top-up"]');
  if (!page.url().includes("/checkout")) throw new Error(`topping up led to ${page.url()}, not back to the purchase`);
  await step(page.locator('main form[action="/checkout"] button[value=now]').first().click());
  if (!page.url().includes("/console/orders/")) throw new Error(`paying led to ${page.url()}`);
  await delivered(page);
  await click('main a[href^="/console/instances/"]');
  const instance = page.url();
  const code = await reveal(page, step);
  if (steps > STEPS_MAX) wrong.push(`${name}: a new buyer needs ${steps} steps to the code, at most ${STEPS_MAX}`);
  console.log(`${name}: ${product}: ${code.length} characters of code after ${steps} steps`);

  // Without scripts the code has a page of its own.
  await page.goto(instance);
  await page.locator('main a[href$="/return"]').first().click();
  await page.waitForLoadState("networkidle");
  const give = page.locator('main form[action$="/return"]');
  if (!(await give.locator("button").first().isVisible())) await page.locator("main details.dialog summary").first().click();
  await page.locator('form[action$="/return"] button').first().click();
  await page.waitForLoadState("networkidle");
  const text = await page.locator("main").innerText();
  if (!/refund|return|退/i.test(text)) throw new Error(`after the return the page says: ${text.slice(0, 200)}`);
  await page.goto(`${base}/console/wallet`);
  await page.context().close();
}

// The operator finds the newest verification and approves it.
async function approve(email, index) {
  await operator.goto(`${base}/operator/verifications`);
  const wanted = operator.locator("main a[href^='/operator/verifications/ver_']");
  const links = await wanted.evaluateAll((all) => all.map((link) => [link.getAttribute("href"), link.closest("tr, li, article")?.innerText ?? ""]));
  const own = links.find(([, text]) => text.includes(`林青${index}`) || text.includes(`Ada Quill ${index}`)) ?? links.at(-1);
  if (!own) throw new Error("no verification waits");
  await operator.goto(base + own[0]);
  const button = operator.locator("main button[value=approve]").first();
  if (await button.isVisible()) await button.click();
  else {
    await operator.locator("main details.dialog summary").first().click();
    await operator.locator("button[value=approve]").first().click();
  }
  await operator.waitForLoadState("networkidle");
}

// The code is there within a moment; without scripts one looks again.
async function delivered(page) {
  for (let tries = 0; tries < 50; tries += 1) {
    if (await page.locator('main a[href^="/console/instances/"]').count()) return;
    await new Promise((later) => setTimeout(later, 200));
    await page.reload({ waitUntil: "networkidle" });
  }
  throw new Error("nothing was delivered within ten seconds");
}

async function reveal(page, step) {
  const form = page.locator('main form[action$="/code"]').first();
  const details = page.locator("main details.reveal summary").first();
  if (await form.count() && await form.locator("button").first().isVisible()) await step(form.locator("button").first().click());
  else await step(details.click());
  const code = page.locator("main code").filter({ hasText: /^PL[0-9A-Z]{20,}$/ }).first();
  await code.waitFor({ state: "visible" });
  return (await code.innerText()).trim();
}
