//! How the demo's sellers are admitted, and how their products come on sale.

use anyhow::Context;
use kernel::time::MINUTE;
use serde_json::{Value, json};

use super::{
    Act, Demo,
    album::Pictures,
    cast::Customer,
    content::{Charged, Company},
    world::{Duty, Person, number},
};
use crate::stage::client::text;

/// A seller with what it has handed in.
pub(super) struct Shop {
    pub(super) person: Person,
    pub(super) agreement: String,
}

/// A product on sale.
#[derive(Clone, Debug)]
pub(super) struct Shelved {
    /// Its place in the content.
    pub(super) product: usize,
    pub(super) shop: usize,
    pub(super) plan: Charged,
    pub(super) skus: Vec<String>,
}

/// What a listing is sent back for the first time.
const OBJECTIONS: [(&str, &str); 3] = [
    ("summary", "Say for whom it is. The summary is all that buyers see in the list."),
    ("support.hours", "The hours on the agreement and on this page differ. Write the ones that hold."),
    ("description", "The requirements name a server, the licence counts users. Explain how the two go together."),
];

impl Demo {
    /// A company opens its account and hands in its papers.
    pub(super) async fn open_shop(&mut self, seller: usize) -> anyhow::Result<()> {
        let company = self.content.sellers[seller].clone();
        let login = seller < super::LOGINS;
        let email = format!("{}@{}.example", given_name(&company.contact), company.key);
        let person = self.world.register(&customer(&company), &email, login).await?;
        let verification = self.world.identify(&person, &customer(&company)).await?;
        let at = self.world.within(2, 6);
        self.shops.insert(seller, Shop { person, agreement: String::new() });
        self.plan(at, Act::VerifyShop { seller, verification });
        Ok(())
    }

    pub(super) async fn verify_shop(&mut self, seller: usize, verification: &str) -> anyhow::Result<()> {
        self.world.confirm_identity(verification).await?;
        let application = self.apply(seller).await?;
        let at = self.world.within(3, 20);
        // One in six has to answer a question first.
        let act = if seller % 6 == 5 {
            Act::RefuseShop { seller, application }
        } else {
            Act::AdmitShop { seller, application }
        };
        self.plan(at, act);
        Ok(())
    }

    async fn apply(&mut self, seller: usize) -> anyhow::Result<Value> {
        let company = self.content.sellers[seller].clone();
        let person = self.shop(seller)?.person.clone();
        let licence = self.world.paper(&person, "business_licence", "Business licence").await?;
        let form = application(&company, &person, &licence, seller);
        let draft = self.world.post(&person.token, "/api/v1/seller/application", form).await?;
        self.submit_application(&person, &draft).await
    }

    pub(super) async fn submit_application(&self, person: &Person, draft: &Value) -> anyhow::Result<Value> {
        let agreement = self.world.client.get(&person.token, "/api/v1/seller/agreement").await?;
        let accepted = json!({ "agreement": { "version": agreement["version"], "sha256": agreement["sha256"] } });
        let submit = ("POST", "/api/v1/seller/application/submit");
        self.world.edit(&person.token, submit, draft, Some(accepted)).await
    }

    pub(super) async fn refuse_shop(&mut self, seller: usize, application: &Value) -> anyhow::Result<()> {
        let path = format!("/api/v1/operator/seller-applications/{}/reject", text(application, "id")?);
        let reasons = json!({ "reasons": [{ "field": "business_licence", "message": "The second page is missing. Send both pages in one file." }] });
        let desk = self.world.desk(Duty::Review).await?;
        self.world.edit(&desk, ("POST", &path), application, Some(reasons)).await?;
        self.plan(self.world.now().plus_micros(90 * MINUTE), Act::MendShop { seller });
        Ok(())
    }

    pub(super) async fn mend_shop(&mut self, seller: usize) -> anyhow::Result<()> {
        let person = self.shop(seller)?.person.clone();
        let draft = self.world.client.get(&person.token, "/api/v1/seller/application").await?;
        let application = self.submit_application(&person, &draft).await?;
        let at = self.world.within(3, 8);
        self.plan(at, Act::AdmitShop { seller, application });
        Ok(())
    }

    pub(super) async fn admit_shop(&mut self, seller: usize, application: &Value) -> anyhow::Result<()> {
        self.admit(application).await?;
        let person = self.shop(seller)?.person.clone();
        let submitted = self.business_information(&person, seller).await?;
        let at = self.world.within(1, 5);
        self.plan(at, Act::CertifyShop { seller, certification: submitted });
        Ok(())
    }

