//! Taking off sale: the seller applies, the operator decides, and nothing of it comes back.

use std::sync::Arc;

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{
    Error, Event, Invalid, Localized, Page, Result, Thing,
    id::{DocumentId, ProductId, RemovalId, SkuId},
    page::PageOf,
};
use messages::Topic;
use platform::{Tx, jobs};
use serde_json::json;

use crate::{
    Catalogue, ProductState, RevisionState,
    rules::{self, Gone, REASON_MAX, Release, RemovalRefused, RemovalState, Target},
    store::{
        self, measures,
        removals::{self, Removal},
    },
};

/// What a seller wants to take off sale, and why.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    /// The code of a spec.
    pub(crate) spec: Option<String>,
    pub(crate) sku: Option<SkuId>,
    pub(crate) reason: String,
    pub(crate) document: Option<DocumentId>,
}

/// An application with the names of what it is about.
pub(crate) struct Applied {
    pub(crate) removal: Removal,
    pub(crate) product: Localized,
    /// The spec, and the choice within it; empty for the whole product.
    pub(crate) part: Localized,
    pub(crate) seller: String,
}

impl Catalogue {
    /// Applies for taking a product, a spec or a SKU off sale.
    pub(crate) async fn apply_for_removal(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
        wanted: &Application,
    ) -> Result<Removal> {
        seller.may(Permission::List)?;
        let Application { spec, sku, reason, document } = wanted;
        let standing = self.own_shelf(tx, seller, id).await?;
        let mut wrong = Invalid::default();
        wrong.length(reason, 1, REASON_MAX, "reason");
        if let Some(document) = document
            && let Err(Error::NotFound(_)) = self.documents.find_for(tx, seller.account(), *document).await
        {
            wrong.check(false, "document", ("is not a document of yours", "不是本账号上传的文件"));
        }
        wrong.done()?;
        let sold = removals::sold(tx, id).await?;
        let spec = match spec {
            Some(code) => Some(standing.spec(code)?.id),
            None => sku.and_then(|sku| sold.iter().find(|(_, known)| *known == sku)).map(|(spec, _)| *spec),
        };
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let removal = Removal {
            id: RemovalId::new(now),
            account_id: seller.account(),
            product_id: id,
            spec_id: spec,
            sku_id: *sku,
            reason: reason.trim().to_owned(),
            document_id: *document,
            state: RemovalState::Submitted,
            submitted_at: now,
            submitted_by: seller.user(),
            due_at: policy.review_due(now, policy.review.removal_days),
            decided_at: None,
            answer: None,
        };
        if rules::leaving(&sold, removal.target()).skus.is_empty() {
            return Err(RemovalRefused::NotOnSale.into());
        }
        removals::insert(tx, &removal).await?;
        let detail = json!({ "product": id, "spec": spec, "sku": sku, "reason": removal.reason });
        self.accounts.audit(tx, seller, "removal.submitted", &removal.id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::RemovalSubmitted { removal: removal.id }).await?;
        Ok(removal)
    }

    /// Takes an application back before it is decided.
    pub(crate) async fn withdraw_removal(&self, tx: &mut Tx, seller: &Seller, id: RemovalId) -> Result<Removal> {
        seller.may(Permission::List)?;
        let removal = removals::find_for(tx, seller.account(), id).await?;
        let state = removal.state.leave(RemovalState::Withdrawn)?;
        let now = self.app.clock.now();
        removals::leave(tx, &removal, state, (seller.user(), ""), now).await?;
        let detail = json!({ "product": removal.product_id });
        self.accounts.audit(tx, seller, "removal.withdrawn", &id.to_string(), &detail).await?;
        Ok(Removal { state, decided_at: Some(now), ..removal })
    }

    pub(crate) async fn own_removal(&self, tx: &mut Tx, seller: &Seller, id: RemovalId) -> Result<Removal> {
        seller.may(Permission::View)?;
        removals::find_for(tx, seller.account(), id).await
    }

    pub(crate) async fn own_removals(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        product: Option<ProductId>,
        page: PageOf,
    ) -> Result<Page<Removal>> {
        seller.may(Permission::View)?;
        removals::list_for(tx, seller.account(), product, page).await
    }

    /// What is on sale of a product of the seller's own.
    pub(crate) async fn own_release(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductId,
    ) -> Result<Option<Arc<Release>>> {
        let product = self.own_shelf(tx, seller, id).await?.product;
        let Some(revision) = product.revision_id else { return Ok(None) };
        let removed = removals::removed_skus(tx, id).await?;
        Ok(Some(self.release(tx, revision).await?.without(&removed)))
    }

