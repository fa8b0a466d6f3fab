//! Software that its seller runs and that speaks KooGallery's older interface V1.0: the same contract, and the program works as it is.

pub(crate) mod program;

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::stage::{
    People, Person, Product, Stage, by_use,
    client::{Reply, Sent, text},
    signer::Signer,
};
use serde_json::{Value, json};

use self::program::{Program, Signs};
use crate::{
    asked::{HOSTILE, answered, lets_ask},
    metering::{PUSH, record},
    saas::{apart, product, tell},
    stories::{ask, code, each, inbox, months, order, refusal, says, wallet},
};

on_both!(
    it_is_told_its_whole_life_in_its_own_words,
    what_buyers_were_asked_comes_with_the_first_call,
    what_is_not_signed_counts_as_no_answer,
    a_trial_becomes_a_purchase,
    what_is_paid_by_use_is_frozen_and_let_in_by_a_word_of_its_own,
    each_line_of_an_order_has_a_number_of_its_own,
    it_is_tried_out_and_asked_for_what_v1_asks_for,
    codes_are_told_under_its_signature,
);

const ADDRESSES: &str = "/api/v1/seller/production-addresses";
const CASES: &str = "/api/v1/seller/production-cases";

struct Scene {
    stage: Stage,
    program: Program,
    seller: Person,
    buyer: Person,
    /// Of the address of the program.
    address: String,
}

impl Scene {
    /// In a task of its own, as all that goes deep.
    async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), name).await?;
            let people = &stage.people;
            let program = Program::start().await?;
            let seller = people.seller("Cloudco Software").await?;
            let (address, key) = people.address_in(&seller, &program.url, "koogallery_v1").await?;
            ensure!(key.len() == 36, "a key as such programs were given: {key}");
            program.desk().key = key;
            tell(people, &seller, &format!("{address}/verify")).await?;
            let buyer = people.rich_buyer("Ada Lovelace").await?;
            anyhow::Ok(Self { stage, program, seller, buyer, address })
        })
        .await?
    }

    fn people(&self) -> &People {
        &self.stage.people
    }

    async fn product(&self) -> anyhow::Result<Product> {
        product(self.people(), &self.seller).await
    }

    async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    /// Buys it: the order and the instance, once it is there.
    async fn buy(&self, wanted: Value) -> anyhow::Result<(String, String)> {
        let bought = order(self.people(), &self.buyer, wanted, true).await?;
        self.stage.kontor.run_due_jobs().await?;
        Ok((text(&bought, "id")?.to_owned(), self.instance().await?))
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.buyer.token, path).await
    }

    async fn of_seller(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.seller.token, path).await
    }

    async fn errands(&self) -> anyhow::Result<Value> {
        self.of_seller("/api/v1/seller/errands?limit=100").await
    }

    async fn number(&self, order: &str) -> anyhow::Result<String> {
        Ok(text(&self.get(&format!("/api/v1/orders/{order}")).await?, "number")?.to_owned())
    }

    async fn instance(&self) -> anyhow::Result<String> {
        let list = self.get("/api/v1/instances?limit=1").await?;
        Ok(text(&list["items"][0], "id").unwrap_or_default().to_owned())
    }

    async fn renew(&self, instance: &str) -> anyhow::Result<Value> {
        let path = format!("/api/v1/instances/{instance}/renewal");
        let preview = self.get(&format!("{path}?periods=1")).await?;
        let body = json!({ "periods": 1, "seen": preview["seen"] });
        let renewed = self.people().client.post(&self.buyer.token, &path, body).await?;
        self.stage.kontor.run_due_jobs().await?;
        Ok(renewed)
    }

    /// Asks the seller's side something that reaches out.
    async fn call(&self, path: &str, body: Option<Value>) -> anyhow::Result<Reply> {
        apart(self.people(), &self.seller, ("POST", path), body).await
    }

    async fn page(&self, who: &Person, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&who.token), ..Sent::default() };
        let reply = self.people().client.call("GET", path, sent).await?;
        ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn what_buyers_were_asked_comes_with_the_first_call(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "v1_asked")).await?;
    let product = scene.product().await?;
    lets_ask(scene.people(), &scene.seller, &product).await?;
    scene.buy(answered(&product.skus[0])).await?;
    let new = scene.program.last()?;
    let told: Value = serde_json::from_slice(&BASE64_STANDARD.decode(&new["saasExtendParams"])?)?;
    assert_eq!(
        told,
        json!([{ "name": "emailDomainName", "value": "example.com" }, { "name": "note", "value": HOSTILE }])
    );
    assert!(new["saasExtendParams"].len() <= 2_048 && !new["saasExtendParams"].contains('+'));
    let contact = scene.get("/api/v1/me").await?;
    assert_eq!(scene.program.shown(&new["email"])?, text(&contact["user"], "email")?);
    assert_eq!((new.get("mobilePhone"), new["amount"].as_str()), (None, "10"));
    scene.close().await
}

