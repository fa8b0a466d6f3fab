//! What the visitors of the demo find: the three buyers' and sellers' own things, and something in every queue.

use anyhow::Context;
use kernel::time::{HOUR, MINUTE};
use production::ResultCode;
use serde_json::{Value, json};

use super::{
    Act, Demo,
    cast::{Customer, KNOCKING},
    content::{Charged, Company},
    shops::application,
    trade::{Choice, newcomer},
    world::{Duty, Person},
};
use crate::{
    kit::Manner,
    stage::client::{Sent, text},
};

/// One thing that is there today.
#[derive(Clone, Copy)]
pub(super) enum Scene {
    LongLicence,
    ExpiredLicence,
    ExpiringLicence,
    RenewedLicence,
    ReturnedLicence,
    NewLicence,
    UnpaidOrder,
    Team,
    TestCodes,
    Library,
    Kinds,
    Hosted,
    /// The first seller's system fails its probes for days, and does well again.
    SystemFails,
    SystemMended,
    /// The first buyer opens what is paid by use; its seller pushes what was used.
    OpenUse,
    PushUse(u32),
    Trial,
    Draft,
    RejectedRevision,
    WaitingRevision,
    WaitingProduct,
    WaitingVerification(usize),
    WaitingApplication,
    RefusedApplication,
    WaitingInformation,
    WaitingChange,
    RejectedTransfer,
    WaitingTransfer(usize),
    ReadMessages,
    FrozenProduct,
    ChosenCustomers,
    OwnCatalogue,
    Coupons,
    PrivateOffers,
    Amendment,
    /// The first buyer reviews something, and the first seller reports what it finds unfair.
    Review,
    ReportedReview,
}

/// The buyer and the seller who have something of everything.
pub(super) const STAR: usize = 0;

impl Demo {
    pub(super) fn plan_scenes(&mut self) {
        let long = if self.size.days > 200 { 190 } else { 32 };
        let scenes = [
            (Scene::Team, 33, 5),
            (Scene::Hosted, 32, 12),
            (Scene::LongLicence, long, 3),
            (Scene::ExpiredLicence, 35, 2),
            (Scene::ExpiringLicence, 26, 4),
            (Scene::RenewedLicence, 25, 6),
            (Scene::SystemFails, 20, 9),
            (Scene::RefusedApplication, 19, 6),
            (Scene::RejectedTransfer, 15, 1),
            (Scene::SystemMended, 14, 1),
            (Scene::ReturnedLicence, 12, 7),
            (Scene::Coupons, 10, 4),
            (Scene::TestCodes, 9, 2),
            (Scene::Trial, 8, 6),
            (Scene::PrivateOffers, 8, 5),
            (Scene::Amendment, 0, 5),
            (Scene::RejectedRevision, 6, 3),
            (Scene::Library, 5, 4),
            (Scene::Review, 4, 6),
            (Scene::Draft, 3, 2),
            (Scene::FrozenProduct, 2, 22),
            (Scene::Kinds, 2, 10),
            (Scene::ReadMessages, 2, 20),
            (Scene::WaitingApplication, 1, 6),
            (Scene::OpenUse, 1, 8),
            (Scene::PushUse(1), 1, 4),
            (Scene::PushUse(2), 0, 16),
            (Scene::PushUse(3), 0, 8),
            (Scene::PushUse(4), 0, 2),
            (Scene::NewLicence, 1, 5),
            (Scene::ChosenCustomers, 1, 1),
            (Scene::OwnCatalogue, 1, 0),
            (Scene::WaitingInformation, 0, 23),
            (Scene::WaitingProduct, 1, 3),
            (Scene::WaitingChange, 0, 22),
            (Scene::ReportedReview, 0, 21),
            (Scene::UnpaidOrder, 0, 20),
            (Scene::WaitingRevision, 0, 19),
            (Scene::WaitingVerification(3), 0, 9),
            (Scene::WaitingTransfer(2), 0, 7),
            (Scene::WaitingVerification(4), 0, 4),
            (Scene::WaitingTransfer(1), 0, 3),
            (Scene::WaitingTransfer(STAR), 0, 1),
        ];
        for (scene, days, hours) in scenes {
            self.plan(self.world.before_end(days, hours), Act::Play(scene));
        }
    }

