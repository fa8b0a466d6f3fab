// The seller's side of the trade by its forms, by strangers from the first page on: an account, its verification, the wizard with
// its draft, the admission, business information, a product with a hundred SKUs through the editor and the review; then
// another stranger who tops up by transfer, buys it, sees the code and gives it back; and the pages of team and keys.
import { base, end, linkOf, overflow, pdf, people, press, shifted, SHIFT_MAX, signIn, signUp, until, visitor, wrong } from "./lib.mjs";

const LOOKS = [
  { lang: "en", theme: "light", width: 1440 },
  { lang: "zh", theme: "dark", width: 390 },
];
const SKUS = 100;

// The operator works in the other language and brightness.
for (const [index, look] of LOOKS.entries()) {
  const name = `${look.lang} ${look.theme} ${look.width}`;
  const other = LOOKS[(index + 1) % LOOKS.length];
  const operator = await visitor({ ...other, width: look.width });
  try {
    await signIn(operator, people.operator);
    await sells(look, operator, name, `${index}${Date.now() % 10_000}`);
  } catch (error) {
    wrong.push(`${name}: ${error.stack.split("\n").slice(0, 8).join(" ")}`);
  }
  await operator.context().close();
}
await end();

async function fits(page, name) {
  const over = await overflow(page);
  if (over > 0) wrong.push(`${name}: ${new URL(page.url()).pathname} is ${over} px wider than the window`);
}

function must(fact, what) {
  if (!fact) throw new Error(what);
}

async function sells(look, operator, name, mark) {
  const page = await visitor(look);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
  const company = look.lang === "zh" ? `羽石软件 ${mark}` : `Quillstone Software ${mark}`;
  await signUp(page, { kind: "enterprise", name: company, email: `seller.${mark}@people.example` });
  await fits(page, name);
  await verified(page, operator, { company, number: `91310000MA1K${mark}`, representative: "Li Na" });
  await admitted(page, operator, company, mark, name);
  await certified(page, operator, company, mark, name);
  const words = look.lang === "zh" ? `羽笔日志 ${mark}` : `Quill Log ${mark}`;
  const product = await published(page, operator, { words, mark, name });
  await bought(look, operator, { product, words, mark, name });
  await teamAndKeys(page, mark, name);
  await page.context().close();
  console.log(`${name}: ${company} sold ${words}`);
}

async function verified(page, operator, { company, number, representative }) {
  await page.goto(`${base}/console/verification`, { waitUntil: "networkidle" });
  await page.check("[name=kind][value=enterprise]");
  await page.fill("[name=name]", company);
  await page.fill("[name=number]", number);
  await page.fill("[name=representative]", representative);
  await page.setInputFiles("input[name=documents]", pdf("licence.pdf"));
  await press(page, 'main form[action^="/console/verification"]');
  await operator.goto(`${base}/operator/verifications`);
  await operator.goto(await linkOf(operator, company, "/operator/verifications/ver_"));
  await press(operator, "main button[value=approve]");
}

