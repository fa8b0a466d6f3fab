//! Software that its seller runs and that is spoken to by Standard Webhooks: the same contract in another form. The program here
//! checks signatures with the library of Standard Webhooks, and knows nothing of the product's own code.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use kernel::time::{DAY, HOUR, MINUTE};
use kontor::stage::{
    People, Person, Product, Stage,
    client::{Reply, Sent, text},
};
use platform::Clock;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::task::JoinHandle;

use crate::{
    asked::{HOSTILE, answered, lets_ask},
    saas::{apart, product, tell},
    stories::{ask, each, inbox, months, order, refusal, says, wallet},
};

on_both!(
    it_lives_by_events_from_its_order_to_its_release,
    what_buyers_were_asked_comes_with_the_first_event,
    what_is_refused_is_tried_again_and_what_is_refused_for_good_is_not,
    what_takes_its_time_is_asked_for_until_it_is_there,
    who_has_too_much_to_do_is_left_alone_as_long_as_it_says,
    a_secret_is_changed_without_a_gap,
    what_is_sent_is_described_in_the_api_document,
    a_program_has_to_check_signatures,
    a_call_is_tried_out_and_every_check_explained,
);

/// A seller's program, until it is dropped.
struct Program {
    desk: Arc<Desk>,
    url: String,
    task: JoinHandle<()>,
}

struct Desk {
    clock: Clock,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    secrets: Vec<String>,
    /// What comes next; afterwards it does well.
    answers: VecDeque<(u16, Value)>,
    /// What it says of when it wants to be asked again.
    retry_after: Option<u32>,
    /// It says this to everything, whoever asks.
    always: Option<u16>,
    seen: Vec<Event>,
    /// Those that only tried it out.
    tried: Vec<Event>,
}

/// An event with a good signature.
#[derive(Clone, Debug)]
struct Event {
    id: String,
    signatures: usize,
    body: String,
    kind: String,
    data: Value,
}

impl Desk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, head: &HeaderMap, body: &[u8]) -> anyhow::Result<(u16, Value)> {
        let mut inner = self.inner();
        if let Some(status) = inner.always {
            return Ok((status, json!({})));
        }
        let word = |name: &str| anyhow::Ok(head.get(name).context("it is signed")?.to_str()?.to_owned());
        let (id, given) = (word("webhook-id")?, word("webhook-signature")?);
        let sent_at: i64 = word("webhook-timestamp")?.parse()?;
        // The library's own look at the time knows no clock that is turned.
        let fresh = (self.clock.now().as_seconds() - sent_at).abs() <= 5 * 60;
        let fits = |secret: &String| {
            let own = Webhook::new(secret).and_then(|hook| hook.sign(&id, sent_at, body));
            own.is_ok_and(|own| given.split(' ').any(|one| one == own))
        };
        if !fresh || !inner.secrets.iter().any(fits) {
            return Ok((401, json!({})));
        }
        let said: Value = serde_json::from_slice(body)?;
        let event = Event {
            signatures: given.split(' ').count(),
            id,
            body: std::str::from_utf8(body)?.to_owned(),
            kind: text(&said, "type")?.to_owned(),
            data: said["data"].clone(),
        };
        // What is tried out or proven is nobody's.
        let (kind, data, is_test) = (event.kind.clone(), event.data.clone(), event.data["test"] == true);
        if is_test && data["instance"] == "kontor-address-check" {
            return Ok((404, json!({})));
        }
        if is_test {
            inner.tried.push(event);
        } else {
            inner.seen.push(event);
        }
        if let Some(answer) = inner.answers.pop_front() {
            return Ok(answer);
        }
        let access =
            json!({ "front_end_url": "https://app.seller.example/1", "user_name": "ada", "password": "s3cret" });
        Ok(match kind.as_str() {
            "instance.create" => (201, json!({ "instance": data["order_line"], "access": access })),
            "instance.describe" => (200, json!({ "instance": data["instance"], "access": access })),
            _ => (204, Value::Null),
        })
    }
}

async fn take(State(desk): State<Arc<Desk>>, head: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap, String) {
    let (status, said) = desk.answer(&head, &body).unwrap_or((500, json!({})));
    let said = if said.is_null() { String::new() } else { said.to_string() };
    let mut more = HeaderMap::new();
    if let Some(seconds) = desk.inner().retry_after {
        more.insert("retry-after", seconds.into());
    }
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), more, said)
}

