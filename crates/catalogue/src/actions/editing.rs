//! What the editor of a listing and the table of a reviewer show: a draft with how far it is, a revision with the one before.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Operator, Seller, StaffPermission};
use documents::Document;
use kernel::{
    FieldError, Localized, Page, Result, Thing, Timestamp,
    id::{ProductId, RevisionId},
    page::PageOf,
    time::MINUTE,
};
use platform::Tx;
use policy::Policy;
use sellers::SellerProfile;

use super::operator::any;
use crate::{
    Catalogue,
    rules::{Files, Finding, Listing, ProductState, Reason, Release, RevisionState, diff, still_open},
    store::{self, Case, Product, Revision},
};

/// A product as its seller works on it.
pub(crate) struct Desk {
    pub(crate) product: Product,
    /// The revision that was submitted last, whatever became of it.
    pub(crate) latest: Option<Revision>,
    /// What keeps the draft from being submitted.
    pub(crate) mistakes: Vec<FieldError>,
    /// What the reviewer found in the revision that was rejected last, as far as the draft has not changed there since.
    pub(crate) objections: Vec<Reason>,
    pub(crate) agreement: Option<Document>,
    /// The documents that the draft names.
    pub(crate) files: Files,
    pub(crate) policy: Arc<Policy>,
}

/// What is to be said of a draft before it is submitted.
pub(crate) struct Advice {
    pub(crate) mistakes: Vec<FieldError>,
    pub(crate) objections: Vec<Reason>,
    pub(crate) findings: Vec<Finding>,
}

/// A revision and the one that it is compared with.
pub(crate) struct Compared {
    pub(crate) revision: Revision,
    pub(crate) before: Option<Revision>,
    pub(crate) files: Files,
    pub(crate) policy: Arc<Policy>,
}

/// A revision as a reviewer decides on it.
pub(crate) struct Bench {
    pub(crate) revision: Revision,
    pub(crate) seller: SellerProfile,
    /// What is on sale now, if anything else is.
    pub(crate) on_sale: Option<Arc<Release>>,
    pub(crate) case: Case,
    /// Who works on it now.
    pub(crate) holder: Option<Holder>,
    /// Who has approved it first, where two have to.
    pub(crate) approved_first: Option<String>,
    /// The products that the checks speak of, by name and seller.
    pub(crate) others: BTreeMap<ProductId, (Localized, String)>,
    pub(crate) now: Timestamp,
    pub(crate) agreement: Option<Document>,
    /// The documents that it names.
    pub(crate) files: Files,
    /// The revisions of the product, the latest first.
    pub(crate) history: Vec<Revision>,
    pub(crate) policy: Arc<Policy>,
}

/// Whoever holds a case.
pub(crate) struct Holder {
    pub(crate) name: String,
    pub(crate) is_me: bool,
    pub(crate) may_release: bool,
    pub(crate) until: Timestamp,
}

/// How much of a product's past is shown beside a revision.
const HISTORY: u32 = 10;

