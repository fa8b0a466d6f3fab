//! Writing, checking, submitting and withdrawing a listing.

use accounts::{Permission, Seller};
use kernel::{
    Error, Event, Page, Result, Thing,
    id::{AccountId, ProductId, RevisionId, SkuId, SpecId, UserId},
    page::PageOf,
};
use platform::{Tx, http::IfMatch, jobs};
use production::System;
use sqlx::types::Json;

use crate::{
    Catalogue,
    rules::{self, CatalogueRefused, Files, Listing, ProductState, RevisionState, Site},
    store::{self, Content, Product, Revision},
};

impl Catalogue {
    /// Begins a listing.
    pub(crate) async fn create(&self, tx: &mut Tx, seller: &Seller, listing: &Listing) -> Result<Product> {
        seller.may(Permission::List)?;
        bounded(listing)?;
        let most = i64::from(self.policies.current().await?.catalogue.drafts_max);
        if store::drafts_of(tx, seller.account()).await? >= most {
            return Err(CatalogueRefused::TooManyDrafts(most).into());
        }
        let now = self.app.clock.now();
        let product = Product {
            id: ProductId::new(now),
            account_id: seller.account(),
            state: ProductState::Draft,
            draft: Json(listing.clone()),
            version: 1,
            created_at: now,
            edited_at: now,
            revision_id: None,
            listed_at: None,
        };
        store::insert_product(tx, &product).await?;
        Ok(product)
    }

    /// Writes the next state of a listing; what is on sale or under review stays as it is.
    pub(crate) async fn edit(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        version: IfMatch,
        listing: &Listing,
    ) -> Result<Product> {
        seller.may(Permission::List)?;
        bounded(listing)?;
        let product = self.own(tx, seller, id).await?;
        version.check(product.version)?;
        let now = self.app.clock.now();
        if !store::save_draft(tx, id, version.0, listing, now).await? {
            // Somebody else saved between our look and our write.
            IfMatch(version.0).check(version.0.saturating_add(1))?;
        }
        Ok(Product { draft: Json(listing.clone()), version: version.0.saturating_add(1), edited_at: now, ..product })
    }

