//! How products are rated, as `reviews` says.

use accounts::Member;
use kernel::{Localized, Result, id::ProductId};
use platform::Tx;

use crate::{
    Catalogue,
    rules::{Rating, ShownReview},
    store::ratings,
};

impl Catalogue {
    /// Whoever changes what a product is rated with holds it first: what is counted after that is all there is.
    pub async fn hold_rating(&self, tx: &mut Tx, product: ProductId) -> Result<()> {
        ratings::hold(tx, product).await
    }

    /// Says how a product is rated from now on, and which reviews its page shows.
    pub async fn rate(&self, tx: &mut Tx, product: ProductId, rating: &Rating, first: &[ShownReview]) -> Result<()> {
        ratings::put(tx, product, rating, first).await?;
        if ratings::set_sums(tx, product, rating.rated()).await? {
            self.changed(tx, &[product]).await?;
        }
        Ok(())
    }

    /// What a product is called and how it is rated, for somebody who may open its page, or a stranger who may.
    pub async fn rating_seen(
        &self,
        tx: &mut Tx,
        member: Option<&Member>,
        product: ProductId,
    ) -> Result<(Localized, Rating)> {
        let who = self.who(tx, member).await?;
        let (_, release) = self.seen(tx, &who, product, None).await?;
        Ok((release.listing.name.clone(), ratings::find(tx, product).await?.0))
    }

    /// The same with the reviews that its page shows. The caller knows that the page may be opened.
    pub(crate) async fn rating_of(&self, tx: &mut Tx, product: ProductId) -> Result<(Rating, Vec<ShownReview>)> {
        ratings::find(tx, product).await
    }
}