impl Program {
    async fn start(clock: &Clock) -> anyhow::Result<Self> {
        let desk = Arc::new(Desk { clock: clock.clone(), inner: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/webhooks", listener.local_addr()?);
        let router = Router::new().route("/webhooks", post(take)).with_state(desk.clone());
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { desk, url, task })
    }

    fn accept(&self, secret: &str) {
        self.desk.inner().secrets.push(secret.to_owned());
    }

    /// What it says to the next events, instead of doing well.
    fn says_next(&self, answers: &[(u16, Value)]) {
        self.desk.inner().answers.extend(answers.iter().cloned());
    }

    fn always(&self, status: Option<u16>) {
        self.desk.inner().always = status;
    }

    fn seen(&self) -> Vec<Event> {
        self.desk.inner().seen.clone()
    }

    fn last_tried(&self) -> anyhow::Result<Event> {
        self.desk.inner().tried.last().cloned().context("it was tried out")
    }

    fn kinds(&self) -> Vec<String> {
        self.seen().into_iter().map(|event| event.kind).collect()
    }

    fn last(&self) -> anyhow::Result<Event> {
        self.seen().pop().context("it was told something")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Scene {
    stage: Stage,
    program: Program,
    seller: Person,
    buyer: Person,
    skus: Vec<String>,
    product: Product,
    /// Of the address of the program.
    address: String,
}

impl Scene {
    /// In a task of its own, as all that goes deep.
    async fn open(url: Option<String>, name: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move {
            let stage = Stage::turned(url.as_deref(), name).await?;
            let people = &stage.people;
            let program = Program::start(&stage.kontor.app.clock).await?;
            let seller = people.seller("Cloudco Software").await?;
            let (address, secret) = people.address_in(&seller, &program.url, "standard_webhooks").await?;
            ensure!(secret.starts_with("whsec_"), "a secret as the libraries take it");
            program.accept(&secret);
            tell(people, &seller, &format!("{address}/verify")).await?;
            let product = product(people, &seller).await?;
            let skus = product.skus.clone();
            let buyer = people.rich_buyer("Ada Lovelace").await?;
            anyhow::Ok(Self { stage, program, seller, buyer, skus, product, address })
        })
        .await?
    }

    fn people(&self) -> &People {
        &self.stage.people
    }

    async fn pass(&self, micros: i64) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(micros);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    async fn buy(&self) -> anyhow::Result<Value> {
        let bought = order(self.people(), &self.buyer, months(&self.skus[0], 1), true).await?;
        self.stage.kontor.run_due_jobs().await?;
        Ok(bought)
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.buyer.token, path).await
    }

    async fn of_seller(&self, path: &str) -> anyhow::Result<Value> {
        self.people().client.get(&self.seller.token, path).await
    }

    async fn state(&self, order: &Value) -> anyhow::Result<String> {
        Ok(text(&self.get(&format!("/api/v1/orders/{}", text(order, "id")?)).await?, "state")?.to_owned())
    }

    async fn instance(&self) -> anyhow::Result<String> {
        let list = self.get("/api/v1/instances?limit=1").await?;
        Ok(text(&list["items"][0], "id")?.to_owned())
    }

    /// Asks the seller's side something that reaches out.
    async fn call(&self, path: &str, body: Option<Value>) -> anyhow::Result<Reply> {
        apart(self.people(), &self.seller, ("POST", path), body).await
    }

    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let sent = Sent { token: Some(&self.seller.token), ..Sent::default() };
        let reply = self.people().client.call("GET", path, sent).await?;
        ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn what_buyers_were_asked_comes_with_the_first_event(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "events_asked")).await?;
    lets_ask(scene.people(), &scene.seller, &scene.product).await?;
    order(scene.people(), &scene.buyer, answered(&scene.product.skus[0]), true).await?;
    scene.pass(0).await?;
    let data = scene.program.last()?.data;
    assert_eq!(data["answers"], json!({ "emailDomainName": "example.com", "note": HOSTILE }));
    assert!(data["buyer"]["email"].is_string() && data["buyer"].get("mobile").is_none(), "{data}");
    scene.close().await
}