    pub(super) async fn scene(&mut self, scene: Scene) -> anyhow::Result<()> {
        match scene {
            Scene::LongLicence => self.long_licence().await,
            Scene::ExpiredLicence => self.star_buys(1, 1, true).await.map(drop),
            Scene::ExpiringLicence => self.star_buys(2, 1, true).await.map(drop),
            Scene::RenewedLicence => self.renewed_licence().await,
            Scene::ReturnedLicence => {
                let order = self.star_buys(3, 12, true).await?;
                let at = self.world.within(30, 50);
                self.plan(at, Act::Return { buyer: STAR, order });
                Ok(())
            }
            Scene::NewLicence => self.star_buys(5, 12, true).await.map(drop),
            Scene::UnpaidOrder => self.star_buys(4, 6, false).await.map(drop),
            Scene::Team => self.team().await,
            Scene::TestCodes => {
                let token = self.shop(STAR)?.person.token.clone();
                self.world.post(&token, "/api/v1/seller/test-codes", json!({ "count": 2 })).await.map(drop)
            }
            Scene::Library => self.library().await,
            Scene::Kinds => self.list_kinds().await,
            Scene::Hosted => self.hosted().await,
            Scene::SystemFails => self.system_behaves(Manner::Refuses(ResultCode::ServiceInternal)),
            Scene::SystemMended => self.system_behaves(Manner::Well),
            Scene::OpenUse => self.open_use().await,
            Scene::PushUse(turn) => self.push_use(turn).await,
            Scene::Trial => self.trial().await,
            Scene::Draft => self.unfinished_draft().await,
            Scene::RejectedRevision => self.rejected_revision().await,
            Scene::WaitingRevision => self.waiting_revision().await,
            Scene::WaitingProduct => {
                let product = self.content.sold + 1;
                let draft = self.draft(product).await?;
                self.submit(self.content.seller_of(product)?, text(&draft, "id")?).await.map(drop)
            }
            Scene::WaitingVerification(who) => {
                let person = newcomer(self, &KNOCKING[who]).await?;
                self.world.identify(&person, &KNOCKING[who]).await.map(drop)
            }
            Scene::WaitingApplication => self.applicant(0).await.map(drop),
            Scene::RefusedApplication => self.refused_application().await,
            Scene::WaitingInformation => {
                let (person, submitted) = self.applicant(1).await?;
                self.pause(5).await?;
                self.admit(&submitted).await?;
                self.business_information(&person, 3).await.map(drop)
            }
            Scene::WaitingChange => self.waiting_change().await,
            Scene::RejectedTransfer => self.rejected_transfer().await,
            Scene::WaitingTransfer(buyer) => {
                let person = self.buyers[&buyer].person.clone();
                let minor = [2_000_000, 350_000, 1_280_000][buyer % 3];
                self.transfer(&person, minor).await.map(drop)
            }
            Scene::Review => self.first_review().await,
            Scene::ReportedReview => self.report_review().await,
            Scene::ReadMessages => self.read_messages().await,
            Scene::FrozenProduct => self.frozen_product().await,
            Scene::ChosenCustomers => self.chosen_customers().await,
            Scene::OwnCatalogue => self.own_catalogue().await,
            Scene::Coupons => self.coupons().await,
            Scene::PrivateOffers => self.private_offers().await,
            Scene::Amendment => self.amendment().await,
        }
    }

    async fn pause(&mut self, hours: i64) -> anyhow::Result<()> {
        let at = self.world.now().plus_micros(hours * HOUR);
        self.world.turn_to(at).await
    }

    /// The buyer with something of everything buys from what is on sale, for so many months.
    async fn star_buys(&mut self, place: usize, months: u32, pays: bool) -> anyhow::Result<String> {
        let token = self.buyers.get(&STAR).context("the first buyer is here")?.person.token.clone();
        let shelved = self.shelf.iter().find(|shelved| shelved.product == place).context("it is on sale")?.clone();
        let sku = &shelved.skus[0];
        let body = match shelved.plan {
            Charged::Users => json!({ "sku": sku, "quantities": { "users": 25 }, "periods": months }),
            Charged::Servers => json!({ "sku": sku, "quantities": { "servers": 12 }, "periods": months }),
            Charged::Flat => json!({ "sku": sku, "periods": months.min(11), "period_unit": "month" }),
            Charged::Once => json!({ "sku": sku }),
        };
        // What the purchase costs is in the wallet, whatever was bought before.
        let person = self.buyers[&STAR].person.clone();
        let declared = self.transfer(&person, 3_000_000).await?;
        self.pause(1).await?;
        self.confirm(STAR, text(&declared, "id")?, 3_000_000).await?;
        let choice = Choice { product: place, body };
        if let Some(order) = self.order(STAR, &choice, pays).await? {
            self.world.kontor.run_due_jobs().await?;
            return Ok(order);
        }
        let orders = self.world.client.get(&token, "/api/v1/orders?limit=1").await?;
        Ok(text(&orders["items"][0], "id")?.to_owned())
    }