async fn it_is_told_its_whole_life_in_its_own_words(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "v1")).await?;
    let (people, skus) = (scene.people(), scene.product().await?.skus);
    let held = wallet(people, &scene.buyer).await?;
    let (order, instance) = scene.buy(months(&skus[0], 1)).await?;
    let number = scene.number(&order).await?;
    // One call creates it and says how its buyer gets in.
    assert_eq!(scene.program.asked(), ["newInstance"]);
    let new = scene.program.last()?;
    let facts = [
        "orderId",
        "chargingMode",
        "periodType",
        "periodNumber",
        "orderAmount",
        "amount",
        "expireTime",
        "customerName",
    ];
    assert_eq!(
        facts.map(|name| new.get(name).map(String::as_str)),
        [number.as_str(), "1", "month", "1", "300.00", "10", "20260402010000", "Ada Lovelace"].map(Some)
    );
    for absent in ["testFlag", "trialFlag", "mobilePhone", "saasExtendParams", "orderLineId", "email"] {
        assert_eq!(new.get(absent), None, "{absent}");
    }
    let shown = scene.get(&format!("/api/v1/orders/{order}")).await?;
    assert_eq!(
        (&shown["state"], text(&shown["lines"][0], "product")?),
        (&json!("completed"), new["productId"].as_str())
    );
    let path = format!("/api/v1/instances/{instance}/access");
    assert_eq!(scene.get(&path).await?["front_end_url"], "https://app.seller.example/1");
    let access = tell(people, &scene.buyer, &format!("{path}/reveal")).await?;
    assert_eq!((&access["user_name"], &access["password"]), (&json!("ada"), &json!("s3cret")), "in clear");

    // Who asks how to get in has the creation sent again, by another business id.
    tell(people, &scene.buyer, &format!("{path}/ask")).await?;
    scene.pass(0).await?;
    let again = scene.program.last()?;
    assert_eq!((&again["activity"], &again["orderId"]), (&new["activity"], &new["orderId"]));
    assert_ne!(again["businessId"], new["businessId"]);
    assert_eq!(scene.program.standing(), ["open"], "it is still one");

    let id = new["businessId"].clone();
    goes_on(&scene, (&instance, &id, &number)).await?;
    given_back(&scene, &skus[1]).await?;
    assert_eq!(wallet(people, &scene.buyer).await?, held - 2 * 30_000, "two months were used");
    scene.close().await
}

