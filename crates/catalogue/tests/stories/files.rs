//! Listings as files: planned, applied, exported, imported from a table.

use serde_json::{Value, json};

use crate::world::{Shop, World, listing};

const PLAN: &str = "/api/v1/seller/catalogue/plan";
const APPLY: &str = "/api/v1/seller/catalogue/apply";
const IMPORTS: &str = "/api/v1/seller/catalogue/imports";

/// A listing as a seller would write it, with its agreement beside it.
fn lens(key: &str, version: &str) -> String {
    let en = "Log Lens reads the logs of all your servers and finds the line that matters. ".repeat(8);
    let zh = "日志透镜读取所有服务器的日志，找到真正重要的那一行。".repeat(20);
    format!(
        r#"key = "{key}"
name = {{ en = "Log Lens", zh = "日志透镜" }}
summary = {{ en = "Finds the line that matters.", zh = "找到关键的那一行。" }}
version = "{version}"
categories = ["developer-tools"]
currency = "CNY"
delivery_days = 0
agreement = "files/paper.pdf"

[description]
en = "{en}"
zh = "{zh}"

[support]
hours = {{ en = "Monday to Friday", zh = "周一至周五" }}
content = {{ en = "Installation, upgrades", zh = "安装、升级" }}
hotline = "400-820-8820"
email = "support@cloudco.example"

[[specs]]
code = "server"
name = {{ en = "Server installation", zh = "服务器部署" }}
billing_mode = "one_off"

[[specs.skus]]
billing = {{ mode = "one_off", price = {{ base = 990.00 }} }}
"#
    )
}

fn sent(files: &[(&str, &str)], paper: &str) -> Value {
    let files: Vec<Value> = files.iter().map(|(path, content)| json!({"path": path, "content": content})).collect();
    json!({"files": files, "documents": {"files/paper.pdf": paper}})
}

/// The hash of a shop's agreement, as its document says.
async fn paper(world: &World, shop: &Shop) -> String {
    let mut tx = world.catalogue.app.db.read();
    world.catalogue.documents.find_for(&mut tx, shop.account, shop.agreement).await.unwrap().sha256
}