    /// A licence that went on by itself some days ago, within what its buyer had agreed to.
    async fn renewed_licence(&mut self) -> anyhow::Result<()> {
        let order = self.star_buys(1, 1, true).await?;
        self.goes_on(&order).await
    }

    /// Lets something of the first buyer's go on by itself, for what it costs now; that is laid by.
    pub(super) async fn goes_on(&mut self, order: &str) -> anyhow::Result<()> {
        let Some(instance) = self.instance(STAR, order).await? else { return Ok(()) };
        let token = self.buyers[&STAR].person.token.clone();
        let path = format!("/api/v1/instances/{instance}");
        let preview = self.world.client.get(&token, &format!("{path}/renewal")).await?;
        let wish = json!({ "policy": "automatic", "price_max": preview["total"] });
        let sent = Sent { token: Some(&token), body: Some(wish), ..Sent::default() };
        self.world.client.call("PUT", &format!("{path}/expiry"), sent).await?.good("agree")?;
        self.spend(STAR, preview["total"]["minor"].as_i64().unwrap_or_default());
        Ok(())
    }

    /// Renews something of the first buyer's by hand, for as long as the last time.
    async fn renew(&mut self, order: &str) -> anyhow::Result<()> {
        let Some(instance) = self.instance(STAR, order).await? else { return Ok(()) };
        let token = self.buyers[&STAR].person.token.clone();
        let path = format!("/api/v1/instances/{instance}/renewal");
        let preview = self.world.client.get(&token, &path).await?;
        let total = preview["total"]["minor"].as_i64().unwrap_or_default();
        if preview["missing"].is_null() {
            self.world.post(&token, &path, json!({ "seen": preview["seen"] })).await?;
            self.spend(STAR, total);
        }
        Ok(())
    }

    /// A licence in daily use, renewed in good time.
    async fn long_licence(&mut self) -> anyhow::Result<()> {
        let order = self.star_buys(0, 12, true).await?;
        self.renew(&order).await?;
        self.activate(STAR, STAR, &order, 0).await?;
        let licence = self.used.len() - 1;
        for day in 0..31 {
            // One day in nine nobody was there.
            if day % 9 != 5 {
                let at = self.world.before_end(day, 0).plus_micros(-(20 + 7 * (day % 5)) * MINUTE);
                self.plan(at, Act::Beat { licence });
            }
        }
        Ok(())
    }

    async fn team(&mut self) -> anyhow::Result<()> {
        let (buyer, seller) = (self.buyers[&STAR].person.clone(), self.shop(STAR)?.person.clone());
        let members = [
            (&buyer, "liyan", "finance", "luoyuan"),
            (&buyer, "zhaolei", "developer", "luoyuan"),
            (&seller, "zhengkai", "developer", "yanshi"),
        ];
        for (person, name, role, domain) in members {
            let body = json!({ "name": name, "role": role, "email": format!("{name}@{domain}.example"), "lang": "zh" });
            self.world.post(&person.token, "/api/v1/users", body).await?;
        }
        let key = json!({ "name": "licence server", "scopes": ["integrate"] });
        self.world.post(&seller.token, "/api/v1/access-keys", key).await.map(drop)
    }

    /// What the seller counts by in its next products.
    async fn library(&self) -> anyhow::Result<()> {
        let sources = json!({ "kind": "quantity", "code": "sources", "name": { "en": "Sources", "zh": "数据源数" },
            "unit": { "en": "sources", "zh": "个" }, "unit_one": "source", "min": 1, "max": 500, "step": 1 });
        let token = &self.shop(STAR)?.person.token;
        self.world.post(token, "/api/v1/seller/attributes", sources).await.map(drop)
    }

    /// A listing that somebody began and left, and a table of listings that lacks columns.
    async fn unfinished_draft(&mut self) -> anyhow::Result<()> {
        let product = self.content.sold;
        self.draft(product).await?;
        self.rewrite(product, |listing| {
            listing["support"]["hotline"] = json!("");
            listing["description"]["zh"] = json!("");
            listing["agreement"] = Value::Null;
        })
        .await?;
        let rows = [
            ["key", "name.en", "name.zh", "version"],
            ["log-archive", "Log Archive", "日志归档", "V1.0"],
            ["log-mirror", "Log Mirror", "日志镜像", "1.0"],
        ];
        let table: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        let import = json!({ "name": "autumn.csv", "format": "csv", "content": table.join("\n") });
        let token = self.shop(STAR)?.person.token.clone();
        self.world.post(&token, "/api/v1/seller/catalogue/imports", import).await.map(drop)
    }