/// Renewed, given back, at its end, paid again, released: each in its words.
async fn goes_on(scene: &Scene, (instance, id, number): (&str, &str, &str)) -> anyhow::Result<()> {
    let people = scene.people();
    scene.renew(instance).await?;
    let renewed = scene.program.last()?;
    let told = ["activity", "instanceId", "expireTime", "orderAmount", "periodType", "periodNumber"];
    assert_eq!(
        told.map(|name| renewed[name].as_str()),
        ["refreshInstance", id, "20260502010000", "300.00", "month", "1"]
    );
    assert!(
        renewed["orderId"] != number && !renewed.contains_key("productId") && !renewed.contains_key("trialToFormal")
    );
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/renewal/return"), json!({})).await?;
    scene.pass(0).await?;
    let back = scene.program.last()?;
    let told = ["activity", "expireTime", "orderAmount"];
    assert_eq!(told.map(|name| back[name].as_str()), ["refreshInstance", "20260402010000", "-300.00"]);
    assert_eq!(back["orderId"], format!("{}-R", renewed["orderId"]), "nothing is done twice for one number");
    scene.pass(32 * DAY).await?;
    let expired = scene.program.last()?;
    let told = ["activity", "instanceId", "orderId"];
    assert_eq!(told.map(|name| expired[name].as_str()), ["expireInstance", id, number]);
    assert_eq!((scene.program.standing(), expired.len()), (vec!["frozen"], 5));

    // Paid again: the renewal lets its buyer in, and nothing else is said.
    scene.renew(instance).await?;
    assert_eq!(
        (scene.program.last()?["activity"].as_str(), scene.program.standing()),
        ("refreshInstance", vec!["open"])
    );
    let errands = scene.errands().await?;
    assert_eq!(each(&errands, "kind")[..2], ["unfreeze", "refresh"]);
    assert!(each(&errands, "state").iter().all(|state| *state == "done"), "{errands}");
    scene.pass(31 * DAY).await?;
    scene.pass(15 * DAY).await?;
    assert_eq!(scene.program.standing(), ["released"]);
    let released = scene.program.last()?;
    assert_eq!(told.map(|name| released[name].as_str()), ["releaseInstance", id, number]);
    Ok(())
}

/// What is given back for money is released by its order; what is paid once has no term. The log shows what was sent.
async fn given_back(scene: &Scene, sku: &str) -> anyhow::Result<()> {
    let people = scene.people();
    let (order, instance) = scene.buy(json!({ "sku": sku })).await?;
    let once = scene.program.last()?;
    assert_eq!((once["chargingMode"].as_str(), once.get("expireTime"), once.get("periodType")), ("3", None, None));
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    scene.pass(0).await?;
    let released = scene.program.last()?;
    assert_eq!(
        (released["activity"].as_str(), &released["orderId"]),
        ("releaseInstance", &scene.number(&order).await?)
    );

    // No password is in it.
    let calls = scene.of_seller("/api/v1/seller/production-calls?limit=100").await?;
    assert_eq!((each(&calls, "name")[0], each(&calls, "form")[0]), ("releaseInstance", "koogallery_v1"));
    assert!(!calls.to_string().contains("s3cret"), "{calls}");
    let path = format!("/seller/production/calls/{}", each(&calls, "id")[0]);
    let page = scene.page(&scene.seller, &path).await?;
    assert!(page.contains("authToken=…") && page.contains("The answer is signed in Body-Sign"), "{page}");
    let log = calls.to_string();
    let tokens = [log.matches("authToken=").count(), log.matches("authToken=…").count()];
    assert!(tokens[0] > 0 && tokens[0] == tokens[1], "no token is kept: {log}");
    Ok(())
}

async fn what_is_not_signed_counts_as_no_answer(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "unsigned")).await?;
    let skus = scene.product().await?.skus;
    scene.program.desk().signs = Signs::TooEarly;
    let (order, _) = scene.buy(months(&skus[0], 1)).await?;
    let state = async || anyhow::Ok(scene.get(&format!("/api/v1/orders/{order}")).await?["state"].clone());
    for (signs, trouble) in [
        (Signs::WithoutQuotes, "body_sign.wrong"),
        (Signs::Never, "body_sign.malformed"),
        (Signs::Well, "body_sign.missing"),
    ] {
        assert_eq!((state().await?, &scene.errands().await?["items"][0]["trouble"]), (json!("paid"), &json!(trouble)));
        let page = scene.page(&scene.seller, "/seller/production/errands").await?;
        assert!(page.contains("Body-Sign"), "{page}");
        scene.program.desk().signs = signs;
        scene.pass(HOUR).await?;
    }
    assert_eq!((state().await?, scene.program.standing()), (json!("completed"), vec!["open"]));
    assert!(says(&inbox(scene.people(), &scene.seller.token).await?, "Your system did not create: "));

    // Nor is a release that nobody has signed.
    let instance = scene.instance().await?;
    scene.program.desk().signs = Signs::Never;
    scene.program.desk().answers.push_back(json!({ "resultCode": "000003", "resultMsg": "" }));
    let path = format!("/api/v1/instances/{instance}/return");
    scene.people().client.post(&scene.buyer.token, &path, json!({})).await?;
    scene.pass(0).await?;
    assert_eq!(scene.errands().await?["items"][0]["trouble"], "body_sign.missing");
    scene.program.desk().signs = Signs::Well;
    scene.pass(2 * MINUTE).await?;
    assert_eq!(
        (&scene.errands().await?["items"][0]["state"], scene.program.standing()),
        (&json!("done"), vec!["released"])
    );

    undecrypted(&scene, &skus[0]).await?;

    // A refusal is told as everywhere, and in the end the money goes back.
    let held = wallet(scene.people(), &scene.buyer).await?;
    for _ in 0..4 {
        scene.program.desk().answers.push_back(json!({ "resultCode": "000106", "resultMsg": "sold out" }));
    }
    let (order, _) = scene.buy(months(&skus[0], 1)).await?;
    let page = scene.page(&scene.buyer, &format!("/console/orders/{order}")).await?;
    assert!(page.contains("The seller has no capacity for it at the moment"), "{page}");
    for _ in 0..3 {
        scene.pass(HOUR).await?;
    }
    assert_eq!(wallet(scene.people(), &scene.buyer).await?, held);
    scene.close().await
}