// The wizard, left in the middle and found again as it was.
async function admitted(page, operator, company, mark, name) {
  await page.goto(`${base}/seller`, { waitUntil: "networkidle" });
  await press(page, 'main a[href="/seller/onboarding"]');
  await press(page, 'main a[href="/seller/onboarding?step=company"]');
  await page.fill("[name=company_name]", company);
  await page.fill("[name=registration_number]", `91310000MA1K${mark}`);
  await page.fill("[name=employees]", "a few");
  await press(page, 'main form[action="/seller/onboarding"]', "button[value=stay]");
  must(await page.locator("#f-employees[aria-invalid=true]").count(), "a number that is none is not refused at its field");
  await page.fill("[name=employees]", "40");
  await press(page, 'main form[action="/seller/onboarding"]', "button[value=stay]");
  // Somewhere else, and back another time.
  await page.goto(`${base}/console`);
  await page.goto(`${base}/seller/onboarding?step=company`, { waitUntil: "networkidle" });
  must((await page.inputValue("[name=employees]")) === "40", "the draft was not kept");
  await page.fill("[name=business_years]", "4");
  await page.fill("[name=registered_capital]", "500");
  await page.fill("[name=website]", "https://www.quillstone.example");
  await press(page, 'main form[action="/seller/onboarding"]', "button[value=on]");
  must(page.url().includes("step=licence"), `after the company came ${page.url()}`);
  await page.setInputFiles("input[name=business_licence]", pdf("business-licence.pdf"));
  await press(page, 'main form[action^="/seller/onboarding/licence"]');
  await page.goto(`${base}/seller/onboarding?step=contact`, { waitUntil: "networkidle" });
  const contact = { contact_name: "Li Na", mobile: "13800138000", email: `li.na.${mark}@seller.example`, service_phone: "+86 21 5555 0100", service_email: "service@seller.example", introduction: "Software for people who keep servers running." };
  for (const [field, value] of Object.entries(contact)) await page.fill(`[name=${field}]`, value);
  await press(page, 'main form[action="/seller/onboarding"]', "button[value=on]");
  await page.check("[name=accepted]");
  await press(page, 'main form[action="/seller/onboarding/submit"]');
  must(await page.locator('form[action="/seller/onboarding/withdraw"]').count(), "the application was not submitted");
  await fits(page, name);
  await operator.goto(`${base}/operator/sellers`);
  await operator.goto(await linkOf(operator, company, "/operator/sellers/applications/"));
  await fits(operator, name);
  await press(operator, 'main form[action$="/approve"]');
}

async function certified(page, operator, company, mark, name) {
  await page.goto(`${base}/seller/onboarding`, { waitUntil: "networkidle" });
  await page.fill("[name=bank]", "Bank of Shanghai");
  await page.fill("[name=account_number]", "6222020200112233");
  await page.fill("[name=taxpayer_number]", `91310000MA1K${mark}`);
  await press(page, 'main form[action="/seller/settings/business"]');
  await fits(page, name);
  await operator.goto(`${base}/operator/sellers/business`);
  await operator.goto(await linkOf(operator, company, "/operator/sellers/business/"));
  await press(operator, 'main form[action$="/certify"]');
  await page.goto(`${base}/seller`, { waitUntil: "networkidle" });
}

// The editor, section by section; what the rules say is mended where they say it.
async function published(page, operator, { words, mark, name }) {
  await page.goto(`${base}/seller/products/new`, { waitUntil: "networkidle" });
  await page.check("[name=access_type][value=license]");
  await page.fill('[name="name.en"]', `The best log ${mark}`);
  await page.fill('[name="name.zh"]', `${words}软件`);
  await press(page, 'main form[action="/seller/products/new"]');
  const id = page.url().match(/prd_[a-z0-9]+/)?.[0];
  must(id, `beginning a product led to ${page.url()}`);
  const editor = `/seller/products/${id}`;
  const open = (part) => page.goto(`${base}${editor}${part}`, { waitUntil: "networkidle" });
  const save = async (part) => {
    await press(page, `main form[action="${editor}${part}"]:has(.save-row)`, ".save-row button");
    await fits(page, name);
  };
  await basics(page, { words, open, save });
  await texts(page, { editor, open, save });
  await pictures(page, editor, open);
  await specs(page, { editor, open, save });
  await prices(page, { editor, open, save });
  await unticked(page, { open, save });

  await open("/submit");
  const meter = page.locator("meter").first();
  must(await meter.evaluate((full) => full.value === full.max), `the listing is not complete: ${await page.locator("main .todos").innerText()}`);
  const preview = await open("/preview");
  must(preview.ok() && (await page.locator("main").innerText()).includes(words), "the preview does not show the product");
  await fits(page, name);
  await open("/submit");
  await press(page, `form[action="${editor}/submit"]`);
  must(await page.locator(`form[action="${editor}/withdraw"]`).count(), "the listing was not submitted");

  await reviewed(operator, words, async () => {
    const objection = 'textarea[name="reason summary.en"]';
    await operator.locator("main details.object", { has: operator.locator(objection) }).locator("summary").click();
    await operator.fill(objection, "Say in the summary for whom it is.");
    await press(operator, 'main button[formaction$="/rejection"]');
  });
  await open("");
  const said = await page.locator('.field:has([name="summary.en"])').innerText();
  must(said.includes("for whom it is"), `what the reviewer said does not stand beside the field: ${said}`);
  await page.fill('[name="summary.en"]', "Finds the line that matters, for people on call.");
  await save("");
  await open("/submit");
  await press(page, `form[action="${editor}/submit"]`);
  await reviewed(operator, words, async () => {
    for (const point of await operator.locator('main [type=radio][value=fine]').all()) await point.check();
    await press(operator, 'main form[action$="/approval"] button.primary');
  });
  const answer = await page.goto(`${base}/products/${id}`, { waitUntil: "networkidle" });
  must(answer.ok(), `the approved product is not on sale: ${answer.status()}`);
  const moved = await shifted(page);
  if (moved > SHIFT_MAX) wrong.push(`${name}: the product's page moved by ${moved}`);
  return id;
}