async fn it_lives_by_events_from_its_order_to_its_release(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "events")).await?;
    let people = scene.people();
    let bought = scene.buy().await?;
    let number = text(&scene.get(&format!("/api/v1/orders/{}", text(&bought, "id")?)).await?, "number")?.to_owned();
    let line = format!("{number}-000001");
    let sold = text(&scene.of_seller("/api/v1/seller/orders").await?["items"][0], "id")?.to_owned();
    let page = scene.page(&format!("/seller/orders/{sold}")).await?;
    assert!(!page.contains("/seller/licences/"), "a service has no licence to look at");
    // One event is enough: it says what was bought and for whom, and its answer how the buyer gets in.
    assert_eq!(scene.program.kinds(), ["instance.create"]);
    let data = scene.program.last()?.data;
    assert_eq!((&data["order"], &data["order_line"], data.get("test")), (&json!(number), &json!(line), None));
    assert_eq!(
        (&data["quantities"]["users"], &data["period_unit"], &data["periods"]),
        (&json!(10), &json!("month"), &json!(1))
    );
    assert_eq!((&data["buyer"]["name"], &data["trial"]), (&json!("Ada Lovelace"), &json!(false)));
    assert!(data["sku"].is_string() && data["product"].is_string(), "{data}");
    assert!(data.get("answers").is_none() && data["buyer"].get("email").is_none(), "nobody asked for it: {data}");
    let instance = scene.instance().await?;
    let access = scene.get(&format!("/api/v1/instances/{instance}/access")).await?;
    assert_eq!(
        (&access["front_end_url"], &access["has_password"]),
        (&json!("https://app.seller.example/1"), &json!(true))
    );

    // Renewed, over, and released: each is told once, of the same instance.
    let path = format!("/api/v1/instances/{instance}/renewal");
    let preview = scene.get(&format!("{path}?periods=1")).await?;
    people.client.post(&scene.buyer.token, &path, json!({ "periods": 1, "seen": preview["seen"] })).await?;
    scene.pass(0).await?;
    let renewed = scene.program.last()?;
    let until = &scene.get(&format!("/api/v1/instances/{instance}")).await?["expires_at"];
    assert_eq!((renewed.kind.as_str(), &renewed.data["expires_at"]), ("instance.renewed", until));
    scene.pass(64 * DAY).await?;
    scene.pass(15 * DAY).await?;
    let kinds = ["instance.create", "instance.renewed", "instance.frozen", "instance.released"];
    assert_eq!(scene.program.kinds(), kinds);
    let told = scene.program.seen();
    assert!(told[1..].iter().all(|event| event.data["instance"] == json!(line)), "{told:?}");
    assert_eq!(told[3].data["returned"], false);

    // What was given back for money says so.
    scene.buy().await?;
    let instance = scene.instance().await?;
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    scene.pass(0).await?;
    let released = scene.program.last()?;
    assert_eq!((released.kind.as_str(), &released.data["returned"]), ("instance.released", &json!(true)));

    // The log has each call with its headers, and no password.
    let calls = scene.of_seller("/api/v1/seller/production-calls?limit=100").await?;
    assert_eq!(each(&calls, "name")[..2], ["instance.released", "instance.create"]);
    let of_release = &calls["items"][0];
    let headers = text(of_release, "headers")?;
    assert!(headers.contains(&format!("webhook-id: {}", text(of_release, "errand")?)), "{headers}");
    assert!(headers.contains("webhook-signature: v1,") && !calls.to_string().contains("s3cret"), "{headers}");
    let page = scene.page(&format!("/seller/production/calls/{}", text(of_release, "id")?)).await?;
    assert!(page.contains("instance.released") && page.contains("webhook-timestamp: "), "the page shows the same");
    scene.close().await
}

/// Whether an object has what a schema asks for and nothing that it does not know; what is inside of it likewise.
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) -> anyhow::Result<()> {
    let schema = match schema["$ref"].as_str() {
        Some(named) => document.pointer(named.trim_start_matches('#')).context("it is named")?,
        None => schema,
    };
    let (Some(known), Some(object)) = (schema["properties"].as_object(), value.as_object()) else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        ensure!(object.contains_key(name), "{place} lacks {name}");
    }
    for (name, value) in object {
        let schema = known.get(name).with_context(|| format!("{place} has {name}, which is not described"))?;
        fits(document, schema, value, &format!("{place}.{name}"))?;
    }
    Ok(())
}

