//! How the operator arranges the demo's shop window: a tree of categories, tags, floors of the first page.

use kernel::time::DAY;
use serde_json::json;

use super::{Demo, world::Duty};
use crate::stage::client::Sent;

/// Categories that others are put below, with those that are put there.
const BRANCHES: [(&str, &str, &str, &[&str]); 3] = [
    (
        "business",
        "Running a business",
        "企业经营",
        &["enterprise-applications", "collaboration", "customers-and-sales", "finance-and-tax", "people"],
    ),
    (
        "building-software",
        "Building and running software",
        "开发与运维",
        &["developer-tools", "observability", "backup-and-storage", "websites"],
    ),
    (
        "industries",
        "By industry",
        "行业方案",
        &["industry-software", "manufacturing", "logistics", "healthcare", "education"],
    ),
];

/// So many products of each shop carry the tag.
const TAGGED_EACH: usize = 1;

/// How long the floor with the tag stands on the first page.
const FLOOR_DAYS: i64 = 60;

impl Demo {
    pub(super) async fn arrange(&mut self) -> anyhow::Result<()> {
        let desk = self.world.desk(Duty::Site).await?;
        let known = self.world.client.get(&desk, "/api/v1/operator/categories").await?;
        let name_of = |code: &str| {
            let items = known["items"].as_array().into_iter().flatten();
            items.into_iter().find(|item| item["code"] == code).map(|item| item["name"].clone())
        };
        for (place, (code, en, zh, below)) in (0..).zip(BRANCHES) {
            let branch = json!({"code": code, "name": {"en": en, "zh": zh}, "position": place * 10});
            self.world.post(&desk, "/api/v1/operator/categories", branch).await?;
            for (position, child) in (0..).step_by(10).zip(below) {
                let Some(name) = name_of(child) else { continue };
                let moved = json!({"parent": code, "name": name, "position": position});
                self.put(&desk, &format!("/api/v1/operator/categories/{child}"), moved).await?;
            }
        }
        self.tag(&desk).await?;
        let until = self.world.now().plus_micros(FLOOR_DAYS * DAY);
        let floors = [
            json!({"title": {"en": "Up and running in an afternoon", "zh": "一个下午就能用起来"}, "position": 5,
                   "content": {"rule": "tagged", "tag": "quick-start"}, "shown_until": until}),
            json!({"title": {"en": "For factories, warehouses and clinics", "zh": "工厂、仓库与诊所都在用"}, "position": 25,
                   "content": {"rule": "newest", "category": "industries"}}),
        ];
        for floor in floors {
            self.world.post(&desk, "/api/v1/operator/floors", floor).await?;
        }
        Ok(())
    }

    /// A tag on the first product of each shop that sells.
    async fn tag(&self, desk: &str) -> anyhow::Result<()> {
        let tag = json!({"code": "quick-start", "name": {"en": "Quick start", "zh": "快速上手"}});
        self.world.post(desk, "/api/v1/operator/tags", tag).await?;
        let mut shops: Vec<usize> = Vec::new();
        for shelved in &self.shelf {
            let before = shops.iter().filter(|shop| **shop == shelved.shop).count();
            let Some(product) = self.drafts.get(&shelved.product).filter(|_| before < TAGGED_EACH) else { continue };
            shops.push(shelved.shop);
            let path = format!("/api/v1/operator/products/{product}/tags");
            self.put(desk, &path, json!({"tags": ["quick-start"]})).await?;
        }
        Ok(())
    }

    async fn put(&self, token: &str, path: &str, body: serde_json::Value) -> anyhow::Result<()> {
        let sent = Sent { token: Some(token), body: Some(body), ..Sent::default() };
        self.world.client.call("PUT", path, sent).await?.good(path)?;
        Ok(())
    }
}