/// User name and password that cannot be decrypted are left out; what was bought is there, and the seller sees what is wrong.
async fn undecrypted(scene: &Scene, sku: &str) -> anyhow::Result<()> {
    scene.program.desk().answers.push_back(json!({ "resultCode": "000000", "resultMsg": "", "instanceId": "i-9",
        "appInfo": { "frontEndUrl": "https://app.seller.example/9", "userName": "ada", "password": "plain" } }));
    let (order, instance) = scene.buy(months(sku, 1)).await?;
    assert_eq!(scene.get(&format!("/api/v1/orders/{order}")).await?["state"], "completed");
    assert_eq!(scene.errands().await?["items"][0]["state"], "done");
    let path = format!("/api/v1/instances/{instance}/access");
    assert_eq!(scene.get(&path).await?["front_end_url"], "https://app.seller.example/9");
    let access = tell(scene.people(), &scene.buyer, &format!("{path}/reveal")).await?;
    assert_eq!((&access["user_name"], &access["password"]), (&Value::Null, &Value::Null));
    let calls = scene.of_seller("/api/v1/seller/production-calls?limit=1").await?;
    let page = scene.page(&scene.seller, &format!("/seller/production/calls/{}", each(&calls, "id")[0])).await?;
    assert!(page.contains("Encrypt both as encryptType says"), "{page}");
    Ok(())
}

async fn a_trial_becomes_a_purchase(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "v1_trial")).await?;
    let (people, skus) = (scene.people(), scene.product().await?.skus);
    let body = json!({ "sku": skus[0], "quantities": { "users": 5 } });
    people.client.post(&scene.buyer.token, "/api/v1/trials", body).await?;
    scene.pass(0).await?;
    let tried = scene.program.last()?;
    let facts = ["trialFlag", "chargingMode", "orderAmount", "expireTime", "amount"];
    assert_eq!(facts.map(|name| tried[name].as_str()), ["1", "1", "0.00", "20260316010000", "5"]);
    assert!(!tried.contains_key("periodType"), "there is no word for days");
    // It is over, and bought: it goes on as it is.
    scene.pass(15 * DAY).await?;
    assert_eq!(
        (scene.program.last()?["activity"].as_str(), scene.program.standing()),
        ("expireInstance", vec!["frozen"])
    );
    let instance = scene.instance().await?;
    let path = format!("/api/v1/instances/{instance}/conversion");
    let price = scene.get(&format!("{path}?periods=1&period_unit=month")).await?;
    let wanted = json!({ "periods": 1, "period_unit": "month", "seen": price["seen"] });
    ask(&people.client, &scene.buyer.token, "POST", &path, Some(wanted)).await?.good(&path)?;
    scene.pass(0).await?;
    let bought = scene.program.last()?;
    let facts = ["activity", "trialToFormal", "periodType", "periodNumber", "instanceId"];
    assert_eq!(
        facts.map(|name| bought[name].as_str()),
        ["refreshInstance", "1", "month", "1", tried["businessId"].as_str()]
    );
    assert!(bought["orderId"] != tried["orderId"] && bought["orderAmount"] != "0.00", "{bought:?}");
    assert_eq!(scene.program.standing(), ["open"]);
    // Asked again, it is known by the order that created it.
    tell(people, &scene.buyer, &format!("/api/v1/instances/{instance}/access/ask")).await?;
    scene.pass(0).await?;
    let again = scene.program.last()?;
    assert_eq!((again["activity"].as_str(), &again["orderId"]), ("newInstance", &tried["orderId"]));
    assert_eq!(scene.program.standing(), ["open"], "it is still one");
    scene.close().await
}