async fn what_is_sent_is_described_in_the_api_document(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "described")).await?;
    scene.buy().await?;
    let instance = scene.instance().await?;
    let path = format!("/api/v1/instances/{instance}/renewal");
    let preview = scene.get(&format!("{path}?periods=1")).await?;
    scene.people().client.post(&scene.buyer.token, &path, json!({ "periods": 1, "seen": preview["seen"] })).await?;
    scene.pass(64 * DAY).await?;
    scene.pass(15 * DAY).await?;
    let document = scene.get("/api/v1/openapi.json").await?;
    let told = document["webhooks"].as_object().context("they are there")?;
    let (seen, tried) = (scene.program.seen(), scene.program.desk.inner().tried.clone());
    let sent: Vec<Value> =
        seen.iter().chain(&tried).map(|event| serde_json::from_str(&event.body)).collect::<Result<_, _>>()?;
    assert!(sent.len() > 10);
    for event in &sent {
        let kind = text(event, "type")?;
        let body = &told.get(kind).with_context(|| format!("{kind} is not described"))?["post"]["requestBody"];
        fits(&document, &body["content"]["application/json"]["schema"], event, kind)?;
    }
    for (kind, one) in told {
        let content = &one["post"]["requestBody"]["content"]["application/json"];
        assert_eq!(content["example"]["type"], kind.as_str());
        fits(&document, &content["schema"], &content["example"], kind)?;
        assert!(one["post"]["responses"]["410"].is_object(), "{one}");
    }
    let page = scene.page("/seller/production/guide").await?;
    assert!(told.keys().all(|kind| page.contains(kind)) && told.len() == 17, "the guide names the same");
    scene.close().await
}

async fn what_is_refused_is_tried_again_and_what_is_refused_for_good_is_not(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "refused")).await?;
    let people = scene.people();
    let sold_out = (422, json!({ "code": "sold_out", "message": "No more of it today." }));
    scene.program.says_next(&[sold_out, (503, json!({}))]);
    let bought = scene.buy().await?;
    let errands = async || scene.of_seller("/api/v1/seller/errands").await;
    assert_eq!(errands().await?["items"][0]["trouble"], "http.422.sold_out");
    scene.pass(HOUR).await?;
    assert_eq!(errands().await?["items"][0]["trouble"], "http.503");
    assert_eq!(scene.state(&bought).await?, "paid");
    scene.pass(HOUR).await?;
    assert_eq!(scene.state(&bought).await?, "completed");
    let seen = scene.program.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|event| event.id == seen[0].id && event.body == seen[0].body), "a resend is known");

    let held = wallet(people, &scene.buyer).await?;
    scene.program.says_next(&[(410, json!({ "code": "bought_already" }))]);
    let bought = scene.buy().await?;
    scene.pass(0).await?;
    assert_eq!(scene.state(&bought).await?, "refunded", "nobody waits three hours for a no");
    assert_eq!(wallet(people, &scene.buyer).await?, held);
    let list = errands().await?;
    assert_eq!(
        (&list["items"][0]["state"], &list["items"][0]["trouble"]),
        (&json!("dead"), &json!("http.410.bought_already"))
    );
    assert!(says(&inbox(people, &scene.buyer.token).await?, "Not delivered: "));

    // What is told later is laid aside at once and restarted by its seller.
    let instance = scene.instance().await?;
    scene.program.says_next(&[(500, json!({}))]);
    people.client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    scene.pass(0).await?;
    assert_eq!(errands().await?["items"][0]["state"], "due");
    scene.pass(2 * MINUTE).await?;
    assert_eq!(errands().await?["items"][0]["state"], "done");
    assert_eq!(scene.program.kinds()[4..], ["instance.released", "instance.released"]);
    scene.close().await
}

async fn what_takes_its_time_is_asked_for_until_it_is_there(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "making")).await?;
    scene.program.says_next(&[(202, json!({ "instance": "t-1" })), (202, json!({})), (404, json!({}))]);
    let bought = scene.buy().await?;
    for minute in 0..2 {
        assert_eq!(scene.state(&bought).await?, "paid", "after {minute} minutes");
        scene.pass(MINUTE).await?;
    }
    assert_eq!(scene.state(&bought).await?, "paid");
    scene.pass(MINUTE).await?;
    assert_eq!(scene.state(&bought).await?, "completed");
    let seen = scene.program.seen();
    assert_eq!(
        scene.program.kinds(),
        ["instance.create", "instance.describe", "instance.describe", "instance.describe"]
    );
    assert!(seen[1..].iter().all(|event| event.data == json!({ "instance": "t-1" })), "{seen:?}");
    assert_ne!(seen[1].id, seen[2].id, "a question is answered anew");
    let path = format!("/api/v1/instances/{}/access", scene.instance().await?);
    assert_eq!(scene.get(&path).await?["front_end_url"], "https://app.seller.example/1");

    // Who sends the way in by mail says nothing of it.
    scene.program.says_next(&[(201, json!({ "instance": "t-2" })), (200, json!({ "instance": "t-2" }))]);
    scene.buy().await?;
    let path = format!("/api/v1/instances/{}/access", scene.instance().await?);
    let access = scene.get(&path).await?;
    assert!(access["front_end_url"].is_null() && access["told_at"].is_string(), "{access}");
    scene.close().await
}