    pub(super) async fn admit(&mut self, application: &Value) -> anyhow::Result<()> {
        let path = format!("/api/v1/operator/seller-applications/{}/approve", text(application, "id")?);
        let desk = self.world.desk(Duty::Review).await?;
        self.world.edit(&desk, ("POST", &path), application, None).await?;
        Ok(())
    }

    pub(super) async fn business_information(&self, person: &Person, bank: usize) -> anyhow::Result<Value> {
        let banks = ["Bank of Hangzhou", "Bank of Beijing", "Bank of Chengdu", "Bank of Dalian"];
        let information = json!({
            "entity": "CN1", "regions": ["CN"], "account_holder": person.name, "bank": banks[bank % banks.len()],
            "account_number": format!("62220202{:08}", 30_114_207 + bank * 1_977),
            "taxpayer_identity": "general", "taxpayer_number": number(&person.account)
        });
        self.world.post(&person.token, "/api/v1/seller/business-information", information).await
    }

    /// Certified, a seller writes its products, one after the other.
    pub(super) async fn certify_shop(&mut self, seller: usize, certification: &Value) -> anyhow::Result<()> {
        let path = format!("/api/v1/operator/business-information/{}/certify", text(certification, "id")?);
        let desk = self.world.desk(Duty::Review).await?;
        self.world.edit(&desk, ("POST", &path), certification, None).await?;
        let person = self.shop(seller)?.person.clone();
        let agreement = self.world.paper(&person, "service_agreement", "Service agreement").await?;
        self.shops.get_mut(&seller).context("the shop is open")?.agreement = agreement;
        let mut at = self.world.now().plus_micros(30 * MINUTE);
        for product in 0..self.content.sold {
            if self.content.seller_of(product)? == seller {
                self.hand_in_pictures(seller, product)?;
                self.plan(at, Act::Write { product });
                at = at.plus_micros(self.size.between_products);
            }
        }
        Ok(())
    }

    /// Writes a listing and submits it.
    pub(super) async fn write(&mut self, product: usize) -> anyhow::Result<()> {
        let draft = self.draft(product).await?;
        let id = text(&draft, "id")?.to_owned();
        let seller = self.content.seller_of(product)?;
        let revision = self.submit(seller, &id).await?;
        let at = self.world.within(3, 30);
        // One in nine is sent back and mended.
        let act =
            if product % 9 == 4 { Act::SendBack { product, revision } } else { Act::Approve { product, revision } };
        self.plan(at, act);
        Ok(())
    }

    /// A draft with its papers and pictures.
    pub(super) async fn draft(&mut self, product: usize) -> anyhow::Result<Value> {
        let seller = self.content.seller_of(product)?;
        let mut listing = self.content.listing(product)?;
        let token = self.shop(seller)?.person.token.clone();
        listing["agreement"] = json!(self.shop(seller)?.agreement);
        let guide = format!("{} user guide", self.content.products[product].name[0]);
        listing["user_guide"] = json!(self.world.paper(&self.shop(seller)?.person, "user_guide", &guide).await?);
        self.show(seller, product, &mut listing).await?;
        let draft = self.world.post(&token, "/api/v1/seller/products", listing).await?;
        self.drafts.insert(product, text(&draft, "id")?.to_owned());
        Ok(draft)
    }

    /// Adds the logo and the screenshots.
    async fn show(&mut self, seller: usize, product: usize, listing: &mut Value) -> anyhow::Result<()> {
        self.hand_in_pictures(seller, product)?;
        if let Some(Pictures { logo, screenshots }) = self.album.take(product).await? {
            listing["logo"] = json!(logo);
            listing["screenshots"] = json!(screenshots);
        }
        Ok(())
    }

    fn hand_in_pictures(&mut self, seller: usize, product: usize) -> anyhow::Result<()> {
        let token = self.shop(seller)?.person.token.clone();
        self.album.hand_in(&self.world.client, &token, product, &self.content.products[product].name[0]);
        Ok(())
    }

    /// Submits a product's draft.
    pub(super) async fn submit(&self, seller: usize, id: &str) -> anyhow::Result<Value> {
        let token = &self.shop(seller)?.person.token;
        let draft = self.world.client.get(token, &format!("/api/v1/seller/products/{id}")).await?;
        let path = format!("/api/v1/seller/products/{id}/revisions");
        self.world.edit(token, ("POST", &path), &draft, None).await
    }

