//! What buyers say of what they have, take back and report, and what the operator makes of it.

use rand::RngExt;
use serde_json::json;

use super::world::World;
use crate::stage::client::{Sent, text};

const REVIEWS: &str = "/api/v1/reviews";

impl World {
    /// Reviews the product of something; one that was reviewed already is taken back, or reported by another buyer.
    pub(super) async fn say(&mut self) -> anyhow::Result<()> {
        let index = self.some_buyer();
        let token = self.buyers[index].person.token.clone();
        let Some(instance) = self.some_instance(&token).await? else { return Ok(()) };
        let path = format!("/api/v1/instances/{instance}");
        let product = text(&self.stage.people.client.get(&token, &path).await?, "product")?.to_owned();
        let stars = self.rng.random_range(1..=5);
        let said = json!({
            "product": product, "stars": stars, "title": "What we think", "text": "It does what it says.", "lang": "en"
        });
        let reply = self.call(&token, REVIEWS, None, Some(said)).await?;
        self.counted.reviews += u32::from(reply.status == 201);
        if reply.code() != "review.exists" {
            return Ok(());
        }
        let own = self.stage.people.client.get(&token, REVIEWS).await?;
        let review = own["items"].as_array().into_iter().flatten().find(|one| one["product"] == product.as_str());
        let Some(review) = review else { return Ok(()) };
        let id = text(review, "id")?.to_owned();
        if self.rng.random_range(0..3) > 0 {
            let sent = Sent { token: Some(&token), ..Sent::default() };
            self.stage.people.client.call("DELETE", &format!("{REVIEWS}/{id}"), sent).await?;
            return Ok(());
        }
        let other = self.some_buyer();
        let reporter = self.buyers[other].person.token.clone();
        let path = format!("/api/v1/products/{product}/reviews/{id}/reports");
        self.call(&reporter, &path, None, Some(json!({ "reason": "untrue" }))).await?;
        let operator = self.stage.people.operator().await?;
        let waiting = self.stage.people.client.get(&operator, "/api/v1/operator/reported-reviews").await?;
        let Some(case) = waiting["items"].as_array().and_then(|items| items.first()) else { return Ok(()) };
        let verdict = if self.rng.random_range(0..2) == 0 { "keep" } else { "hide" };
        let path = format!("/api/v1/operator/reported-reviews/{}/decision", text(case, "id")?);
        self.call(&operator, &path, None, Some(json!({ "verdict": verdict, "statement": "We looked at it." }))).await?;
        Ok(())
    }
}