async fn what_is_paid_by_use_is_frozen_and_let_in_by_a_word_of_its_own(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "v1_use")).await?;
    let people = scene.people();
    let dear = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "10" } }));
    let sku = people.metered(&scene.seller, "Answers", &[dear]).await?.skus[0].clone();
    let buyer = people.buyer("Short Of Money").await?;
    people.top_up(&buyer, 1_500).await?;
    order(people, &buyer, json!({ "sku": sku }), true).await?;
    scene.pass(0).await?;
    let new = scene.program.desk().seen[0].clone();
    let charging = (new["chargingMode"].as_str(), new.get("expireTime"), new.get("periodType"));
    assert_eq!((charging, scene.program.asked().len()), (("0", None, None), 1));
    let name = new["businessId"].clone();
    scene.pass(HOUR + MINUTE).await?;
    // Use is pushed with the signature of the address's key, as by everybody.
    let (body, now) = (json!({ "usage_records": [record(&name, 1, "3", "1")] }), scene.stage.kontor.app.clock.now());
    let (signer, key) = (Signer::of(people, &scene.seller, &["integrate"]).await?, scene.program.desk().key.clone());
    let pushed = signer.post(PUSH, &body, "nonce-1", now).pushed(&key, "nonce-1", now).send(&people.client).await?;
    assert_eq!(pushed.body["resultCode"], "MKT.0000", "{}", pushed.body);
    scene.pass(HOUR).await?;
    scene.pass(73 * HOUR).await?;
    let frozen = scene.program.last()?;
    let told = ["activity", "instanceId", "instanceStatus"];
    assert_eq!(told.map(|word| frozen[word].as_str()), ["instanceStatus", &name, "FREEZE"]);
    people.top_up(&buyer, 5_000).await?;
    scene.pass(0).await?;
    let normal = scene.program.last()?;
    assert_eq!(told.map(|word| normal[word].as_str()), ["instanceStatus", &name, "NORMAL"]);
    // How its buyer gets in is a question of its own here.
    let list = people.client.get(&buyer.token, "/api/v1/instances?limit=1").await?;
    let access = format!("/api/v1/instances/{}/access", text(&list["items"][0], "id")?);
    tell(people, &buyer, &format!("{access}/ask")).await?;
    scene.pass(0).await?;
    let query = scene.program.last()?;
    assert_eq!((query["activity"].as_str(), &query["instanceId"]), ("queryInstance", &name));
    let shown = tell(people, &buyer, &format!("{access}/reveal")).await?;
    assert_eq!(shown["password"], "s3cret");
    scene.close().await
}

async fn each_line_of_an_order_has_a_number_of_its_own(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "v1_lines")).await?;
    let (people, skus) = (scene.people(), scene.product().await?.skus);
    let client = &people.client;
    let line = json!({ "sku": skus[0], "choice": { "quantities": { "users": 10 }, "periods": 1 } });
    let offer = json!({ "name": "Two desks", "valid_until": scene.stage.kontor.app.clock.now().plus_days(1), "lines": [line, line],
        "instalments": [{ "amount": { "minor": 60_000, "currency": "CNY" } }] });
    let wanted = json!({ "buyer": scene.buyer.account, "buyer_name": scene.buyer.name, "offer": offer });
    let begun = client.post(&scene.seller.token, "/api/v1/seller/private-offers", wanted).await?;
    let id = text(&begun, "id")?.to_owned();
    tell(people, &scene.seller, &format!("/api/v1/seller/private-offers/{id}/send")).await?;
    let path = format!("/api/v1/private-offers/{id}/accept");
    apart(people, &scene.buyer, ("POST", &path), Some(json!({ "version": 1 }))).await?.good(&path)?;
    scene.pass(0).await?;
    let order = scene.get("/api/v1/orders?limit=1").await?["items"][0].clone();
    let number = text(&order, "number")?.to_owned();
    let seen = scene.program.desk().seen.clone();
    let mut orders: Vec<&str> = seen.iter().map(|params| params["orderId"].as_str()).collect();
    orders.sort_unstable();
    assert_eq!(orders, [number.clone(), format!("{number}-000002")]);
    assert_eq!(scene.program.standing(), ["open", "open"]);
    scene.close().await
}