async function basics(page, { words, open, save }) {
  await open("");
  const text = await page.locator('.field:has([name="name.en"])').innerText();
  must(/best/i.test(text) && (await page.locator('[name="name.en"][aria-invalid=true]').count()), `the name breaks a rule and nothing says so beside it: ${text}`);
  await page.fill('[name="name.en"]', words.replace(/^\D+/, "Quill Log "));
  await page.fill('[name="name.zh"]', words.replace(/^\D+/, "羽笔日志 "));
  await page.fill('[name="summary.en"]', "Finds the line that matters.");
  await page.fill('[name="summary.zh"]', "找到关键的那一行。");
  await page.locator("[name=categories]").first().check();
  await page.fill("[name=version]", "V1.0");
  await page.fill("[name=delivery_days]", "0");
  await save("");
  must(!(await page.locator('[name="name.en"][aria-invalid=true]').count()), "the mended name is still refused");
}

async function texts(page, { editor, open, save }) {
  await open("/description");
  await page.fill('[name="description.en"]', "It reads what your servers write and finds the line that matters. ".repeat(8));
  await page.fill('[name="description.zh"]', "它读取服务器写下的日志，找到关键的那一行，并展示前后发生的事情。".repeat(15));
  await save("/description");
  await open("/support");
  const support = { "hours.en": "Monday to Friday, 9:00 to 18:00", "hours.zh": "周一至周五 9:00–18:00", "content.en": "Installation, upgrades, faults", "content.zh": "安装、升级、故障处理", hotline: "+86 21 5555 0100", email: "support@seller.example" };
  for (const [field, value] of Object.entries(support)) await page.fill(`[name="support.${field}"]`, value);
  await save("/support");
  await page.setInputFiles("input[name=agreement]", pdf("agreement.pdf"));
  await press(page, `main form[action^="${editor}/agreement"]`);
}

// What saves itself takes nothing away that one click has unticked; the button does.
async function unticked(page, { open, save }) {
  await open("/papers");
  const mark = page.locator("[name=mark]").first();
  await mark.check();
  await save("/papers");
  await open("/papers");
  await mark.uncheck();
  await page.fill('[name="copyright.holder"]', "Quill Software");
  await page.waitForFunction(() => [...document.querySelectorAll("[data-kept]")].some((note) => !note.hidden && note.textContent.startsWith(note.dataset.kept)));
  page.once("dialog", (dialog) => dialog.accept());
  await open("/papers");
  must(await mark.isChecked(), "a mark that was unticked is gone without the button");
  must((await page.inputValue('[name="copyright.holder"]')) === "Quill Software", "what was typed beside it was not saved");
  await mark.uncheck();
  await page.fill('[name="copyright.holder"]', "");
  await save("/papers");
  await open("/papers");
  must(!(await mark.isChecked()), "the button takes it away");
}

async function pictures(page, editor, open) {
  await open("/pictures");
  const drawn = async (side) => ({ name: `${side}.png`, mimeType: "image/png", buffer: await page.screenshot({ clip: { x: 0, y: 0, width: side, height: side } }) });
  await page.setInputFiles("input[name=logo]", await drawn(200));
  await press(page, `main form[action^="${editor}/logo"]`);
  await page.setInputFiles("input[name=screenshots]", await drawn(380));
  await press(page, `main form[action^="${editor}/screenshots"]`);
  must((await page.locator('main img[src^="/pictures/"]').count()) === 2, "the pictures are not shown");
}