fn outcomes(answer: &Value) -> Vec<(&str, &str)> {
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| (item["outcome"].as_str().unwrap(), item["review"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn files_are_planned_applied_and_found_unchanged() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let paper = paper(&world, &shop).await;
    let (good, bad) = (lens("log-lens", "V1.0"), lens("bad-lens", "first"));
    let files = sent(&[("log-lens.toml", &good), ("shop/bad.toml", &bad)], &paper);
    let plan = world.post(&shop.token, PLAN, files.clone()).await.is(200);
    assert_eq!(outcomes(&plan), [("created", "first"), ("refused", "none")], "{plan}");
    let wrong = &plan["items"][1]["errors"];
    assert!(
        wrong[0]["message"]["en"].as_str().unwrap().contains("shop/files/paper.pdf"),
        "paths are seen from the file: {wrong}"
    );

    let bad = bad.replace("files/paper.pdf", "../files/paper.pdf");
    let files = sent(&[("log-lens.toml", &good), ("shop/bad.toml", &bad)], &paper);
    let applied = world.post(&shop.token, APPLY, files).await.is(200);
    assert_eq!(outcomes(&applied), [("created", "first"), ("refused", "none")], "{applied}");
    let wrong = &applied["items"][1]["errors"][0];
    assert_eq!((&wrong["line"], &wrong["field"]), (&json!(4), &json!("version")), "{wrong}");
    assert!(applied["items"][0]["revision"].is_string(), "{applied}");

    let only = sent(&[("log-lens.toml", &good)], &paper);
    let again = world.post(&shop.token, APPLY, only).await.is(200);
    assert_eq!(outcomes(&again), [("unchanged", "waiting")], "{again}");
    let changed = sent(&[("log-lens.toml", &good.replace("V1.0", "V1.1"))], &paper);
    let plan = world.post(&shop.token, PLAN, changed).await.is(200);
    assert_eq!(outcomes(&plan), [("changed", "blocked")], "{plan}");
    assert_eq!(plan["items"][0]["changes"], json!([{"path": "version", "before": "V1.0", "after": "V1.1"}]));
}

#[tokio::test]
async fn what_was_changed_on_the_site_stops_an_apply() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let paper = paper(&world, &shop).await;
    let product = world.lists(&shop, listing(shop.agreement)).await;
    let export = world.get(&shop.token, "/api/v1/seller/catalogue/export").await.is(200);
    let file = &export["items"][0];
    let (path, content) = (file["path"].as_str().unwrap(), file["content"].as_str().unwrap());
    assert_eq!(file["documents"][0]["sha256"], paper.as_str(), "{file}");
    let at = file["documents"][0]["path"].as_str().unwrap();
    let send = |content: &str| json!({"files": [{"path": path, "content": content}], "documents": {at: paper}});
    let plan = world.post(&shop.token, PLAN, send(content)).await.is(200);
    assert_eq!(outcomes(&plan), [("unchanged", "none")], "{content}\n{plan}");

    let mut edited = listing(shop.agreement);
    edited["version"] = json!("V9.0");
    world.edit(&shop.token, &format!("PUT /api/v1/seller/products/{product}"), 1, edited).await.is(200);
    let newer = content.replace("V2.1", "V2.2");
    let plan = world.post(&shop.token, PLAN, send(&newer)).await.is(200);
    assert_eq!(outcomes(&plan), [("drifted", "change")], "{plan}");
    let stopped = world.post(&shop.token, APPLY, send(&newer)).await.refused(409, "catalogue.drifted");
    assert_eq!(stopped["errors"][0]["field"], path, "{stopped}");
    let mut anyway = send(&newer);
    anyway["on_drift"] = json!("overwrite");
    let applied = world.post(&shop.token, APPLY, anyway).await.is(200);
    assert_eq!(applied["items"][0]["product"], product.as_str(), "an exported product keeps its id: {applied}");
    // The file is now what was last applied, though its base is older.
    let third = content.replace("V2.1", "V2.3");
    let draft = |content: &str| {
        let mut draft = send(content);
        draft["then"] = json!("draft");
        draft
    };
    assert_eq!(outcomes(&world.post(&shop.token, PLAN, draft(&third)).await.is(200)), [("changed", "none")]);

    let other = world.shop("Rivalco").await;
    let theirs = world.post(&other.token, PLAN, draft(&third)).await.is(200);
    assert_eq!(theirs["items"][0]["outcome"], "created", "it is nobody else's product: {theirs}");
    assert_eq!(theirs["items"][0]["product"], Value::Null);
}

/// A table with the paths of a listing as columns.
fn table(rows: &[(&str, &str)]) -> String {
    let en = "Log Lens reads the logs of all your servers and finds the line that matters. ".repeat(8);
    let zh = "日志透镜读取所有服务器的日志，找到真正重要的那一行。".repeat(20);
    let mut text = String::from(
        "key,name.en,name.zh,summary.en,summary.zh,description.en,description.zh,version,categories,currency,delivery_days,\
         support.hours.en,support.hours.zh,support.content.en,support.content.zh,support.hotline,support.email,agreement,\
         specs[0].code,specs[0].name.en,specs[0].name.zh,specs[0].billing_mode,specs[0].skus[0].billing.mode,\
         specs[0].skus[0].billing.price.base\n",
    );
    for (key, version) in rows {
        let row = format!(
            "{key},Log Lens,日志透镜,Finds the line.,找到那一行。,{en},{zh},{version},developer-tools; security,CNY,0,Weekdays,\
             工作日,Installation,安装服务,400-820-8820,a@cloudco.example,paper.pdf,server,Server installation,服务器部署,\
             one_off,one_off,990.00\n"
        );
        text.push_str(&row);
    }
    text
}

#[tokio::test]
async fn a_table_is_imported_with_a_report_of_each_refused_line() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let keys: Vec<String> = (0..120).map(|number| format!("lens-{number}")).collect();
    let mut rows: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "V1.0")).collect();
    rows[7].1 = "soon";
    rows[90] = ("Bad Key", "V1.0");
    rows[91] = ("lens-0", "V1.0");
    let body = json!({"name": "spring.csv", "format": "csv", "content": table(&rows)});
    let begun = world.post(&shop.token, IMPORTS, body.clone()).await.is(201);
    let path = format!("{IMPORTS}/{}", begun["id"].as_str().unwrap());
    assert_eq!((&begun["state"], &begun["lines"]), (&json!("running"), &json!(120)));
    world.reacts().await;
    let done = world.get(&shop.token, &path).await.is(200);
    assert_eq!(
        (&done["state"], &done["created"], &done["refused"]),
        (&json!("done"), &json!(117), &json!(3)),
        "{done}"
    );
    let refused = world.get(&shop.token, &format!("{path}/refused")).await.is(200);
    let places: Vec<(i64, &str)> = refused["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["line"].as_i64().unwrap(), line["errors"][0]["field"].as_str().unwrap()))
        .collect();
    assert_eq!(places, [(9, "version"), (92, "key"), (93, "key")]);

    // The mended file again: what is there stays as it is.
    rows[7].1 = "V1.0";
    rows[8].1 = "V2.0";
    let body = json!({"name": "spring.csv", "format": "csv", "content": table(&rows), "then": "submit"});
    let again = world.post(&shop.token, IMPORTS, body).await.is(201);
    world.reacts().await;
    let done = world.get(&shop.token, &format!("{IMPORTS}/{}", again["id"].as_str().unwrap())).await.is(200);
    assert_eq!((&done["created"], &done["changed"], &done["unchanged"]), (&json!(1), &json!(1), &json!(116)), "{done}");
    let queue = world.get(&world.reviewer, "/api/v1/operator/revisions?limit=100").await.is(200);
    assert_eq!(queue["items"].as_array().unwrap().len(), 100);
    assert!(world.told(&shop.token).await.iter().any(|text| text.contains("117 products were created")));

    let other = world.shop("Rivalco").await;
    world.get(&other.token, &path).await.refused(404, "not_found");
    world.get(&other.token, &format!("{path}/refused")).await.refused(404, "not_found");
    let wrong = json!({"name": "a.csv", "format": "csv", "content": "key,colour\na,red\n"});
    let wrong = world.post(&shop.token, IMPORTS, wrong).await.refused(422, "invalid");
    assert_eq!(wrong["errors"][0]["field"], "colour");
}