async fn who_has_too_much_to_do_is_left_alone_as_long_as_it_says(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "rests")).await?;
    scene.buy().await?;
    let instance = scene.instance().await?;
    scene.program.desk.inner().retry_after = Some(600);
    scene.program.says_next(&[(429, json!({}))]);
    scene.people().client.post(&scene.buyer.token, &format!("/api/v1/instances/{instance}/return"), json!({})).await?;
    scene.pass(0).await?;
    scene.program.desk.inner().retry_after = None;
    assert_eq!(scene.program.seen().len(), 2);
    // What is bought meanwhile waits too, and nothing of it counts as a try.
    scene.buy().await?;
    for _ in 0..9 {
        scene.pass(MINUTE).await?;
    }
    assert_eq!(scene.program.seen().len(), 2, "it asked for ten minutes");
    scene.pass(3 * MINUTE).await?;
    assert_eq!(scene.program.kinds().len(), 4, "{:?}", scene.program.kinds());
    let list = scene.of_seller("/api/v1/seller/errands").await?;
    assert!(each(&list, "state").iter().all(|state| *state == "done"), "{list}");

    // Cases that are sent again stop too, and go on after the rest.
    scene.program.desk.inner().retry_after = Some(600);
    scene.program.says_next(&[(429, json!({}))]);
    tell(scene.people(), &scene.seller, &format!("{}/case-runs", scene.address)).await?;
    scene.pass(0).await?;
    scene.program.desk.inner().retry_after = None;
    let tried = || scene.program.desk.inner().tried.len();
    let before = tried();
    let asked = async || {
        anyhow::Ok(
            scene.of_seller("/api/v1/seller/production-addresses").await?["items"][0]["cases_asked_at"].is_string(),
        )
    };
    for _ in 0..9 {
        scene.pass(MINUTE).await?;
    }
    assert_eq!((tried(), asked().await?), (before, true), "it asked for ten minutes");
    scene.pass(3 * MINUTE).await?;
    assert!(tried() > before && !asked().await?);
    let cases = scene.of_seller("/api/v1/seller/production-cases").await?;
    let passed = |case: &Value| case["results"][0]["passed"] == true;
    assert!(cases["items"].as_array().is_some_and(|cases| cases.iter().all(passed)), "{cases}");
    scene.close().await
}

async fn a_secret_is_changed_without_a_gap(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "rotated")).await?;
    let address =
        async || anyhow::Ok(scene.of_seller("/api/v1/seller/production-addresses").await?["items"][0].clone());
    let made = tell(scene.people(), &scene.seller, &format!("{}/keys", scene.address)).await?;
    let second = text(&made, "key")?;
    assert!(address().await?["next_until"].is_string());
    assert!(scene.page("/seller/production").await?.contains("Both sign until"));
    let third = scene.call(&format!("{}/keys", scene.address), None).await?;
    assert_eq!(
        refusal(&third),
        (422, "production.key_changing"),
        "it would end the one that the program may know alone"
    );

    // The program that knows the old one alone and the one that knows the new one alone both go on.
    scene.buy().await?;
    assert_eq!(scene.program.last()?.signatures, 2);
    scene.program.desk.inner().secrets = vec![second.to_owned()];
    scene.buy().await?;
    assert_eq!((scene.program.last()?.signatures, scene.program.seen().len()), (2, 2));
    let warned = "A secret of your system ends soon";
    scene.pass(17 * HOUR).await?;
    assert!(!says(&inbox(scene.people(), &scene.seller.token).await?, warned));
    scene.pass(7 * HOUR - MINUTE).await?;
    assert!(says(&inbox(scene.people(), &scene.seller.token).await?, warned), "before it is over");
    assert!(address().await?["next_key"].is_object());
    scene.pass(2 * MINUTE).await?;
    let now = address().await?;
    assert_eq!(
        (&now["key"]["hint"], &now["next_until"]),
        (&json!(format!("…{}", &second[second.len() - 4..])), &Value::Null)
    );
    scene.buy().await?;
    assert_eq!((scene.program.last()?.signatures, scene.program.seen().len()), (1, 3));

    // Whoever is ready earlier ends the overlap, once the program has accepted the new one.
    let made = tell(scene.people(), &scene.seller, &format!("{}/keys", scene.address)).await?;
    let change = format!("{}/change-key", scene.address);
    assert_eq!(refusal(&scene.call(&change, None).await?), (422, "production.key_unknown"));
    scene.program.desk.inner().secrets = vec![text(&made, "key")?.to_owned()];
    assert_eq!(scene.call(&change, None).await?.status, 204);
    scene.buy().await?;
    assert_eq!((scene.program.last()?.signatures, scene.program.seen().len()), (1, 4));
    // One that was lost is withdrawn; the program goes on with the one that it has.
    tell(scene.people(), &scene.seller, &format!("{}/keys", scene.address)).await?;
    let withdraw = format!("{}/next-key", scene.address);
    let take_back = async || apart(scene.people(), &scene.seller, ("DELETE", &withdraw), None).await;
    assert_eq!(take_back().await?.status, 204);
    assert_eq!(refusal(&take_back().await?), (422, "production.no_next_key"));
    scene.buy().await?;
    assert_eq!((scene.program.last()?.signatures, scene.program.seen().len()), (1, 5));
    // The timer of the overlap finds nothing left to do.
    scene.pass(25 * HOUR).await?;
    assert!(address().await?["next_key"].is_null());
    scene.close().await
}