    async fn rejected_revision(&mut self) -> anyhow::Result<()> {
        self.rewrite(2, |listing| {
            listing["summary"]["en"] = json!("The finest dashboards on the market, for everybody.");
            listing["summary"]["zh"] = json!("市面上最出色的看板，人人适用。");
        })
        .await?;
        let revision = self.submit(STAR, &self.drafts[&2].clone()).await?;
        self.pause(4).await?;
        let why = "Praise that nobody can check does not help buyers. Say what the dashboards show and to whom.";
        self.reject(&revision, "summary", why).await
    }

    async fn waiting_revision(&mut self) -> anyhow::Result<()> {
        self.rewrite(1, |listing| {
            listing["version"] = json!("V2.4");
            listing["summary"]["en"] =
                json!("Follows one request through every service and queue, and names the hop that made it slow.");
            listing["summary"]["zh"] = json!("沿着一次请求走遍所有服务与队列，指出变慢的那一跳。");
            listing["specs"][0]["skus"][0]["billing"]["month"]["periods_max"] = json!(24);
            let tiers =
                &mut listing["specs"][0]["skus"][0]["billing"]["month"]["price"]["quantities"]["servers"]["tiers"];
            tiers[0]["unit_price"] = json!("56.00");
            tiers[1]["unit_price"] = json!("46.00");
        })
        .await?;
        self.submit(STAR, &self.drafts[&1].clone()).await.map(drop)
    }

    /// A company that is verified and has applied as a seller.
    async fn applicant(&mut self, who: usize) -> anyhow::Result<(Person, Value)> {
        let customer = &KNOCKING[who];
        let person = newcomer(self, customer).await?;
        let verification = self.world.identify(&person, customer).await?;
        self.pause(2).await?;
        self.world.confirm_identity(&verification).await?;
        let licence = self.world.paper(&person, "business_licence", "Business licence").await?;
        let form = application(&company(customer), &person, &licence, 12 + who);
        let draft = self.world.post(&person.token, "/api/v1/seller/application", form).await?;
        let submitted = self.submit_application(&person, &draft).await?;
        Ok((person, submitted))
    }

    async fn refused_application(&mut self) -> anyhow::Result<()> {
        let (_, submitted) = self.applicant(2).await?;
        self.pause(6).await?;
        let path = format!("/api/v1/operator/seller-applications/{}/reject", text(&submitted, "id")?);
        let reasons = json!({ "reasons": [
            { "field": "website", "message": "The address shows a page of the domain's registrar. Name one that tells about the company." },
            { "field": "introduction", "message": "Say what you want to sell here." }
        ] });
        let desk = self.world.desk(Duty::Review).await?;
        self.world.edit(&desk, ("POST", &path), &submitted, Some(reasons)).await.map(drop)
    }

    async fn waiting_change(&mut self) -> anyhow::Result<()> {
        let seller = 1;
        let company = self.content.sellers[seller].clone();
        let person = self.shop(seller)?.person.clone();
        let form = application(&company, &person, "", seller);
        let change = json!({
            "website": form["website"], "contact_name": "Fan Liwei", "mobile": form["mobile"], "email": form["email"],
            "service_phone": form["service_phone"], "service_email": form["service_email"],
            "service_hours": "Every day, 0:00–24:00 (UTC+8)", "introduction": form["introduction"]
        });
        self.world.post(&person.token, "/api/v1/seller/changes", change).await.map(drop)
    }

    async fn rejected_transfer(&mut self) -> anyhow::Result<()> {
        let person = self.buyers[&STAR].person.clone();
        let declared = self.transfer(&person, 800_000).await?;
        self.pause(3).await?;
        let path = format!("/api/v1/operator/top-ups/{}/reject", text(&declared, "id")?);
        let desk = self.world.desk(Duty::Finance).await?;
        let reason =
            json!({ "reason": "The bank has sent this amount back to the payer; the account number was wrong." });
        self.world.post(&desk, &path, reason).await.map(drop)
    }

    async fn read_messages(&mut self) -> anyhow::Result<()> {
        let mut tokens = vec![self.buyers[&STAR].person.token.clone()];
        for seller in 0..super::LOGINS {
            tokens.push(self.shop(seller)?.person.token.clone());
        }
        for token in tokens {
            let sent = Sent { token: Some(&token), ..Sent::default() };
            self.world.client.call("POST", "/api/v1/messages/read-all", sent).await?.good("read all")?;
        }
        Ok(())
    }
}

/// Somebody who asks to sell, as a seller.
fn company(customer: &Customer<'_>) -> Company {
    Company::applying(
        (customer.name, customer.person, customer.domain),
        [
            "We write software for small and middle companies and want to reach those who do not know us yet.",
            "我们为中小企业写软件，希望让更多还不认识我们的企业找到我们。",
        ],
    )
}