async fn codes_are_told_under_its_signature(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "v1_codes")).await?;
    let people = scene.people();
    for trial in [
        json!({ "activity": "updateLicenseCodeStatus", "status": "FREEZE" }),
        json!({ "activity": "releaseLicenseCode", "order": "MOCKPERIODYEARNEW" }),
    ] {
        let calls = format!("{}/calls", scene.address);
        let tried = scene.call(&calls, Some(trial.clone())).await?.good(&calls)?;
        let name = trial["activity"].clone();
        scene.call(CASES, Some(json!({ "call": tried["call"], "name": name }))).await?.good(CASES)?;
    }
    let product = people.product(&scene.seller, "Log Search").await?;
    let (_, instance) = scene.buy(months(&product.skus[0], 1)).await?;
    let code = code(people, &scene.buyer, &instance).await?;
    let told = |name: &str| anyhow::Ok(scene.program.last()?.get(name).cloned().unwrap_or_default());
    scene.pass(32 * DAY).await?;
    assert_eq!(scene.program.asked(), ["updateLicenseCodeStatus"]);
    assert_eq!((told("license")?, told("status")?), (code.clone(), "FREEZE".to_owned()));
    // There is no word for letting in again what is paid per period, and one for its code.
    scene.renew(&instance).await?;
    assert_eq!((told("activity")?, told("status")?), ("updateLicenseCodeStatus".to_owned(), "UNFREEZE".to_owned()));
    let path = format!("/api/v1/instances/{instance}/renewal/return");
    let begun = ask(&people.client, &scene.buyer.token, "POST", &path, Some(json!({}))).await?;
    assert_eq!(refusal(&begun), (422, "refund.renewal_begun"));
    scene.pass(60 * DAY).await?;
    assert_eq!((told("activity")?, told("license")?), ("releaseLicenseCode".to_owned(), code.clone()));
    let calls = scene.of_seller("/api/v1/seller/production-calls?limit=100").await?;
    assert!(!calls.to_string().contains(&code), "{calls}");
    scene.close().await
}