    /// The applications that wait, the earliest due first.
    pub(crate) async fn removal_queue(&self, tx: &mut Tx, operator: &Operator, page: PageOf) -> Result<Page<Applied>> {
        operator.may_staff(StaffPermission::View)?;
        let waiting = removals::queue(tx, page).await?;
        let mut items = Vec::with_capacity(waiting.items.len());
        for removal in waiting.items {
            items.push(self.applied(tx, removal).await?);
        }
        Ok(Page { items, next_cursor: waiting.next_cursor })
    }

    pub(crate) async fn inspect_removal(&self, tx: &mut Tx, operator: &Operator, id: RemovalId) -> Result<Applied> {
        operator.may_staff(StaffPermission::View)?;
        let removal = removals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Removal))?;
        self.applied(tx, removal).await
    }

    /// An application with its names.
    pub(crate) async fn applied(&self, tx: &mut Tx, removal: Removal) -> Result<Applied> {
        let product = self.product_name(tx, removal.product_id).await?;
        let seller = self.accounts.find(tx, removal.account_id).await?.name;
        let part = self.part_name(tx, &removal).await?;
        Ok(Applied { removal, product, part, seller })
    }

    /// What of the product is meant, in words.
    async fn part_name(&self, tx: &mut Tx, removal: &Removal) -> Result<Localized> {
        let known = store::find_product(tx, removal.product_id).await?.and_then(|product| product.revision_id);
        let Some(revision) = known else { return Ok(Localized::default()) };
        let release = self.release(tx, revision).await?;
        let named = release.offers.values().find(|offer| match removal.target() {
            Target::Product => false,
            Target::Spec(spec) => offer.spec == spec,
            Target::Sku(sku) => offer.sku == sku,
        });
        let Some(offer) = named else { return Ok(Localized::default()) };
        let joined = |spec: &str, of: fn(&Localized) -> &str, open: &str, close: &str| {
            let chosen: Vec<&str> = offer.choices.iter().map(of).collect();
            if removal.sku_id.is_none() || chosen.is_empty() {
                spec.to_owned()
            } else {
                format!("{spec}{open}{}{close}", chosen.join("; "))
            }
        };
        Ok(Localized::new(
            joined(&offer.spec_name.en, |text| &text.en, " (", ")"),
            joined(&offer.spec_name.zh, |text| &text.zh, "（", "）"),
        ))
    }

    /// Takes off sale what was applied for.
    pub(crate) async fn approve_removal(&self, tx: &mut Tx, operator: &Operator, id: RemovalId) -> Result<Removal> {
        let removal = self.decided_removal(tx, operator, id, (RemovalState::Approved, "")).await?;
        let now = self.app.clock.now();
        let product = removal.product_id;
        // An approval at the same time of another removal, or of a revision, comes before this one is counted, or after it.
        measures::hold(tx, product).await?;
        let leaving = rules::leaving(&removals::sold(tx, product).await?, removal.target());
        removals::take_off(tx, product, &leaving, now).await?;
        if leaving.product {
            self.overtake_proposals(tx, product, None).await?;
        }
        if leaving.product
            && let Some(waiting) = store::waiting(tx, product).await?
        {
            store::leave_review(tx, &waiting, RevisionState::Withdrawn, operator.user(), &[], now).await?;
        }
        let known = store::find_product(tx, product).await?.ok_or(Error::NotFound(Thing::Product))?;
        let pruned = self.gone(tx, product).await?.taken_from(&known.draft);
        if pruned != known.draft.0 && !leaving.product {
            removals::prune_draft(tx, product, &pruned, now).await?;
        }
        Ok(removal)
    }

    /// Leaves on sale what was applied for, and says why.
    pub(crate) async fn reject_removal(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: RemovalId,
        answer: &str,
    ) -> Result<Removal> {
        let mut wrong = Invalid::default();
        wrong.length(answer, 1, REASON_MAX, "reason");
        wrong.done()?;
        self.decided_removal(tx, operator, id, (RemovalState::Rejected, answer.trim())).await
    }

    async fn decided_removal(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: RemovalId,
        (state, answer): (RemovalState, &str),
    ) -> Result<Removal> {
        operator.may_staff(StaffPermission::Review)?;
        let removal = removals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Removal))?;
        let state = removal.state.leave(state)?;
        let now = self.app.clock.now();
        removals::leave(tx, &removal, state, (operator.user(), answer), now).await?;
        let action = if state == RemovalState::Approved { "removal.approved" } else { "removal.rejected" };
        let detail =
            json!({ "product": removal.product_id, "spec": removal.spec_id, "sku": removal.sku_id, "answer": answer });
        self.accounts.audit(tx, operator, action, &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::RemovalDecided { removal: id }).await?;
        Ok(Removal { state, decided_at: Some(now), answer: Some(answer.to_owned()), ..removal })
    }

    /// What of a product has left the shelf for good.
    pub(super) async fn gone(&self, tx: &mut Tx, product: ProductId) -> Result<Gone> {
        let (specs, skus) = removals::removed(tx, product).await?;
        if specs.is_empty() && skus.is_empty() {
            return Ok(Gone::default());
        }
        Ok(rules::gone(&store::identities(tx, product).await?, &specs, &skus))
    }

    /// The SKUs of a product that were taken off sale.
    pub async fn removed_with(&self, tx: &mut Tx, id: RemovalId) -> Result<Vec<SkuId>> {
        let Some(removal) = removals::find(tx, id).await? else { return Ok(Vec::new()) };
        match removal.state {
            RemovalState::Approved => Ok(removals::removed_skus(tx, removal.product_id).await?.into_iter().collect()),
            RemovalState::Submitted | RemovalState::Withdrawn | RemovalState::Rejected => Ok(Vec::new()),
        }
    }

    /// Tells the operator of an application that waits.
    pub async fn on_removal_submitted(&self, tx: &mut Tx, id: RemovalId) -> Result<()> {
        let Some(removal) = removals::find(tx, id).await?.filter(|one| one.state == RemovalState::Submitted) else {
            return Ok(());
        };
        let policy = self.policies.current().await?;
        let due = removal.due_at.format("%Y-%m-%d %H:%M", &policy.zone());
        let Applied { removal, product, part, seller } = self.applied(tx, removal).await?;
        let title = Localized::new(format!("Off sale requested: {}", product.en), format!("下架申请：{}", product.zh));
        let (en, zh) = named(&product, &part);
        let text = Localized::new(
            format!("{seller} asks to take {en} off sale: “{}”. Please decide by {due}.", removal.reason),
            format!("{seller} 申请下架{zh}，原因：“{}”。请在 {due} 前完成审核。", removal.reason),
        );
        self.messages.tell_operator(tx, Topic::Product, title, text).await
    }

    /// Tells the seller what became of an application.
    pub async fn on_removal_decided(&self, tx: &mut Tx, id: RemovalId) -> Result<()> {
        let Some(removal) = removals::find(tx, id).await? else { return Ok(()) };
        let account = removal.account_id;
        let Applied { removal, product, part, .. } = self.applied(tx, removal).await?;
        let (en, zh) = named(&product, &part);
        let answer = removal.answer.unwrap_or_default();
        let (title, text) = match removal.state {
            RemovalState::Submitted | RemovalState::Withdrawn => return Ok(()),
            RemovalState::Approved => {
                let whole = store::find_product(tx, removal.product_id).await?;
                let whole = whole.is_some_and(|product| product.state == ProductState::OffSale);
                let rest = if whole {
                    ("The product is off sale as a whole.", "该商品已整体下架。")
                } else {
                    ("The rest of the product stays on sale.", "商品的其余部分继续销售。")
                };
                (
                    Localized::new(format!("Off sale: {}", product.en), format!("已下架：{}", product.zh)),
                    Localized::new(
                        format!(
                            "{en} has been taken off sale for good. {} Orders that were not paid are cancelled; what was \
                             bought runs on, and you keep serving it.",
                            rest.0
                        ),
                        format!(
                            "{zh}已下架，不能恢复。{}未付款的订单将取消；已售出的资源不受影响，须继续提供服务。",
                            rest.1
                        ),
                    ),
                )
            }
            RemovalState::Rejected => (
                Localized::new(format!("Stays on sale: {}", product.en), format!("下架申请未通过：{}", product.zh)),
                Localized::new(
                    format!("{en} was not taken off sale. The operator says: {answer}"),
                    format!("{zh}的下架申请未通过，审核意见：{answer}"),
                ),
            ),
        };
        self.messages.tell(tx, account, Topic::Product, title, text).await
    }
}

/// What an application is about, in both languages.
fn named(product: &Localized, part: &Localized) -> (String, String) {
    if part.en.is_empty() {
        (format!("“{}”", product.en), format!("商品“{}”", product.zh))
    } else {
        (format!("“{}”, {}", product.en, part.en), format!("商品“{}”的规格“{}”", product.zh, part.zh))
    }
}