async fn a_program_has_to_check_signatures(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "unchecked")).await?;
    let verify = format!("{}/verify", scene.address);
    for (always, code) in [
        (200, "production.no_proof"),
        (204, "production.no_proof"),
        (404, "production.signature_unchecked"),
        (400, "production.key_unknown"),
        (401, "production.key_unknown"),
        (302, "production.no_proof"),
        (500, "production.no_proof"),
    ] {
        scene.program.always(Some(always));
        let refused = scene.call(&verify, None).await?;
        assert_eq!(refusal(&refused), (422, code), "{always}");
    }
    scene.program.always(None);
    assert_eq!(scene.call(&verify, None).await?.status, 204);
    let wrong = json!({ "url": "https://app.seller.example/x", "form": "smoke_signals" });
    let refused =
        ask(&scene.people().client, &scene.seller.token, "POST", "/api/v1/seller/production-addresses", Some(wrong));
    assert_eq!(refused.await?.status, 422);
    scene.close().await
}

async fn a_call_is_tried_out_and_every_check_explained(url: Option<String>) -> anyhow::Result<()> {
    let scene = Box::pin(Scene::open(url, "tried")).await?;
    let calls = format!("{}/calls", scene.address);
    let wish = json!({ "activity": "instance.create", "order": "MOCKPERIODYEARNEW" });
    let tried = scene.call(&calls, Some(wish.clone())).await?.good(&calls)?;
    assert_eq!((&tried["status"], &tried["trouble"]), (&json!(201), &Value::Null));
    let said: Value = serde_json::from_str(text(&tried, "request")?)?;
    assert_eq!((&said["type"], &said["data"]["test"]), (&json!("instance.create"), &json!(true)));
    let came = scene.program.last_tried()?;
    assert_eq!(came.body, text(&tried, "request")?, "the exact request is shown");
    assert_eq!(came.id, text(&tried["headers"], "webhook-id")?);
    assert!(!tried.to_string().contains("s3cret"), "{tried}");
    scene.program.says_next(&[(409, json!({ "code": "our_own" }))]);
    let refused = scene.call(&calls, Some(wish)).await?.good(&calls)?;
    assert_eq!(refused["trouble"], "http.409");
    let found = |name: &str| {
        let checks = refused["checks"].as_array().into_iter().flatten();
        checks.filter(|check| check["check"] == name).map(|check| check["found"].clone()).next()
    };
    assert_eq!((found("reason"), found("instance")), (Some(json!("failed")), Some(json!("not_reached"))));
    let unknown = json!({ "activity": "newInstance", "order": "X" });
    assert_eq!(refusal(&scene.call(&calls, Some(unknown)).await?), (422, "invalid"));
    let page = scene.page("/seller/production/debugger").await?;
    assert!(page.contains("instance.renewal_returned") && !page.contains("newInstance"), "in the words of its form");
    let bought = order(scene.people(), &scene.buyer, months(&scene.skus[0], 1), false).await?;
    assert_eq!(bought["state"], "placed", "nothing was sold by trying");
    scene.close().await
}