async fn it_is_tried_out_and_asked_for_what_v1_asks_for(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "v1_tried")).await?;
    let asked = scene.of_seller(CASES).await?["asked"].clone();
    let of = |mode: &str| {
        let asked = asked.as_array().into_iter().flatten().filter(|one| one["billing_mode"] == mode);
        asked.map(|one| one["called"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("period"), ["newInstance", "refreshInstance RENEWAL", "expireInstance", "releaseInstance"]);
    assert_eq!(of("one_off"), ["newInstance", "releaseInstance"]);
    let by_use = ["newInstance", "queryInstance", "instanceStatus FREEZE", "instanceStatus NORMAL", "releaseInstance"];
    assert_eq!(of("on_demand"), by_use);

    let calls = format!("{}/calls", scene.address);
    let try_out = async |trial: Value| scene.call(&calls, Some(trial)).await?.good(&calls);
    let tried = try_out(json!({ "activity": "newInstance", "order": "MOCKPERIODYEARNEW" })).await?;
    let came = scene.program.desk().tried.last().cloned().context("it was tried out")?;
    assert_eq!(
        (came["testFlag"].as_str(), came["orderId"].as_str(), came["periodType"].as_str()),
        ("1", "MOCKPERIODYEARNEW", "year")
    );
    assert_eq!(scene.program.shown(&came["mobilePhone"])?, "13800138000");
    let asked: Value = serde_json::from_slice(&BASE64_STANDARD.decode(&came["saasExtendParams"])?)?;
    assert_eq!(asked, json!([{ "name": "emailDomainName", "value": "example.com" }]), "a sample of what is asked");
    let sent = text(&tried, "url")?;
    assert!(sent.starts_with(&scene.program.url) && sent.contains("&authToken="), "the exact address is shown: {sent}");
    assert!(text(&tried, "request")?.starts_with("activity=newInstance&amount=5&businessId="), "{tried}");
    for check in ["body_sign", "encryption", "instance_id", "front_end_url"] {
        assert_eq!(found(&tried, check), Some(json!("passed")), "{check}");
    }
    scene.program.desk().signs = Signs::WithoutQuotes;
    let refused =
        try_out(json!({ "activity": "expireInstance", "order": "MOCKPERIODYEARNEW", "instance": "i-1" })).await?;
    assert_eq!(
        (&refused["trouble"], found(&refused, "body_sign")),
        (&json!("body_sign.malformed"), Some(json!("failed")))
    );
    scene.program.desk().signs = Signs::Well;

    // With all of it kept, nothing is missing.
    scene.people().tries_out(&scene.seller).await?;
    let list = scene.of_seller(CASES).await?;
    assert!(list["asked"].as_array().into_iter().flatten().all(|one| one["passed"] == true), "{list}");
    let scenarios: Vec<&str> = each(&list, "scenario");
    assert!(scenarios.contains(&"expire") && scenarios.contains(&"freeze"), "{scenarios:?}");
    let page = scene.page(&scene.seller, "/seller/production/debugger").await?;
    assert!(
        page.contains("expireInstance") && page.contains("NORMAL") && !page.contains("UNFREEZE"),
        "in the words of its form"
    );
    let page = scene.page(&scene.seller, "/seller/production/cases").await?;
    assert!(page.contains("Let the term end") && page.contains("instanceStatus FREEZE"), "{page}");
    let page = scene.page(&scene.seller, "/seller/production/guide").await?;
    assert!(page.contains("Body-Sign: sign_type=") && page.contains("authToken="), "{page}");

    another_address(&scene).await?;
    scene.close().await
}

/// How a check of a call went.
fn found(tried: &Value, name: &str) -> Option<Value> {
    let checks = tried["checks"].as_array().into_iter().flatten();
    checks.filter(|check| check["check"] == name).map(|check| check["found"].clone()).next()
}

/// An address may have a query of its own, but none that the interface has; and the other encryption.
async fn another_address(scene: &Scene) -> anyhow::Result<()> {
    let url = format!("{}?orderId=1", scene.program.url);
    let taken = ask(
        &scene.people().client,
        &scene.seller.token,
        "POST",
        ADDRESSES,
        Some(json!({ "url": url, "form": "koogallery_v1" })),
    )
    .await?;
    assert_eq!((refusal(&taken), &taken.body["errors"][0]["field"]), ((422, "invalid"), &json!("url")));
    let url = format!("{}?tenant=%E4%B8%AD+1", scene.program.url);
    let wish = json!({ "url": url, "form": "koogallery_v1", "encryption": "aes128" });
    let added = scene.people().client.post(&scene.seller.token, ADDRESSES, wish).await?;
    assert_eq!(added["encryption"], "aes128");
    let path = format!("{ADDRESSES}/{}", text(&added, "id")?);
    let key = tell(scene.people(), &scene.seller, &format!("{path}/keys")).await?;
    scene.program.desk().key = text(&key, "key")?.into();
    scene.program.desk().encrypt_type = 2;
    tell(scene.people(), &scene.seller, &format!("{path}/verify")).await?;
    let calls = format!("{path}/calls");
    let tried = scene
        .call(&calls, Some(json!({ "activity": "newInstance", "order": "MOCKONETIMENEW" })))
        .await?
        .good(&calls)?;
    assert_eq!((&tried["trouble"], found(&tried, "encryption")), (&Value::Null, Some(json!("passed"))));
    let came = scene.program.desk().tried.last().cloned().context("it was tried out")?;
    assert_eq!(scene.program.shown(&came["email"])?, "test@example.com");
    // The program knows the new key alone by now.
    assert_eq!(
        refusal(&scene.call(&format!("{}/verify", scene.address), None).await?),
        (422, "production.key_unknown")
    );
    let gone = "/api/v1/seller/production-calls?limit=1";
    assert_eq!(scene.of_seller(gone).await?["items"][0]["trouble"], "code.000001");
    Ok(())
}
