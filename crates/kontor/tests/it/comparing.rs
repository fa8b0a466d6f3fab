//! The nightly comparison of what is owned with what sellers' systems have: what was missed is told again, what is still otherwise
//! the night after is its seller's to mend.

use anyhow::{Context, ensure};
use kernel::time::{DAY, HOUR};
use kontor::{
    kit::Standing,
    stage::{
        People, Person, Stage, by_use,
        client::{Sent, text},
    },
};
use serde_json::{Value, json};

use crate::{
    older::program::Program,
    saas::{System, product, tell},
    stories::{ask, each, inbox, months, order, says},
};

on_both!(
    what_a_system_has_missed_is_told_again_at_night,
    what_is_lost_for_two_nights_is_its_sellers_to_mend,
    what_goes_on_after_its_end_is_released_again,
    a_system_that_does_not_answer_is_no_difference,
    nobody_is_asked_where_the_rules_say_so,
    what_is_another_edition_there_is_its_sellers_to_mend,
    what_is_paid_by_use_stands_as_it_was_told,
    a_program_of_v1_is_asked_for_what_is_paid_by_use,
);

/// A seller whose system is connected in a form, and one instance of a buyer.
struct Scene {
    stage: Stage,
    system: System,
    seller: Person,
    buyer: Person,
    instance: String,
    /// How the seller's system names it.
    remote: String,
}

impl Scene {
    /// In a task of its own, as all that goes deep.
    async fn open(url: Option<String>, form: &'static str) -> anyhow::Result<Self> {
        tokio::spawn(async move { Self::made(url.as_deref(), form).await }).await?
    }

    async fn made(url: Option<&str>, form: &str) -> anyhow::Result<Self> {
        let stage = Stage::turned(url, "comparing").await?;
        let people = &stage.people;
        let system = System::start(&stage.kontor.app.clock).await?;
        let seller = people.seller("Cloudco Software").await?;
        let (path, key) = people.address_in(&seller, system.address(), form).await?;
        system.kit.accept(key)?;
        tell(people, &seller, &format!("{path}/verify")).await?;
        let skus = product(people, &seller).await?.skus;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        order(people, &buyer, months(&skus[0], 1), true).await?;
        stage.kontor.run_due_jobs().await?;
        let list = people.client.get(&buyer.token, "/api/v1/instances").await?;
        let instance = text(&list["items"][0], "id")?.to_owned();
        let remote = system.kit.instances().into_keys().next().context("it has one")?;
        stage.kontor.deliveries.prepare_comparing().await?;
        Ok(Self { stage, system, seller, buyer, instance, remote })
    }

    fn people(&self) -> &People {
        &self.stage.people
    }

    /// Passes the next night.
    async fn night(&self) -> anyhow::Result<()> {
        self.stage.kontor.app.clock.turn(DAY);
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    async fn differences(&self) -> anyhow::Result<Value> {
        self.people().client.get(&self.seller.token, "/api/v1/seller/differences").await
    }

    fn puts(&self, standing: Option<Standing>) {
        self.system.kit.put(&self.remote, standing);
    }

    fn stands(&self) -> Option<Standing> {
        self.system.kit.instances().get(&self.remote).copied()
    }

    async fn page(&self, token: &str, path: &str) -> anyhow::Result<String> {
        let reply = self.people().client.call("GET", path, Sent { token: Some(token), ..Sent::default() }).await?;
        ensure!(reply.status == 200, "{path}: {}", reply.status);
        Ok(reply.body.as_str().context("a page is a text")?.to_owned())
    }

    async fn close(self) -> anyhow::Result<()> {
        self.stage.check().await?;
        self.stage.close().await
    }
}

async fn what_a_system_has_missed_is_told_again_at_night(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "standard_webhooks").await?;
    scene.night().await?;
    assert_eq!(each(&scene.differences().await?, "difference"), Vec::<&str>::new(), "both are equal");

    scene.puts(Some(Standing::Frozen));
    scene.night().await?;
    assert_eq!(scene.stands(), Some(Standing::Open), "it was told again");
    let found = scene.differences().await?;
    assert_eq!((&found["items"][0]["difference"], &found["items"][0]["by_hand_since"]), (&"shut".into(), &Value::Null));
    assert!(found["items"][0]["told_at"].is_string(), "{found}");
    let page = scene.page(&scene.seller.token, "/seller/production/differences").await?;
    assert!(page.contains("Kept out there") && page.contains("Told again"), "{page}");
    scene.night().await?;
    assert_eq!(each(&scene.differences().await?, "difference"), Vec::<&str>::new(), "it was mended");
    assert!(!says(&inbox(scene.people(), &scene.seller.token).await?, "Your system differs"), "nobody had to know");
    scene.close().await
}