    /// Begins a listing with what another one says: its texts, prices, pictures and papers.
    pub(crate) async fn copy(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Product> {
        let listing = self.own(tx, seller, id).await?.draft.0.copied();
        self.create(tx, seller, &listing).await
    }

    pub(crate) async fn products(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Product>> {
        self.products_in(tx, seller, None, page).await
    }

    /// Those in one state, or all.
    pub(crate) async fn products_in(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        state: Option<ProductState>,
        page: PageOf,
    ) -> Result<Page<Product>> {
        seller.may(Permission::View)?;
        store::products_of(tx, seller.account(), state, page).await
    }

    /// A product of the seller's own, and its revision under review.
    pub(crate) async fn product(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
    ) -> Result<(Product, Option<Revision>)> {
        seller.may(Permission::View)?;
        let product = self.own(tx, seller, id).await?;
        let waiting = store::waiting(tx, id).await?;
        Ok((product, waiting))
    }

    /// Throws a draft away that was never submitted.
    pub(crate) async fn discard(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<()> {
        seller.may(Permission::List)?;
        self.own(tx, seller, id).await?;
        store::forget_key(tx, id).await?;
        store::delete_product(tx, id).await
    }

    /// Sends the draft for review, as a revision that never changes.
    pub(crate) async fn submit(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Revision> {
        seller.may(Permission::List)?;
        let product = self.own(tx, seller, id).await?;
        let revision = self.submit_draft(tx, product, seller.user()).await?;
        let detail = serde_json::json!({ "product": id, "number": revision.number });
        self.accounts.audit(tx, seller, "revision.submitted", &revision.id.to_string(), &detail).await?;
        Ok(revision)
    }

    /// The same by an import, for the user who began it and was allowed to.
    pub(super) async fn submit_imported(
        &self,
        tx: &mut Tx,
        (account, user): (AccountId, UserId),
        id: ProductId,
    ) -> Result<Revision> {
        let product = store::find_product_for(tx, account, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        let revision = self.submit_draft(tx, product, user).await?;
        let detail = serde_json::json!({ "product": id, "number": revision.number, "account": account, "user": user });
        self.accounts.audit_system(tx, "revision.submitted", &revision.id.to_string(), &detail).await?;
        Ok(revision)
    }

    async fn submit_draft(&self, tx: &mut Tx, product: Product, user: UserId) -> Result<Revision> {
        let id = product.id;
        product.state.may_submit()?;
        self.sellers.may_publish(tx, product.account_id).await?;
        if store::waiting(tx, id).await?.is_some() {
            return Err(CatalogueRefused::UnderReview.into());
        }
        self.check_draft(tx, &product).await??;
        let listing = product.draft.0;
        if let Some(on_sale) = product.revision_id
            && self.release(tx, on_sale).await?.listing == listing
        {
            return Err(CatalogueRefused::Unchanged.into());
        }
        let now = self.app.clock.now();
        let known = store::identities(tx, id).await?;
        let identities = known.assign(&listing, || SpecId::new(now), || SkuId::new(now));
        let policy = self.site().await?;
        let revision = Revision {
            id: RevisionId::new(now),
            account_id: product.account_id,
            product_id: id,
            number: store::revisions_made(tx, id).await?.saturating_add(1),
            state: RevisionState::Submitted,
            content: Json(Content { listing, identities }),
            submitted_at: now,
            submitted_by: user,
            due_at: self.due(tx, product.account_id, &policy).await?,
            decided_at: None,
            reasons: Json(Vec::new()),
        };
        store::insert_revision(tx, &revision).await?;
        self.open_case(tx, &revision, &policy).await?;
        store::keep_identities(tx, revision.account_id, id, &revision.content.identities).await?;
        jobs::publish(tx, now, &Event::RevisionSubmitted { revision: revision.id }).await?;
        Ok(revision)
    }

    /// Takes a revision back before the operator has decided.
    pub(crate) async fn withdraw(&self, tx: &mut Tx, seller: &Seller, id: RevisionId) -> Result<Revision> {
        seller.may(Permission::List)?;
        let revision = self.own_revision(tx, seller, id).await?;
        let state = revision.state.leave_review(RevisionState::Withdrawn)?;
        let now = self.app.clock.now();
        store::leave_review(tx, &revision, state, seller.user(), &[], now).await?;
        let detail = serde_json::json!({ "product": revision.product_id });
        self.accounts.audit(tx, seller, "revision.withdrawn", &id.to_string(), &detail).await?;
        Ok(Revision { state, decided_at: Some(now), ..revision })
    }

    pub(crate) async fn revisions(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        product: ProductId,
        page: PageOf,
    ) -> Result<Page<Revision>> {
        seller.may(Permission::View)?;
        self.own(tx, seller, product).await?;
        store::revisions_of(tx, seller.account(), product, page).await
    }

    pub(crate) async fn revision(&self, tx: &mut Tx, seller: &Seller, id: RevisionId) -> Result<Revision> {
        seller.may(Permission::View)?;
        self.own_revision(tx, seller, id).await
    }

    async fn own(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> Result<Product> {
        store::find_product_for(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::Product))
    }

    async fn own_revision(&self, tx: &mut Tx, seller: &Seller, id: RevisionId) -> Result<Revision> {
        store::find_revision_for(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::Revision))
    }

    async fn check_draft(&self, tx: &mut Tx, product: &Product) -> Result<Result<(), kernel::Invalid>> {
        let files = self.files(tx, product.account_id, &product.draft).await?;
        self.check(tx, product, &product.draft, &files).await
    }

    /// The documents that a listing names, as far as they are the account's.
    pub(super) async fn files(&self, tx: &mut Tx, account: AccountId, listing: &Listing) -> Result<Files> {
        let mut files = Files::new();
        for id in listing.documents() {
            match self.documents.find_for(tx, account, id).await {
                Ok(document) => files.insert(id, document),
                Err(Error::NotFound(_)) => None,
                Err(other) => return Err(other),
            };
        }
        Ok(files)
    }

    /// Holds a draft or a revision of a product against the rules for submitting.
    pub(super) async fn check(
        &self,
        tx: &mut Tx,
        product: &Product,
        listing: &Listing,
        files: &Files,
    ) -> Result<Result<(), kernel::Invalid>> {
        self.check_with(tx, (product.account_id, product.revision_id), listing, files).await
    }

    /// The same for a product that may not be there yet, beside the revision that is on sale.
    pub(super) async fn check_beside(
        &self,
        tx: &mut Tx,
        (account, on_sale): (AccountId, Option<RevisionId>),
        listing: &Listing,
    ) -> Result<Result<(), kernel::Invalid>> {
        let files = self.files(tx, account, listing).await?;
        self.check_with(tx, (account, on_sale), listing, &files).await
    }

    /// The system that would open what a listing sells, if it is a system that does.
    pub(super) async fn system_for(
        &self,
        tx: &mut Tx,
        account: AccountId,
        listing: &Listing,
    ) -> Result<Option<System>> {
        if listing.access_type.is_called() { self.production.system(tx, account).await } else { Ok(None) }
    }

    async fn check_with(
        &self,
        tx: &mut Tx,
        (account, on_sale): (AccountId, Option<RevisionId>),
        listing: &Listing,
        files: &Files,
    ) -> Result<Result<(), kernel::Invalid>> {
        let policy = self.site().await?;
        let on_sale = match on_sale {
            Some(revision) => Some(self.release(tx, revision).await?),
            None => None,
        };
        let seller = self.sellers.profile(tx, account).await?.name;
        let product = on_sale.as_ref().and_then(|release| release.offers.values().next()).map(|offer| offer.product);
        let on_sale = on_sale.as_ref().map(|release| &release.listing);
        let system = self.system_for(tx, account, listing).await?;
        let parts = self.possible_parts(tx, (account, product), listing).await?;
        let parts = parts.0.into_keys().collect();
        let site = Site { policy: &policy, seller: &seller, files, system: system.as_ref(), on_sale, parts: &parts };
        let mut wrong = rules::check(listing, &site).err().map_or_else(Vec::new, |wrong| wrong.0);
        if let Some(product) = product {
            wrong.extend(self.gone(tx, product).await?.mistakes(listing, on_sale));
        }
        Ok(if wrong.is_empty() { Ok(()) } else { Err(kernel::Invalid(wrong)) })
    }
}

fn bounded(listing: &Listing) -> Result<()> {
    Ok(rules::check_bounds(&serde_json::to_value(listing).map_err(Error::fault)?)?)
}