    pub(super) async fn send_back(&mut self, product: usize, revision: &Value) -> anyhow::Result<()> {
        let (field, message) = OBJECTIONS[product % OBJECTIONS.len()];
        self.reject(revision, field, message).await?;
        let at = self.world.within(4, 26);
        self.plan(at, Act::Mend { product });
        Ok(())
    }

    pub(super) async fn reject(&mut self, revision: &Value, field: &str, message: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/operator/revisions/{}/rejection", text(revision, "id")?);
        let reasons = json!({ "reasons": [{ "field": field, "message": message }] });
        let desk = self.world.desk(Duty::Review).await?;
        self.world.post(&desk, &path, reasons).await?;
        Ok(())
    }

    pub(super) async fn mend(&mut self, product: usize) -> anyhow::Result<()> {
        let who = self.content.products[product].who();
        self.rewrite(product, |listing| {
            for (lang, who) in [("en", &who[0]), ("zh", &who[1])] {
                let summary = listing["summary"][lang].as_str().unwrap_or_default();
                let joined = if lang == "en" {
                    format!("{summary} For {}.", begun_small(who))
                } else {
                    format!("{summary}适用于{who}。")
                };
                listing["summary"][lang] = json!(joined);
            }
        })
        .await?;
        let id = self.drafts[&product].clone();
        let revision = self.submit(self.content.seller_of(product)?, &id).await?;
        let at = self.world.within(3, 12);
        self.plan(at, Act::Approve { product, revision });
        Ok(())
    }

    /// Changes a product's draft.
    pub(super) async fn rewrite(&mut self, product: usize, change: impl FnOnce(&mut Value)) -> anyhow::Result<()> {
        let token = self.shop(self.content.seller_of(product)?)?.person.token.clone();
        let path = format!("/api/v1/seller/products/{}", self.drafts[&product]);
        let read = self.world.client.get(&token, &path).await?;
        let mut listing = read["listing"].clone();
        change(&mut listing);
        self.world.edit(&token, ("PUT", &path), &read, Some(listing)).await?;
        Ok(())
    }

    pub(super) async fn approve(&mut self, product: usize, revision: &Value) -> anyhow::Result<()> {
        let desk = self.world.desk(Duty::Review).await?;
        let path = format!("/api/v1/operator/revisions/{}/approval", text(revision, "id")?);
        self.world.post(&desk, &path, json!({})).await?;
        if self.shelf.iter().any(|shelved| shelved.product == product) {
            return Ok(());
        }
        let shop = self.content.seller_of(product)?;
        let id = self.drafts[&product].clone();
        let page = self.world.client.get(&self.shop(shop)?.person.token, &format!("/api/v1/products/{id}")).await?;
        let specs = page["specs"].as_array().into_iter().flatten();
        let skus = specs.flat_map(|spec| spec["skus"].as_array().into_iter().flatten());
        let skus = skus.map(|sku| Ok(text(sku, "id")?.to_owned())).collect::<anyhow::Result<Vec<_>>>()?;
        self.shelf.push(Shelved { product, shop, plan: self.content.products[product].plan, skus });
        Ok(())
    }

    pub(super) fn shop(&self, seller: usize) -> anyhow::Result<&Shop> {
        self.shops.get(&seller).with_context(|| format!("the shop {seller} is not open yet"))
    }
}

/// The seller as an account that is opened and verified.
fn customer(company: &Company) -> Customer<'_> {
    let country = match company.city.as_str() {
        "Kiel" => "DE",
        "Leeds" => "GB",
        _ => "CN",
    };
    Customer { name: &company.brand, kind: "enterprise", country, person: &company.contact, domain: "", size: 0 }
}

pub(super) fn application(company: &Company, person: &Person, licence: &str, seller: usize) -> Value {
    json!({
        "company_name": person.name, "registration_number": number(&person.account),
        "website": format!("https://www.{}.example", company.key), "business_licence": licence,
        "business_years": 4 + seller % 9, "employees": 40 + seller * 17, "registered_capital": 300 + seller * 150,
        "contact_name": company.contact, "mobile": format!("138{:08}", 10_463_022 + seller * 7_301),
        "email": person.email, "service_phone": format!("400-{:03}-{:04}", 210 + seller * 37, 1200 + seller * 83),
        "service_email": format!("service@{}.example", company.key), "introduction": company.introduction()
    })
}

/// A text that goes on within a sentence.
fn begun_small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The second word of a name of ours, in small letters: `Shen Yufei` is `yufei`.
fn given_name(name: &str) -> String {
    name.split(' ').next_back().unwrap_or(name).to_lowercase()
}
