//! Writing, changing and withdrawing reviews, and what they make of their product's rating.

mod answering;
mod audit;
mod moderation;
mod reactions;
mod reading;

use accounts::{Buyer, Permission};
use catalogue::{Rating, ShownReview};
use instances::{EndCause, Instance, State};
use kernel::{
    Error, Event, Result, Thing,
    id::{AccountId, ProductId, ReviewId},
    time::DAY,
};
use orders::PaidFor;
use platform::{Tx, http::IfMatch, jobs};
use policy::Policy;
use serde_json::json;

pub(crate) use moderation::{CaseFile, CaseSeen};
pub(crate) use reading::{Listed, Wanted};

use crate::{
    Reviews,
    rules::{self, Bought, Facts, Purchase, Review, ReviewRefused, ReviewState, Written},
    store::reviews as store,
};

/// How many reviews a product's page shows.
const FIRST: u32 = 3;

/// By what an account may review a product, and what is known of who that is.
pub(crate) struct Standing {
    purchase: Purchase,
    seller: AccountId,
    identity: String,
    sells: bool,
}

impl Reviews {
    /// Writes a review of something that the account has paid for.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (product, written): (ProductId, Written),
    ) -> Result<Review> {
        buyer.may(Permission::Buy)?;
        let policy = self.policies.current().await?;
        let written = written.checked(&policy)?;
        self.not_too_often(tx, buyer, &policy).await?;
        let standing = self.standing(tx, buyer.account(), product).await?;
        let now = self.app.clock.now();
        self.catalogue.hold_rating(tx, product).await?;
        let Standing { purchase, seller, identity, sells } = standing;
        let review = match store::by_account(tx, product, buyer.account()).await? {
            Some(before) if before.state == ReviewState::Shown => return Err(ReviewRefused::Exists.into()),
            // What was withdrawn is written anew.
            Some(before) => {
                let by = (written, buyer.user());
                let was = before.identity.clone();
                let after = before.rewrite(by, &purchase, (policy.reviews.edits_max, now))?;
                self.save_as(tx, &was, Review { sells, identity, own: false, ..after }).await?
            }
            None => {
                let review = Review {
                    id: ReviewId::new(now),
                    product,
                    account: buyer.account(),
                    seller,
                    user: buyer.user(),
                    instance: purchase.instance,
                    edition: purchase.edition,
                    bought_at: purchase.from,
                    written,
                    state: ReviewState::Shown,
                    returned: purchase.returned_at.is_some(),
                    sells,
                    own: false,
                    uncounted: None,
                    identity,
                    written_at: now,
                    edited_at: None,
                    version: 1,
                    answer: None,
                    answers: 0,
                };
                store::insert(tx, &review).await?;
                review
            }
        };
        self.written(tx, buyer, &review).await
    }

    /// Changes a review. What it said before is kept.
    pub(crate) async fn edit(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, seen, written): (ReviewId, IfMatch, Written),
    ) -> Result<Review> {
        buyer.may(Permission::Buy)?;
        let found = store::find_for(tx, buyer.account(), id).await?;
        let policy = self.policies.current().await?;
        let written = written.checked(&policy)?;
        self.not_too_often(tx, buyer, &policy).await?;
        let standing = self.standing(tx, buyer.account(), found.product).await?;
        let before = self.held(tx, &found).await?;
        seen.check(before.version)?;
        let was = before.identity.clone();
        let now = (policy.reviews.edits_max, self.app.clock.now());
        let after = before.rewrite((written, buyer.user()), &standing.purchase, now)?;
        let after = Review { sells: standing.sells, identity: standing.identity, own: false, ..after };
        let after = self.save_as(tx, &was, after).await?;
        self.written(tx, buyer, &after).await
    }

    /// Saves a review whose author was known by another mark: of those who had that one, another review may count now.
    async fn save_as(&self, tx: &mut Tx, was: &str, review: Review) -> Result<Review> {
        store::save(tx, &review).await?;
        if was != review.identity {
            self.weigh(tx, review.product, was).await?;
        }
        Ok(review)
    }

    async fn written(&self, tx: &mut Tx, buyer: &Buyer, review: &Review) -> Result<Review> {
        store::keep_version(tx, review).await?;
        self.rate(tx, review).await?;
        let detail = json!({ "product": review.product, "stars": review.written.stars, "version": review.version });
        self.accounts.audit(tx, buyer, "review.written", &review.id.to_string(), &detail).await?;
        jobs::publish(tx, self.app.clock.now(), &Event::ReviewWritten { review: review.id }).await?;
        store::find(tx, review.id).await?.ok_or(Error::NotFound(Thing::Review))
    }

    /// Takes a review back. It can be written anew.
    pub(crate) async fn withdraw(&self, tx: &mut Tx, buyer: &Buyer, id: ReviewId) -> Result<()> {
        buyer.may(Permission::Buy)?;
        let found = store::find_for(tx, buyer.account(), id).await?;
        let after = self.held(tx, &found).await?.withdraw()?;
        store::save(tx, &after).await?;
        self.rate(tx, &after).await?;
        let detail = json!({ "product": after.product });
        self.accounts.audit(tx, buyer, "review.withdrawn", &id.to_string(), &detail).await
    }

    async fn not_too_often(&self, tx: &mut Tx, buyer: &Buyer, policy: &Policy) -> Result<()> {
        let most = policy.reviews.per_day;
        let since = self.app.clock.now().plus_micros(-DAY);
        if store::written_since(tx, buyer.account(), since).await? >= i64::from(most) {
            return Err(ReviewRefused::TooOften(most).into());
        }
        Ok(())
    }

    /// A review as it stands, once nobody else moves its product's rating.
    async fn held(&self, tx: &mut Tx, found: &Review) -> Result<Review> {
        self.catalogue.hold_rating(tx, found.product).await?;
        store::find(tx, found.id).await?.ok_or(Error::NotFound(Thing::Review))
    }

    /// By what an account may review a product now. Whether the product is there at all is not told to who has nothing of it.
    pub(crate) async fn standing(&self, tx: &mut Tx, account: AccountId, product: ProductId) -> Result<Standing> {
        let owned = self.instances.of_product(tx, account, product).await?;
        let purchases = self.purchases(tx, &owned).await?;
        let policy = self.policies.current().await?;
        let purchase = rules::entitlement(&purchases, policy.reviews.returned_after_hours)?.clone();
        let seller = owned.first().map(|instance| instance.seller).ok_or(ReviewRefused::NotBought)?;
        if seller == account {
            return Err(ReviewRefused::Own.into());
        }
        // Nobody buys without having been verified; who was not is nobody but itself.
        let identity = self.accounts.identity(tx, account).await?.unwrap_or_else(|| account.to_string());
        if self.accounts.identity(tx, seller).await?.as_ref() == Some(&identity) {
            return Err(ReviewRefused::SameAsSeller.into());
        }
        let sells = self.accounts.find(tx, account).await?.seller;
        Ok(Standing { purchase, seller, identity, sells })
    }

    async fn purchases(&self, tx: &mut Tx, owned: &[Instance]) -> Result<Vec<Purchase>> {
        let mut purchases = Vec::with_capacity(owned.len());
        // The first that was paid and kept says all; most have one.
        for instance in owned.iter().rev() {
            let purchase = self.purchase(tx, instance).await?;
            let says_all = purchase.bought == Bought::Paid && purchase.returned_at.is_none();
            purchases.push(purchase);
            if says_all {
                break;
            }
        }
        Ok(purchases)
    }

    async fn purchase(&self, tx: &mut Tx, instance: &Instance) -> Result<Purchase> {
        let returned_at = match instance.state {
            State::Released { at, cause: EndCause::Refund } => Some(at),
            State::Released { .. }
            | State::Pending { .. }
            | State::Active
            | State::Grace { .. }
            | State::Expired { .. } => None,
        };
        let bought = if instance.is_trial {
            Bought::Trial
        } else {
            match self.orders.paid_for(tx, instance.account, (instance.id, instance.line)).await? {
                PaidFor::Kept => Bought::Paid,
                // What was given back has been paid for; of what is kept, only a term went back.
                PaidFor::Refunded if returned_at.is_some() => Bought::Paid,
                PaidFor::Refunded | PaidFor::Nothing => {
                    if self.metering.has_charged(tx, instance.id).await? {
                        Bought::Paid
                    } else {
                        Bought::Free
                    }
                }
            }
        };
        Ok(Purchase {
            instance: instance.id,
            edition: instance.title.clone(),
            from: instance.activated_at,
            bought,
            returned_at,
        })
    }

    /// Weighs what one company or person says of a product anew, and tells the catalogue what comes of it. The caller holds
    /// the product's rating.
    async fn rate(&self, tx: &mut Tx, about: &Review) -> Result<()> {
        self.weigh(tx, about.product, &about.identity).await?;
        self.show_first(tx, about.product).await
    }

    /// Weighs what those say of a product who share a mark. The caller shows what comes of it.
    async fn weigh(&self, tx: &mut Tx, product: ProductId, identity: &str) -> Result<()> {
        let same = store::by_identity(tx, product, identity).await?;
        let facts = |one: &Review| Facts { returned: one.returned, sells: one.sells, own: one.own };
        let facts: Vec<Facts> = same.iter().map(facts).collect();
        for (review, uncounted) in same.into_iter().zip(rules::weigh(&facts)) {
            if review.uncounted != uncounted {
                store::save(tx, &Review { uncounted, ..review }).await?;
            }
        }
        Ok(())
    }

    /// The sums and the first page of a product, from its reviews as they stand.
    async fn show_first(&self, tx: &mut Tx, product: ProductId) -> Result<()> {
        let mut rating = Rating::default();
        for (stars, count) in store::counts(tx, product).await? {
            let place = usize::try_from(stars.saturating_sub(1)).map_err(Error::fault)?;
            if let Some(given) = rating.0.get_mut(place) {
                *given = u64::try_from(count).map_err(Error::fault)?;
            }
        }
        let page = kernel::page::PageOf { before: None, limit: FIRST };
        let first = store::of_product(tx, product, (rules::ReviewSorting::Newest, None), page).await?.items;
        let shown: Vec<ShownReview> = self.shown(tx, first).await?;
        self.catalogue.rate(tx, product, &rating, &shown).await
    }
}