// Two attributes of ten values each.
async function specs(page, { editor, open, save }) {
  await open("/specs");
  const reform = (value) => press(page, `main button[name=do][value="${value}"]`);
  for (const place of [0, 1]) {
    await reform("add-enum 0");
    for (let values = 1; values < 10; values += 1) await reform(`add-value 0.${place}`);
  }
  await page.fill('[name="specs[0].name.en"]', "Server installation");
  await page.fill('[name="specs[0].name.zh"]', "服务器部署");
  for (const [place, en, zh] of [[0, "Volume", "日志量"], [1, "Retention", "保留期"]]) {
    await page.fill(`[name="specs[0].attributes[${place}].name.en"]`, en);
    await page.fill(`[name="specs[0].attributes[${place}].name.zh"]`, zh);
    for (let value = 0; value < 10; value += 1) {
      const at = `specs[0].attributes[${place}].values[${value}]`;
      await page.fill(`[name="${at}.name.en"]`, place ? `${value + 1} months` : `${(value + 1) * 10} GB a day`);
      await page.fill(`[name="${at}.name.zh"]`, place ? `${value + 1} 个月` : `每天 ${(value + 1) * 10} GB`);
    }
  }
  await save("/specs");
}

// The table with a row for each SKU: pasted, refused where it is wrong, mended, changed as a whole.
async function prices(page, { open, save }) {
  await open("/prices");
  const cells = page.locator("table.matrix tbody input[type=text]");
  must((await page.locator("table.matrix tbody tr").count()) === SKUS, "there is not a row for each of a hundred SKUs");
  await page.evaluate((count) => navigator.clipboard.writeText(Array.from({ length: count }, (_, row) => (row + 1) * 10).join("\n")), SKUS);
  await cells.first().focus();
  await page.keyboard.press("Control+V");
  must((await cells.nth(SKUS - 1).inputValue()) === String(SKUS * 10), "the pasted column did not fill the table");
  await cells.nth(3).fill("a lot");
  await save("/prices");
  const refused = page.locator("table.matrix input[aria-invalid=true]");
  must((await refused.count()) === 1, "the price that is none is not marked");
  await refused.first().fill("40");
  await save("/prices");
  must(!(await page.locator("table.matrix input[aria-invalid=true]").count()), "the mended price is still refused");
  await page.selectOption('[name="bulk.how"]', "change");
  await page.fill('[name="bulk.value"]', "10");
  await press(page, "main button[name=do][value=bulk]");
  must((await cells.nth(SKUS - 1).inputValue()).replace(/\.0+$/, "") === String(SKUS * 11), `a tenth more of ${SKUS * 10} came to ${await cells.nth(SKUS - 1).inputValue()}`);
}

// The operator opens the listing that waits and decides.
async function reviewed(operator, words, decide) {
  await operator.goto(`${base}/operator/products`, { waitUntil: "networkidle" });
  await operator.goto(await linkOf(operator, words.match(/\d+$/)[0], "/operator/products/rev_"), { waitUntil: "networkidle" });
  await decide();
  must(new URL(operator.url()).pathname === "/operator/products", `the decision led to ${operator.url()}`);
}