#[tokio::test]
async fn many_products_come_in_one_file_of_the_same_form() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let one = |key: &str| {
        lens(key, "V1.0")
            .replace("[description]", "[products.description]")
            .replace("[support]", "[products.support]")
            .replace("[[specs", "[[products.specs")
    };
    let content =
        format!("[[products]]\n{}\n[[products]]\n{}\n[[products]]\nname = {{ en = \"No key\" }}\n", one("a"), one("b"));
    let body =
        json!({"name": "all.toml", "format": "toml", "content": content.replace("files/paper.pdf", "paper.pdf")});
    let begun = world.post(&shop.token, IMPORTS, body).await.is(201);
    world.reacts().await;
    let done = world.get(&shop.token, &format!("{IMPORTS}/{}", begun["id"].as_str().unwrap())).await.is(200);
    assert_eq!((&done["created"], &done["refused"]), (&json!(2), &json!(1)), "{done}");
}

#[tokio::test]
async fn imports_have_a_size_a_place_and_an_end() {
    let world = World::new().await;
    let shop = world.shop("Cloudco").await;
    let body = |content: &str| json!({"name": "spring.csv", "format": "csv", "content": content});
    let (_, _, page) = crate::storefront::look(&world, &shop.token, "/seller/catalogue").await;
    assert!(page.contains("up to 20 MB"), "{page}");

    let content = table(&[("lens", "V1.0")]);
    let first = world.post(&shop.token, IMPORTS, body(&content)).await.is(201);
    world.post(&shop.token, IMPORTS, body(&content)).await.is(201);
    world.post(&shop.token, IMPORTS, body(&content)).await.refused(409, "import.running");
    // Its job was laid aside: it does not run for ever, and what it had is free again.
    let id: kernel::id::ImportId = first["id"].as_str().unwrap().parse().unwrap();
    for _ in 0..2 {
        world.does(async |tx| world.catalogue.on_import_given_up(tx, id).await).await;
    }
    let failed = world.get(&shop.token, &format!("{IMPORTS}/{id}")).await.is(200);
    assert_eq!((&failed["state"], failed["ended_at"].is_string()), (&json!("failed"), true), "{failed}");
    assert!(failed["trouble"]["en"].as_str().unwrap().contains("0 of 1 products"), "{failed}");
    let told = world.told(&shop.token).await;
    assert_eq!(told.iter().filter(|text| text.contains("import the same file again")).count(), 1, "{told:?}");
    let (_, _, page) = crate::storefront::look(&world, &shop.token, &format!("/seller/catalogue/imports/{id}")).await;
    assert!(page.contains("Not finished"), "{page}");
    world.post(&shop.token, IMPORTS, body(&content)).await.is(201);
    world.reacts().await;
    let failed = world.get(&shop.token, &format!("{IMPORTS}/{id}")).await.is(200);
    assert_eq!((&failed["state"], &failed["done"]), (&json!("failed"), &json!(0)), "its job writes nothing any more");
}