async fn what_is_lost_for_two_nights_is_its_sellers_to_mend(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "koogallery_v2").await?;
    scene.puts(None);
    scene.night().await?;
    let found = scene.differences().await?;
    assert_eq!(
        (&found["items"][0]["difference"], &found["items"][0]["by_hand_since"]),
        (&"missing".into(), &Value::Null)
    );
    assert!(!says(&inbox(scene.people(), &scene.seller.token).await?, "Your system differs"), "once is no news");
    scene.night().await?;
    let found = scene.differences().await?;
    assert_eq!(found["items"][0]["instance"], scene.instance.as_str());
    assert!(found["items"][0]["by_hand_since"].is_string(), "{found}");
    assert!(says(&inbox(scene.people(), &scene.seller.token).await?, "Your system differs from the site"));
    let page = scene.page(&scene.seller.token, "/seller/production/differences").await?;
    assert!(page.contains("Bring it back under the same name"), "{page}");
    let operator = scene.people().operator().await?;
    let page = scene.page(&operator, "/operator/differences").await?;
    assert!(page.contains("Cloudco Software") && page.contains("Not known there"), "{page}");
    let all = scene.people().client.get(&operator, "/api/v1/operator/differences").await?;
    assert_eq!(each(&all, "remote_id"), [scene.remote.as_str()]);
    let stranger = scene.people().seller("Another Software").await?;
    let others = scene.people().client.get(&stranger.token, "/api/v1/seller/differences").await?;
    assert_eq!(each(&others, "remote_id"), Vec::<&str>::new(), "it is nobody else's");

    scene.night().await?;
    let told = inbox(scene.people(), &scene.seller.token).await?;
    assert_eq!(
        told.iter().filter(|title| title.contains("Your system differs from the site")).count(),
        1,
        "it is told once"
    );
    scene.puts(Some(Standing::Open));
    scene.night().await?;
    assert_eq!(each(&scene.differences().await?, "difference"), Vec::<&str>::new());
    scene.close().await
}

async fn what_goes_on_after_its_end_is_released_again(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "standard_webhooks").await?;
    let path = format!("/api/v1/instances/{}/return", scene.instance);
    ask(&scene.people().client, &scene.buyer.token, "POST", &path, Some(serde_json::json!({})))
        .await?
        .good("return")?;
    scene.stage.kontor.run_due_jobs().await?;
    assert_eq!(scene.stands(), Some(Standing::Released));
    scene.puts(Some(Standing::Open));
    scene.night().await?;
    assert_eq!(scene.stands(), Some(Standing::Released), "it was told again");
    scene.night().await?;
    assert_eq!(each(&scene.differences().await?, "difference"), Vec::<&str>::new());
    // It is over on both sides: nobody asks any more.
    let asked = scene.system.kit.seen().len();
    scene.night().await?;
    assert_eq!(scene.system.kit.seen().len(), asked);
    scene.close().await
}

async fn a_system_that_does_not_answer_is_no_difference(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "standard_webhooks").await?;
    scene.puts(None);
    scene.system.stop().await;
    scene.night().await?;
    let calls = scene.people().client.get(&scene.seller.token, "/api/v1/seller/production-calls").await?;
    let calls = calls["items"].as_array().context("a list")?;
    assert!(calls.iter().any(|call| call["name"] == "instance.describe" && call["test"] == false), "it was asked");
    for _ in 0..8 {
        scene.stage.kontor.app.clock.turn(HOUR);
        scene.stage.kontor.run_due_jobs().await?;
    }
    assert_eq!(each(&scene.differences().await?, "difference"), Vec::<&str>::new());
    scene.close().await
}

async fn nobody_is_asked_where_the_rules_say_so(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "koogallery_v2").await?;
    let rules = policy::DEFAULT.replace("compares = true", "compares = false");
    ensure!(rules != policy::DEFAULT, "the rule is there");
    let people = scene.people();
    let rules = serde_json::json!({ "rules": rules });
    people.client.post(&people.operator().await?, "/api/v1/operator/policy", rules).await?;
    let asked = scene.system.kit.seen().len();
    scene.night().await?;
    scene.night().await?;
    assert_eq!(scene.system.kit.seen().len(), asked);
    scene.close().await
}