impl Catalogue {
    pub(crate) async fn desk(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Desk> {
        let (product, _) = self.product(tx, seller, id).await?;
        self.laid_out(tx, product).await
    }

    pub(crate) async fn desks(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        state: Option<ProductState>,
        page: PageOf,
    ) -> Result<Page<Desk>> {
        let products = self.products_in(tx, seller, state, page).await?;
        let mut items = Vec::with_capacity(products.items.len());
        for product in products.items {
            items.push(self.laid_out(tx, product).await?);
        }
        Ok(Page { items, next_cursor: products.next_cursor })
    }

    async fn laid_out(&self, tx: &mut Tx, product: Product) -> Result<Desk> {
        let one = PageOf { before: None, limit: 1 };
        let latest = store::revisions_of(tx, product.account_id, product.id, one).await?.items.into_iter().next();
        let files = self.files(tx, product.account_id, &product.draft).await?;
        let checked = self.check(tx, &product, &product.draft, &files).await?;
        let mistakes = checked.err().map_or_else(Vec::new, |wrong| wrong.0);
        let agreement = product.draft.agreement.and_then(|id| files.get(&id)).cloned();
        let objections = objections(latest.as_ref(), &product.draft.0)?;
        Ok(Desk { latest, mistakes, objections, agreement, files, policy: self.site().await?, product })
    }

    /// What the rules, the reviewer and the checks say of a draft.
    pub(crate) async fn advice(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Advice> {
        let Desk { mistakes, objections, .. } = self.desk(tx, seller, id).await?;
        Ok(Advice { mistakes, objections, findings: self.findings(tx, seller, id).await? })
    }

    /// A revision of the seller's own, beside the one that was submitted before it.
    pub(crate) async fn compared(&self, tx: &mut Tx, seller: &Seller, id: RevisionId) -> Result<Compared> {
        let revision = self.revision(tx, seller, id).await?;
        let before = PageOf { before: Some(id.uuid()), limit: 1 };
        let before = store::revisions_of(tx, revision.account_id, revision.product_id, before).await?;
        let before = before.items.into_iter().next();
        let mut files = self.files(tx, revision.account_id, &revision.content.listing).await?;
        if let Some(before) = &before {
            files.extend(self.files(tx, before.account_id, &before.content.listing).await?);
        }
        Ok(Compared { revision, before, files, policy: self.site().await? })
    }

    /// All that a reviewer looks at before deciding.
    pub(crate) async fn bench(&self, tx: &mut Tx, operator: &Operator, id: RevisionId) -> Result<Bench> {
        operator.may_staff(StaffPermission::View)?;
        let revision = any(tx, id).await?;
        let (account, listing) = (revision.account_id, &revision.content.listing);
        let product =
            store::find_product(tx, revision.product_id).await?.ok_or(kernel::Error::NotFound(Thing::Product))?;
        let on_sale = match product.revision_id.filter(|on_sale| *on_sale != id) {
            Some(on_sale) => Some(self.release(tx, on_sale).await?),
            None => None,
        };
        let past = PageOf { before: None, limit: HISTORY };
        let files = self.files(tx, account, listing).await?;
        let case = self.case(tx, id).await?;
        Ok(Bench {
            seller: self.sellers.profile(tx, account).await?,
            holder: self.holder(tx, operator, &case).await?,
            approved_first: match case.approved_by.filter(|_| revision.state == RevisionState::Submitted) {
                Some(by) => Some(self.accounts.colleague(tx, operator, by).await?),
                None => None,
            },
            others: self.spoken_of(tx, &case).await?,
            case,
            now: self.app.clock.now(),
            agreement: listing.agreement.and_then(|id| files.get(&id)).cloned(),
            files,
            history: store::revisions_of(tx, account, revision.product_id, past).await?.items,
            policy: self.site().await?,
            on_sale,
            revision,
        })
    }

    async fn holder(&self, tx: &mut Tx, operator: &Operator, case: &Case) -> Result<Option<Holder>> {
        let minutes = self.policies.current().await?.review.claim_minutes;
        let Some(claim) = case.claim().filter(|claim| claim.holds(self.app.clock.now(), minutes)) else {
            return Ok(None);
        };
        let is_me = claim.by == operator.user();
        Ok(Some(Holder {
            name: self.accounts.colleague(tx, operator, claim.by).await?,
            is_me,
            may_release: is_me || operator.may_staff(StaffPermission::RunSite).is_ok(),
            until: claim.at.plus_micros(i64::from(minutes) * MINUTE),
        }))
    }

    /// The products that the checks have found beside the revision.
    async fn spoken_of(&self, tx: &mut Tx, case: &Case) -> Result<BTreeMap<ProductId, (Localized, String)>> {
        let mut others = BTreeMap::new();
        for id in case.findings.iter().filter_map(|finding| finding.about) {
            if let Some(product) = store::find_product(tx, id).await? {
                let seller = self.sellers.profile(tx, product.account_id).await?.name;
                others.insert(id, (self.product_name(tx, id).await?, seller));
            }
        }
        Ok(others)
    }

    /// How many points the checklist of a revision has.
    pub(crate) async fn points(&self, tx: &mut Tx, id: RevisionId) -> Result<usize> {
        let access_type = self.case(tx, id).await?.access_type;
        Ok(self.policies.current().await?.review.points(access_type).count())
    }

    /// The names of the sellers of some revisions, in their order.
    pub(crate) async fn sellers_of(&self, tx: &mut Tx, revisions: &[Revision]) -> Result<Vec<String>> {
        let mut names = Vec::with_capacity(revisions.len());
        for revision in revisions {
            names.push(self.sellers.profile(tx, revision.account_id).await?.name);
        }
        Ok(names)
    }
}

fn objections(latest: Option<&Revision>, draft: &Listing) -> Result<Vec<Reason>> {
    let Some(rejected) = latest.filter(|revision| revision.state == RevisionState::Rejected) else {
        return Ok(Vec::new());
    };
    let before = serde_json::to_value(&rejected.content.listing).map_err(kernel::Error::fault)?;
    let changes = diff(&before, &serde_json::to_value(draft).map_err(kernel::Error::fault)?);
    Ok(still_open(&rejected.reasons, &changes).into_iter().cloned().collect())
}

impl Desk {
    pub(crate) fn listing(&self) -> &Listing {
        &self.product.draft.0
    }
}
