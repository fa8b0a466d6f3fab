//! Who reads which reviews.

use std::collections::BTreeSet;

use accounts::{Buyer, Member, Permission, Seller};
use catalogue::{Rating, SellerAnswer, ShownReview};
use kernel::{
    Localized, Page, Result,
    id::{AccountId, ProductId, ReviewId},
    page::PageOf,
};
use platform::Tx;

use crate::{
    Reviews,
    rules::{Case, Review, ReviewSorting},
    store::{cases, reviews as store},
};

/// Which reviews of a product are read, and in which order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) sorting: ReviewSorting,
    pub(crate) stars: Option<u8>,
}

/// A review with the name of what it is about.
pub(crate) struct Listed {
    pub(crate) review: Review,
    pub(crate) product: Localized,
    /// What the operator has made of it last.
    pub(crate) case: Option<Case>,
}

impl Reviews {
    /// The name, the rating and some reviews of a product, for whoever may open its page.
    pub(crate) async fn of_product(
        &self,
        tx: &mut Tx,
        (member, product): (Option<&Member>, ProductId),
        wanted: Wanted,
        page: PageOf,
    ) -> Result<(Localized, Rating, Page<ShownReview>)> {
        let (name, rating) = self.catalogue.rating_seen(tx, member, product).await?;
        let Page { items, next_cursor } = store::of_product(tx, product, (wanted.sorting, wanted.stars), page).await?;
        Ok((name, rating, Page { items: self.shown(tx, items).await?, next_cursor }))
    }

    /// Reviews as everybody reads them.
    pub(crate) async fn shown(&self, tx: &mut Tx, reviews: Vec<Review>) -> Result<Vec<ShownReview>> {
        let accounts: BTreeSet<AccountId> = reviews.iter().map(|review| review.account).collect();
        let names = self.accounts.names(tx, accounts).await?;
        let shown = reviews.into_iter().map(|review| {
            let name = names.get(&review.account).cloned().unwrap_or_default();
            as_shown(review, name)
        });
        Ok(shown.collect())
    }

    /// The account's own reviews, the latest first.
    pub(crate) async fn own(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<Listed>> {
        buyer.may(Permission::View)?;
        let found = store::of_account(tx, buyer.account(), page).await?;
        self.listed(tx, found).await
    }

    pub(crate) async fn own_one(&self, tx: &mut Tx, buyer: &Buyer, id: ReviewId) -> Result<Listed> {
        buyer.may(Permission::View)?;
        let review = store::find_for(tx, buyer.account(), id).await?;
        self.listed_one(tx, review).await
    }

    /// What the account says of a product, if anything.
    pub(crate) async fn own_of(&self, tx: &mut Tx, buyer: &Buyer, product: ProductId) -> Result<Option<Review>> {
        buyer.may(Permission::View)?;
        store::by_account(tx, product, buyer.account()).await
    }

    /// What is said of the seller's products.
    pub(crate) async fn sold(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (product, unanswered): (Option<ProductId>, Option<i64>),
        page: PageOf,
    ) -> Result<Page<(ShownReview, ProductId, Localized)>> {
        seller.may(Permission::View)?;
        let found = store::of_seller(tx, seller.account(), (product, unanswered), page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        let products: Vec<ProductId> = found.items.iter().map(|review| review.product).collect();
        for (shown, product) in self.shown(tx, found.items).await?.into_iter().zip(products) {
            items.push((shown, product, self.catalogue.product_name(tx, product).await?));
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    /// One of them.
    pub(crate) async fn sold_one(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ReviewId,
    ) -> Result<Option<(ShownReview, ProductId, Localized)>> {
        seller.may(Permission::View)?;
        let review = store::find_for_seller(tx, seller.account(), id).await?;
        let product = review.product;
        let name = self.catalogue.product_name(tx, product).await?;
        Ok(self.shown(tx, vec![review]).await?.pop().map(|shown| (shown, product, name)))
    }

    async fn listed(&self, tx: &mut Tx, found: Page<Review>) -> Result<Page<Listed>> {
        let mut items = Vec::with_capacity(found.items.len());
        for review in found.items {
            items.push(self.listed_one(tx, review).await?);
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    async fn listed_one(&self, tx: &mut Tx, review: Review) -> Result<Listed> {
        let product = self.catalogue.product_name(tx, review.product).await?;
        let case = cases::last_of(tx, review.id).await?;
        Ok(Listed { review, product, case })
    }
}

fn as_shown(review: Review, account_name: String) -> ShownReview {
    ShownReview {
        id: review.id,
        stars: review.written.stars,
        account_name,
        after_days: review.after_days(),
        counted: review.is_counted(),
        title: review.written.title,
        text: review.written.text,
        lang: review.written.lang,
        edition: review.edition,
        bought_at: review.bought_at,
        written_at: review.written_at,
        edited_at: review.edited_at,
        returned: review.returned,
        answer: review.answer.map(|answer| SellerAnswer {
            text: answer.text,
            lang: answer.lang,
            answered_at: answer.at,
            edited_at: answer.edited_at,
        }),
    }
}
