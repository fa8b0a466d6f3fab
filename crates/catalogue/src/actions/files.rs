//! Catalogue as code: what files would change, carrying it out, and files of what there is.

use accounts::{Permission, Seller};
use documents::Purpose;
use kernel::{
    Error, FieldError, Localized, Refusal, Result, Timestamp, choices,
    id::{AccountId, DocumentId, ProductId, RevisionId, UserId},
};
use platform::Tx;
use serde_json::Value;
use sqlx::types::Json;

use super::exports::{Paper, Papers};
use crate::{
    Catalogue,
    rules::{
        self, CatalogueRefused, Change, FileError, Listing, ProductState, Written, canonical, check_bounds, diff,
        digest, documents_in, needs_second, read_one,
    },
    store::{self, Keyed, Product},
};

choices! {
    /// What a file does, or would do, to its product.
    pub(crate) enum Outcome {
        Created = "created",
        Changed = "changed",
        Unchanged = "unchanged",
        /// The product was changed on the site since the file was exported or last applied.
        Drifted = "drifted",
        Refused = "refused",
    }
}

choices! {
    /// Which review a product needs after that.
    pub(crate) enum Needed {
        /// It is on sale as it stands in the file, or is not to be submitted.
        None = "none",
        /// A product that was never on sale.
        First = "first",
        Change = "change",
        /// A version like the file is in review.
        Waiting = "waiting",
        /// Another version is in review; withdraw it first.
        Blocked = "blocked",
    }
}

choices! {
    /// What becomes of what was written.
    pub(crate) enum Then { Submit = "submit", Draft = "draft" }
}

choices! {
    /// What becomes of products that were changed on the site.
    pub(crate) enum OnDrift { Stop = "stop", Overwrite = "overwrite" }
}

/// A file as it was sent.
pub(crate) struct Sent<'f> {
    pub(crate) path: &'f str,
    pub(crate) content: &'f str,
}

/// What one file would do.
pub(crate) struct Planned {
    pub(crate) path: String,
    pub(crate) key: Option<String>,
    pub(crate) product: Option<ProductId>,
    pub(crate) name: Option<Localized>,
    pub(crate) outcome: Outcome,
    /// The draft on the site beside the file.
    pub(crate) changes: Vec<Change>,
    pub(crate) review: Needed,
    pub(crate) needs_second: bool,
    /// What has to be handed in first: path and purpose.
    pub(crate) missing: Vec<(String, Purpose)>,
    pub(crate) errors: Vec<FileError>,
    /// The revision that was submitted.
    pub(crate) revision: Option<RevisionId>,
    ready: Option<Ready>,
}

/// Whoever writes.
pub(super) enum Author<'s> {
    Seller(&'s Seller),
    /// A job, for whoever began it and was allowed to.
    Import {
        account: AccountId,
        user: UserId,
    },
}

impl Author<'_> {
    fn account(&self) -> AccountId {
        match self {
            Self::Seller(seller) => seller.account(),
            Self::Import { account, .. } => *account,
        }
    }
}

/// What is to be written.
struct Ready {
    key: String,
    listing: Listing,
    digest: String,
    found: Option<Product>,
    keyed: bool,
}

/// Nothing was applied, because products were changed on the site.
#[derive(Debug, thiserror::Error)]
#[error("{} products were changed on the site since their files were exported; export them again, or overwrite them", .0.len())]
pub(crate) struct Drifted(Vec<FieldError>);

impl Refusal for Drifted {
    fn code(&self) -> &'static str {
        "catalogue.drifted"
    }
    fn text(&self) -> Localized {
        let count = self.0.len();
        Localized::new(self.to_string(), format!("有 {count} 个商品在导出后又在网站上被修改过，须重新导出，或选择覆盖"))
    }
    fn status(&self) -> u16 {
        409
    }
    fn fields(&self) -> &[FieldError] {
        &self.0
    }
}

