//! What sellers say to reviews of their products.

use accounts::{Permission, Seller};
use kernel::{Event, Result, id::ReviewId, text::Lang};
use platform::{Tx, jobs};
use serde_json::json;

use crate::{
    Reviews,
    rules::{self, Review},
    store::reviews as store,
};

impl Reviews {
    /// Answers a review, or changes the answer: there is one.
    pub(crate) async fn answer(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, text, lang): (ReviewId, &str, Lang),
    ) -> Result<Review> {
        seller.may(Permission::List)?;
        let found = store::find_for_seller(tx, seller.account(), id).await?;
        let policy = self.policies.current().await?;
        rules::check_answer(text, &policy)?;
        let now = self.app.clock.now();
        let after =
            self.held(tx, &found).await?.answered((text, lang), (seller.user(), policy.reviews.edits_max, now))?;
        store::save(tx, &after).await?;
        self.show_first(tx, after.product).await?;
        let detail = json!({ "product": after.product, "text": text.trim() });
        self.accounts.audit(tx, seller, "review.answered", &id.to_string(), &detail).await?;
        // Its author is told once; a seller does not write it letters by changing its answer.
        if after.answers == 1 {
            jobs::publish(tx, now, &Event::ReviewAnswered { review: id }).await?;
        }
        Ok(after)
    }

    /// Takes the answer away.
    pub(crate) async fn drop_answer(&self, tx: &mut Tx, seller: &Seller, id: ReviewId) -> Result<Review> {
        seller.may(Permission::List)?;
        let found = store::find_for_seller(tx, seller.account(), id).await?;
        let before = self.held(tx, &found).await?;
        let said = before.answer.as_ref().map(|answer| answer.text.clone());
        let after = before.unanswered()?;
        store::save(tx, &after).await?;
        self.show_first(tx, after.product).await?;
        let detail = json!({ "product": after.product, "text": said });
        self.accounts.audit(tx, seller, "review.answer_dropped", &id.to_string(), &detail).await?;
        Ok(after)
    }
}