// Another stranger: found by searching, paid by transfer, the code seen, given back.
async function bought(look, operator, { product, words, mark, name }) {
  const page = await visitor(look);
  await page.goto(`${base}/search?q=${encodeURIComponent(mark)}`, { waitUntil: "networkidle" });
  await press(page, `main a[href^="/products/${product}"]`);
  const checkout = await page.locator('main a[href^="/checkout"]').first().getAttribute("href");
  const buyer = look.lang === "zh" ? `林青 ${mark}` : `Ada Quill ${mark}`;
  await signUp(page, { kind: "personal", name: buyer, email: `buyer.${mark}@people.example` });
  await page.goto(`${base}/console/verification`, { waitUntil: "networkidle" });
  await page.fill("[name=number]", `3101011990${mark}`.slice(0, 18));
  await press(page, 'main form[action^="/console/verification"]');
  await operator.goto(`${base}/operator/verifications`);
  await operator.goto(await linkOf(operator, buyer, "/operator/verifications/ver_"));
  await press(operator, "main button[value=approve]");

  await page.goto(`${base}${checkout}`, { waitUntil: "networkidle" });
  await press(page, 'main a[href^="/console/wallet/top-up"]');
  await page.check("[name=channel][value=bank_transfer]");
  await page.fill("[name=payer]", buyer);
  await press(page, 'main form[action^="/console/wallet/top-up"]');
  must(page.url().includes("/console/wallet/top-ups/"), `announcing a transfer led to ${page.url()}`);
  await fits(page, name);
  await operator.goto(`${base}/operator/transfers`, { waitUntil: "networkidle" });
  await operator.goto(await linkOf(operator, buyer, "/operator/transfers/"), { waitUntil: "networkidle" });
  await operator.fill("[name=bank_reference]", `bank ${mark}`);
  await press(operator, 'main form[action$="/confirm"]');

  await page.goto(`${base}${checkout}`, { waitUntil: "networkidle" });
  await press(page, 'main form[action="/checkout"] button[value=now]');
  await until(page, 'main a[href^="/console/instances/"]');
  await press(page, 'main a[href^="/console/instances/"]');
  const instance = page.url();
  await page.locator("main details.reveal summary, main form[action$='/code'] button").first().click();
  await page.locator("main code").filter({ hasText: /^PL[0-9A-Z]{20,}$/ }).first().waitFor({ state: "visible" });
  await fits(page, name);
  await page.goto(instance, { waitUntil: "networkidle" });
  await press(page, 'main a[href$="/return"]');
  await press(page, 'form[action$="/return"]');
  await page.goto(`${base}/console/wallet`, { waitUntil: "networkidle" });
  must((await page.locator("main table tbody tr").count()) >= 3, "the wallet does not show top-up, purchase and return");
  await page.context().close();
}

// A colleague is added, changed, switched off and on; a token and a pair of keys are made, shown once and ended.
async function teamAndKeys(page, mark, name) {
  await page.goto(`${base}/console/team/new`, { waitUntil: "networkidle" });
  await page.fill("[name=name]", `grace.${mark}`);
  await page.fill("[name=email]", `grace.${mark}@people.example`);
  await press(page, 'main form[action="/console/team/new"]');
  must(/\/console\/team\/usr_/.test(page.url()), `adding a colleague led to ${page.url()}`);
  await page.selectOption("[name=role]", "finance");
  await press(page, 'main form[action^="/console/team/usr_"]:has([name=role])');
  must((await page.inputValue("[name=role]")) === "finance", "the role was not changed");
  await press(page, 'form[action$="/disable"]');
  await press(page, 'form[action$="/enable"]');
  must(await page.locator('form[action$="/disable"]').count(), "the colleague was not switched on again");
  await fits(page, name);

  await page.goto(`${base}/console/keys/new-token`, { waitUntil: "networkidle" });
  await page.fill("[name=name]", `reports ${mark}`);
  await press(page, 'main form[action="/console/keys/new-token"]');
  const token = (await page.locator("main code").filter({ hasText: /^kt_/ }).first().innerText()).trim();
  await page.goto(`${base}/console/keys`, { waitUntil: "networkidle" });
  must(!(await page.content()).includes(token), "the token is shown a second time");
  const me = () => page.request.get(`${base}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  must((await me()).ok(), "the token does not open the API");
  await press(page, 'form[action^="/console/keys/tokens/"][action$="/end"]');
  must((await me()).status() === 401, "the ended token still opens the API");
  await page.goto(`${base}/console/keys/new-key`, { waitUntil: "networkidle" });
  await page.fill("[name=name]", `shop ${mark}`);
  await press(page, 'main form[action="/console/keys/new-key"]');
  must((await page.locator("main code").count()) >= 2, "the new pair of keys is not shown");
  await page.goto(`${base}/console/keys`, { waitUntil: "networkidle" });
  await press(page, 'form[action^="/console/keys/access-keys/"][action$="/end"]');
  await fits(page, name);
}