impl Catalogue {
    /// What files would change; nothing is written.
    pub(crate) async fn plan_files(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (files, papers): (&[Sent<'_>], &Papers<'_>),
        then: Then,
    ) -> Result<Vec<Planned>> {
        seller.may(Permission::View)?;
        let mut planned: Vec<Planned> = Vec::with_capacity(files.len());
        for file in files {
            let one = match read_one(file.content) {
                Ok(written) => self.weigh(tx, seller.account(), (file.path, written), papers, then).await?,
                Err(errors) => Planned::refused(file.path, errors),
            };
            let same_key = planned.iter().find(|other| other.key.is_some() && other.key == one.key);
            let same_product = planned.iter().find(|other| other.product.is_some() && other.product == one.product);
            planned.push(match (same_key, same_product) {
                (Some(other), _) => {
                    let hint = (format!("is the key of {} too", other.path), format!("与 {} 的代号相同", other.path));
                    Planned::refused(file.path, vec![FileError::new(None, "key", hint)])
                }
                (None, Some(other)) => {
                    let hint = (
                        format!(
                            "names the product of {} too; take the line base out to make a new product",
                            other.path
                        ),
                        format!("与 {} 指向同一商品；如要新建商品，可删除 base 一行", other.path),
                    );
                    Planned::refused(file.path, vec![FileError::new(None, "base", hint)])
                }
                (None, None) => one,
            });
        }
        Ok(planned)
    }

    /// Writes drafts and submits them. What is refused is said, and the others go on; a product that was changed on the
    /// site stops all of them, unless it may be overwritten.
    pub(crate) async fn apply_files(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        sent: (&[Sent<'_>], &Papers<'_>),
        (then, on_drift): (Then, OnDrift),
    ) -> Result<Vec<Planned>> {
        seller.may(Permission::List)?;
        let mut planned = self.plan_files(tx, seller, sent, then).await?;
        let drifted = planned.iter().filter(|one| one.outcome == Outcome::Drifted && on_drift == OnDrift::Stop);
        let drifted: Vec<FieldError> = drifted
            .map(|one| {
                let message = ("was changed on the site since", "在网站上被修改过");
                FieldError { field: one.path.clone(), message: message.into() }
            })
            .collect();
        if !drifted.is_empty() {
            return Err(Drifted(drifted).into());
        }
        let mut room = self.room(tx, seller.account()).await?;
        for one in &mut planned {
            self.carry_out(tx, &Author::Seller(seller), one, &mut room).await?;
        }
        Ok(planned)
    }

    /// How many more products that were never on sale the account may have.
    pub(super) async fn room(&self, tx: &mut Tx, account: AccountId) -> Result<i64> {
        let most = i64::from(self.policies.current().await?.catalogue.drafts_max);
        Ok(most.saturating_sub(store::drafts_of(tx, account).await?))
    }

    /// Holds what is written in a file against what there is.
    pub(super) async fn weigh(
        &self,
        tx: &mut Tx,
        account: AccountId,
        (path, mut written): (&str, Written),
        papers: &Papers<'_>,
        then: Then,
    ) -> Result<Planned> {
        let mut missing = Vec::new();
        let mut errors = Vec::new();
        for (field, purpose, named) in documents_in(&mut written.listing) {
            match self.named_paper(tx, account, (path, named.as_str()), purpose, papers).await? {
                Paper::There(id) => *named = id.to_string(),
                Paper::Missing(at) => {
                    missing.push((at, purpose));
                    // It stands in the place of the document until that is there.
                    *named = DocumentId::new(self.app.clock.now()).to_string();
                }
                Paper::Unknown(message) => errors.push(FieldError { field, message }),
            }
        }
        let mut errors: Vec<FileError> = errors.into_iter().map(|wrong| written.place(wrong)).collect();
        if !errors.is_empty() {
            return Ok(Planned::refused(path, errors).of_key(&written));
        }
        let listing: Listing = match serde_json::from_value(written.listing.clone()) {
            Ok(listing) => listing,
            Err(error) => {
                let message =
                    Localized::new(format!("does not fit a listing: {error}"), format!("与商品的格式不符：{error}"));
                errors.push(FileError::new(Some(written.line), "", message));
                return Ok(Planned::refused(path, errors).of_key(&written));
            }
        };
        if let Err(wrong) = check_bounds(&written.listing) {
            let errors = wrong.0.into_iter().map(|wrong| written.place(wrong)).collect();
            return Ok(Planned::refused(path, errors).of_key(&written));
        }
        let known = self.known(tx, account, &written).await?;
        if let Some(other) = self.renamed(tx, account, (&known, &written)).await? {
            let en = format!(
                "is another key than {other}, under which the site knows this product; keep that, or take the line base out to make a new product"
            );
            let zh = format!("与本站记录的代号 {other} 不同，须改回；如要新建商品，可删除 base 一行");
            let wrong = written.place(FieldError { field: "key".to_owned(), message: Localized::new(en, zh) });
            return Ok(Planned::refused(path, vec![wrong]).of_key(&written));
        }
        let on_sale = known.1.as_ref().and_then(|product| product.revision_id);
        if then == Then::Submit
            && let Err(wrong) = self.check_beside(tx, (account, on_sale), &listing).await?
        {
            // What is still to be handed in is no mistake of the file.
            let handed_in = |wrong: &FieldError| {
                missing.is_empty()
                    || !["agreement", "logo", "screenshots"].iter().any(|field| rules::lies_in(&wrong.field, field))
            };
            let errors: Vec<FileError> =
                wrong.0.into_iter().filter(handed_in).map(|wrong| written.place(wrong)).collect();
            if !errors.is_empty() {
                return Ok(Planned::refused(path, errors).of_key(&written));
            }
        }
        self.compare(tx, known, (path, written, listing), (missing, then)).await
    }

    /// The product that a file describes: that of its key, or else that of which it was exported and which has no key yet.
    async fn known(
        &self,
        tx: &mut Tx,
        account: AccountId,
        written: &Written,
    ) -> Result<(Option<Keyed>, Option<Product>)> {
        let keyed = store::find_key(tx, account, &written.key).await?;
        let product = match (&keyed, &written.base) {
            (Some(keyed), _) => store::find_product_for(tx, account, keyed.product_id).await?,
            (None, Some(base)) if store::key_of(tx, base.product).await?.is_none() => {
                store::find_product_for(tx, account, base.product).await?
            }
            (None, Some(_) | None) => None,
        };
        Ok((keyed, product))
    }

    /// The key under which the product of a file is known, if the file names another one.
    async fn renamed(
        &self,
        tx: &mut Tx,
        account: AccountId,
        (known, written): (&(Option<Keyed>, Option<Product>), &Written),
    ) -> Result<Option<String>> {
        match (known, &written.base) {
            ((None, None), Some(base)) if store::find_product_for(tx, account, base.product).await?.is_some() => {
                store::key_of(tx, base.product).await
            }
            ((_, _), _) => Ok(None),
        }
    }

    /// A listing that may be written, beside the product that it describes.
    async fn compare(
        &self,
        tx: &mut Tx,
        (keyed, product): (Option<Keyed>, Option<Product>),
        (path, written, listing): (&str, Written, Listing),
        (missing, then): (Vec<(String, Purpose)>, Then),
    ) -> Result<Planned> {
        let wanted = canonical(&serde_json::to_value(&listing).map_err(Error::fault)?);
        let present = match &product {
            Some(product) => canonical(&serde_json::to_value(&product.draft.0).map_err(Error::fault)?),
            None => Value::Object(serde_json::Map::new()),
        };
        let changes = diff(&present, &wanted);
        let known = |state: &str| {
            written.base.as_ref().is_some_and(|base| base.digest == state)
                || keyed.as_ref().is_some_and(|keyed| keyed.digest == state)
        };
        let outcome = match &product {
            None => Outcome::Created,
            Some(_) if changes.is_empty() => Outcome::Unchanged,
            Some(_) if known(&digest(&present)) => Outcome::Changed,
            Some(_) => Outcome::Drifted,
        };
        let review = self.review_of(tx, product.as_ref(), &wanted, then).await?;
        let policy = self.policies.current().await?;
        Ok(Planned {
            path: path.to_owned(),
            key: Some(written.key.clone()),
            product: product.as_ref().map(|product| product.id),
            name: Some(listing.name.clone()),
            outcome,
            changes: if product.is_some() { changes } else { Vec::new() },
            review,
            needs_second: matches!(review, Needed::First | Needed::Change) && needs_second(&listing, &policy.review),
            missing,
            errors: Vec::new(),
            revision: None,
            ready: Some(Ready {
                key: written.key,
                digest: digest(&wanted),
                listing,
                found: product,
                keyed: keyed.is_some(),
            }),
        })
    }

    async fn review_of(&self, tx: &mut Tx, product: Option<&Product>, wanted: &Value, then: Then) -> Result<Needed> {
        if then == Then::Draft {
            return Ok(Needed::None);
        }
        let Some(product) = product else { return Ok(Needed::First) };
        let same = |listing: &Listing| {
            Ok::<bool, Error>(canonical(&serde_json::to_value(listing).map_err(Error::fault)?) == *wanted)
        };
        if let Some(waiting) = store::waiting(tx, product.id).await? {
            return Ok(if same(&waiting.content.listing)? { Needed::Waiting } else { Needed::Blocked });
        }
        match product.revision_id {
            None => Ok(Needed::First),
            Some(on_sale) if same(&self.release(tx, on_sale).await?.listing)? => Ok(Needed::None),
            Some(_) => Ok(Needed::Change),
        }
    }

    /// Does what was planned for one product. A refusal is noted there.
    pub(super) async fn carry_out(
        &self,
        tx: &mut Tx,
        author: &Author<'_>,
        planned: &mut Planned,
        room: &mut i64,
    ) -> Result<()> {
        if !planned.missing.is_empty() {
            let hint =
                |path: &str| (format!("names {path}, which was not handed in"), format!("引用的 {path} 尚未上传"));
            let errors = planned.missing.iter().map(|(path, _)| FileError::new(None, "", hint(path)));
            planned.refuse(errors.collect());
            return Ok(());
        }
        let Some(ready) = planned.ready.take() else { return Ok(()) };
        if ready.found.is_none() && *room <= 0 {
            let most = i64::from(self.policies.current().await?.catalogue.drafts_max);
            planned.refuse(vec![FileError::new(None, "", CatalogueRefused::TooManyDrafts(most).text())]);
            return Ok(());
        }
        let now = self.app.clock.now();
        let product = self.write(tx, author.account(), (planned.outcome, &ready), now).await?;
        if planned.outcome == Outcome::Created {
            *room -= 1;
        }
        planned.product = Some(product);
        if planned.review == Needed::Blocked {
            let hint = (
                "is saved as a draft; another version is in review: withdraw it, or come again when it is decided",
                "已保存为草稿；另一个版本正在审核，可先撤回，或等审核结束后再提交",
            );
            planned.errors.push(FileError::new(None, "", hint));
        }
        if matches!(planned.review, Needed::First | Needed::Change) {
            let submitted = match author {
                Author::Seller(seller) => self.submit(tx, seller, product).await,
                Author::Import { account, user } => self.submit_imported(tx, (*account, *user), product).await,
            };
            match submitted {
                Ok(revision) => planned.revision = Some(revision.id),
                // The draft stays; what keeps it from being submitted is said.
                Err(Error::Refused(refusal)) => planned.errors.push(FileError::new(None, "", refusal.text())),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        tx: &mut Tx,
        account: AccountId,
        (outcome, ready): (Outcome, &Ready),
        now: Timestamp,
    ) -> Result<ProductId> {
        let id = match &ready.found {
            None => {
                let product = Product {
                    id: ProductId::new(now),
                    account_id: account,
                    state: ProductState::Draft,
                    draft: Json(ready.listing.clone()),
                    version: 1,
                    created_at: now,
                    edited_at: now,
                    revision_id: None,
                    listed_at: None,
                };
                store::insert_product(tx, &product).await?;
                product.id
            }
            Some(product) => {
                let changes = matches!(outcome, Outcome::Changed | Outcome::Drifted);
                if changes && !store::save_draft(tx, product.id, product.version, &ready.listing, now).await? {
                    // Somebody saved between our look and our write: look again.
                    return Err(Error::Busy);
                }
                product.id
            }
        };
        let keyed = Keyed { key: ready.key.clone(), product_id: id, digest: ready.digest.clone() };
        let keeps = outcome != Outcome::Unchanged || !ready.keyed;
        if keeps && !store::keep_key(tx, account, &keyed, now).await? {
            // Somebody gave the key to another product meanwhile: look again.
            return Err(Error::Busy);
        }
        Ok(id)
    }
}

impl Planned {
    pub(super) fn refused(path: &str, errors: Vec<FileError>) -> Self {
        Self {
            path: path.to_owned(),
            key: None,
            product: None,
            name: None,
            outcome: Outcome::Refused,
            changes: Vec::new(),
            review: Needed::None,
            needs_second: false,
            missing: Vec::new(),
            errors,
            revision: None,
            ready: None,
        }
    }

    fn of_key(self, written: &Written) -> Self {
        Self { key: Some(written.key.clone()), ..self }
    }

    /// It is written and not submitted.
    pub(super) fn stay_draft(&mut self) {
        self.review = Needed::None;
    }

    pub(super) fn refuse(&mut self, errors: Vec<FileError>) {
        self.outcome = Outcome::Refused;
        self.review = Needed::None;
        self.errors = errors;
        self.ready = None;
    }
}