async fn what_is_another_edition_there_is_its_sellers_to_mend(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "standard_webhooks").await?;
    scene.night().await?;
    assert_eq!(each(&scene.differences().await?, "difference"), Vec::<&str>::new(), "it is what was bought");
    let list = scene.people().client.get(&scene.buyer.token, "/api/v1/instances").await?;
    let sku = &list["items"][0]["sku_code"];
    scene.system.kit.make(&scene.remote, json!({ "sku": sku, "quantities": { "users": 9 } }));
    scene.night().await?;
    let found = scene.differences().await?;
    assert_eq!((&found["items"][0]["difference"], &found["items"][0]["by_hand_since"]), (&"what".into(), &Value::Null));
    assert_eq!(found["items"][0]["told_at"], Value::Null, "what was paid for is not told again by itself");
    scene.night().await?;
    assert!(scene.differences().await?["items"][0]["by_hand_since"].is_string());
    let page = scene.page(&scene.seller.token, "/seller/production/differences").await?;
    assert!(
        page.contains("Another edition or number") && page.contains("another edition or number than was paid"),
        "{page}"
    );

    // What was changed is compared with what that has paid for.
    scene.system.kit.make(&scene.remote, json!({ "sku": sku, "quantities": { "users": 10 } }));
    let client = &scene.people().client;
    let changes = format!("/api/v1/seller/products/{}/changes", text(&list["items"][0], "product")?);
    let any = Some(json!({ "specs": { "server": "any" } }));
    ask(client, &scene.seller.token, "PUT", &changes, any).await?.good(&changes)?;
    let path = format!("/api/v1/instances/{}", scene.instance);
    let wanted = json!({ "quantities": { "users": 20 } });
    let preview = client.post(&scene.buyer.token, &format!("{path}/change-preview"), wanted).await?;
    let wanted = json!({ "quantities": { "users": 20 }, "seen": preview["seen"] });
    client.post(&scene.buyer.token, &format!("{path}/changes"), wanted).await?;
    scene.stage.kontor.run_due_jobs().await?;
    scene.night().await?;
    assert_eq!(each(&scene.differences().await?, "difference"), Vec::<&str>::new(), "it has taken over the change");
    scene.system.kit.make(&scene.remote, json!({ "sku": sku, "quantities": { "users": 10 } }));
    scene.night().await?;
    assert_eq!(each(&scene.differences().await?, "difference"), ["what"]);
    scene.close().await
}

async fn what_is_paid_by_use_stands_as_it_was_told(url: Option<String>) -> anyhow::Result<()> {
    let scene = Scene::open(url, "standard_webhooks").await?;
    let people = scene.people();
    let rate = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "0.01" } }));
    let sku = people.metered(&scene.seller, "Answers", &[rate]).await?.skus[0].clone();
    order(people, &scene.buyer, json!({ "sku": sku }), true).await?;
    scene.stage.kontor.run_due_jobs().await?;
    let kit = &scene.system.kit;
    let used = kit.instances().into_keys().find(|name| *name != scene.remote).context("it was opened")?;
    kit.put(&used, Some(Standing::Frozen));
    scene.night().await?;
    assert_eq!(
        kit.instances().get(&used),
        Some(&Standing::Open),
        "nothing is unpaid, so that its buyer is let in again"
    );
    // Nobody was told to keep a buyer out, and then somebody is: what differs is told again as well.
    let kontor = &scene.stage.kontor;
    let list = people.client.get(&scene.buyer.token, "/api/v1/instances?limit=1").await?;
    let mut tx = kontor.app.db.begin().await?;
    let instance = kontor.instances.find(&mut tx, text(&list["items"][0], "id")?.parse()?).await?;
    kontor.deliveries.freeze(&mut tx, &instance).await?;
    tx.commit().await?;
    kontor.run_due_jobs().await?;
    assert_eq!(kit.instances().get(&used), Some(&Standing::Frozen));
    kit.put(&used, Some(Standing::Open));
    scene.night().await?;
    assert_eq!(kit.instances().get(&used), Some(&Standing::Frozen), "it was told again");
    scene.close().await
}

async fn a_program_of_v1_is_asked_for_what_is_paid_by_use(url: Option<String>) -> anyhow::Result<()> {
    let (stage, program, seller) = tokio::spawn(async move {
        let stage = Stage::turned(url.as_deref(), "comparing_v1").await?;
        let people = &stage.people;
        let program = Program::start().await?;
        let seller = people.seller("Cloudco Software").await?;
        let (path, key) = people.address_in(&seller, &program.url, "koogallery_v1").await?;
        program.desk().key = key;
        tell(people, &seller, &format!("{path}/verify")).await?;
        let monthly = product(people, &seller).await?.skus;
        let rate = by_use("hour", json!({ "price": { "model": "fixed", "unit_price": "0.01" } }));
        let used = people.metered(&seller, "Answers", &[rate]).await?.skus;
        let buyer = people.rich_buyer("Ada Lovelace").await?;
        order(people, &buyer, months(&monthly[0], 1), true).await?;
        order(people, &buyer, json!({ "sku": used[0] }), true).await?;
        stage.kontor.run_due_jobs().await?;
        stage.kontor.deliveries.prepare_comparing().await?;
        anyhow::Ok((stage, program, seller))
    })
    .await??;
    let night = async || {
        stage.kontor.app.clock.turn(DAY);
        stage.kontor.run_due_jobs().await?;
        anyhow::Ok(stage.people.client.get(&seller.token, "/api/v1/seller/differences").await?)
    };
    let before = program.asked().len();
    assert_eq!(night().await?["items"], json!([]));
    assert_eq!(program.asked()[before..], ["queryInstance"], "there is no question about what is paid by the month");
    for _ in 0..2 {
        program.desk().answers.push_back(json!({ "resultCode": "000003", "resultMsg": "no such instance" }));
        let found = night().await?;
        assert_eq!(each(&found, "difference"), ["missing"], "{found}");
    }
    assert_eq!(night().await?["items"], json!([]), "it is there again");
    stage.check().await?;
    stage.close().await
}
