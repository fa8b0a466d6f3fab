//! Proposed measures: made when a seller's system fails for days or too many orders failed, decided by the operator, gone when
//! their reason is.

use accounts::{Operator, StaffPermission};
use kernel::{
    Error, Invalid, Localized, Page, Result, Thing, Timestamp,
    id::{AccountId, OrderId, ProductId, ProposalId},
    page::PageOf,
};
use messages::Topic;
use platform::Tx;
use policy::AccessType;
use production::{Probe, Trouble};
use serde_json::json;

use crate::{
    Catalogue, ProductState,
    rules::{MeasureKind, Occasion, ProposalState, STATEMENT_MAX, Statement},
    store::{
        self,
        measures::Measure,
        proposals::{self, FailedOrder, Proposal},
    },
};

/// As many failed orders are shown with a proposal.
const SHOWN_MAX: i64 = 50;

/// A proposal with the names of whom and what it is about.
pub(crate) struct Proposed {
    pub(crate) proposal: Proposal,
    pub(crate) product: Localized,
    pub(crate) seller: String,
}

/// What a proposal rests on.
pub(crate) struct Evidence {
    /// The latest probe that failed.
    pub(crate) probe: Option<Probe>,
    /// Whether its seller's system still fails its probes.
    pub(crate) still_fails: bool,
    pub(crate) orders: Vec<FailedOrder>,
}

/// The types of products whose sellers' systems are called.
fn called() -> impl Iterator<Item = AccessType> {
    AccessType::ALL.iter().copied().filter(|access_type| access_type.is_called())
}

impl Catalogue {
    /// The next sellers whose systems are probed: something that those open is on sale, or frozen because of the probes.
    pub async fn sellers_to_probe(&self, tx: &mut Tx, after: Option<AccountId>, most: i64) -> Result<Vec<AccountId>> {
        if !self.policies.current().await?.probing.on {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for access_type in called() {
            found.extend(proposals::probed_sellers(tx, after, access_type, most).await?);
        }
        found.sort();
        found.dedup();
        found.truncate(usize::try_from(most).unwrap_or_default());
        Ok(found)
    }

    pub async fn is_probed(&self, tx: &mut Tx, seller: AccountId) -> Result<bool> {
        for access_type in called() {
            if proposals::is_probed(tx, seller, access_type).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A seller's system was probed: what follows for its products is proposed, or falls away.
    pub async fn on_probed(&self, tx: &mut Tx, seller: AccountId) -> Result<()> {
        if self.production.failing(tx, seller, None).await?.is_none() {
            return proposals::mended(tx, seller, self.app.clock.now()).await;
        }
        let rules = self.policies.current().await?.probing.clone();
        for access_type in called() {
            for product in proposals::sold_as(tx, seller, access_type).await? {
                let decided = proposals::decided_at(tx, product, Occasion::Probing).await?;
                let Some(failing) = self.production.failing(tx, seller, decided).await? else { continue };
                let days = i64::from(failing.days);
                if Occasion::Probing.is_due(days, &rules) {
                    self.propose(tx, (seller, product), (Occasion::Probing, days, failing.since)).await?;
                }
            }
        }
        Ok(())
    }

    /// An order of a product was not fulfilled by its seller's system. What was refused for its buyer's sake is not counted.
    pub async fn on_order_failed(
        &self,
        tx: &mut Tx,
        (product, order): (ProductId, OrderId),
        trouble: &Trouble,
    ) -> Result<()> {
        if trouble.is_of_buyer() {
            return Ok(());
        }
        let now = self.app.clock.now();
        let failed = FailedOrder { order_id: order, failed_at: now, trouble: trouble.code() };
        proposals::note_failed(tx, product, &failed).await?;
        let Some(sold) = store::find_product(tx, product).await? else { return Ok(()) };
        match sold.state {
            ProductState::OnSale | ProductState::Frozen => {}
            ProductState::Draft | ProductState::Delisted | ProductState::OffSale => return Ok(()),
        }
        let decided = proposals::decided_at(tx, product, Occasion::FailedOrders).await?;
        let policy = self.policies.current().await?;
        let (begin, end) = now.month_in(&policy.zone());
        // What somebody has decided on counts no more.
        let since = decided.map_or(begin, |decided| begin.max(decided.plus_micros(1)));
        let count = proposals::count_failed(tx, product, (since, end)).await?;
        if Occasion::FailedOrders.is_due(count, &policy.probing) {
            self.propose(tx, (sold.account_id, product), (Occasion::FailedOrders, count, since)).await?;
        }
        Ok(())
    }

    /// Proposes a measure; the operator is told of a new one.
    async fn propose(
        &self,
        tx: &mut Tx,
        (account_id, product_id): (AccountId, ProductId),
        (occasion, count, since): (Occasion, i64, Timestamp),
    ) -> Result<()> {
        let now = self.app.clock.now();
        let proposal = Proposal {
            id: ProposalId::new(now),
            account_id,
            product_id,
            occasion,
            state: ProposalState::Open,
            count,
            since,
            proposed_at: now,
            ended_at: None,
            decided_by: None,
            answer: None,
            measure_id: None,
        };
        if !proposals::propose(tx, &proposal).await? {
            return Ok(());
        }
        let Proposed { product, seller, .. } = self.proposed(tx, proposal).await?;
        let (title, text) = told(occasion, count, (&product, &seller));
        self.messages.tell_operator(tx, Topic::Product, title, text).await
    }

    /// A measure against a product, or its removal, has overtaken what was proposed.
    pub(super) async fn overtake_proposals(
        &self,
        tx: &mut Tx,
        product: ProductId,
        measure: Option<MeasureKind>,
    ) -> Result<()> {
        let occasion = match measure {
            Some(MeasureKind::Freeze) => Some(Occasion::Probing),
            Some(MeasureKind::Delisting) | None => None,
        };
        proposals::overtaken(tx, product, occasion, self.app.clock.now()).await
    }

    /// Takes the measure that was proposed, or the other one, with the statement of reasons that its seller reads.
    pub(crate) async fn accept_proposal(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: ProposalId,
        statement: &Statement,
    ) -> Result<Measure> {
        let open = self.open_proposal(tx, operator, id).await?;
        let now = self.app.clock.now();
        let accepted = Proposal {
            state: ProposalState::Accepted,
            ended_at: Some(now),
            decided_by: Some(operator.user()),
            ..open.clone()
        };
        proposals::decide(tx, &accepted).await?;
        let measure = self.take_measure(tx, operator, open.product_id, statement).await?;
        proposals::save_measure(tx, id, measure.id).await?;
        let detail = json!({ "product": open.product_id, "occasion": open.occasion, "measure": measure.id });
        self.accounts.audit(tx, operator, "proposal.accepted", &id.to_string(), &detail).await?;
        Ok(measure)
    }

    /// Leaves a product as it is. What was counted so far counts no more.
    pub(crate) async fn dismiss_proposal(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: ProposalId,
        reason: &str,
    ) -> Result<()> {
        let open = self.open_proposal(tx, operator, id).await?;
        let mut wrong = Invalid::default();
        wrong.length(reason, 1, STATEMENT_MAX, "reason");
        wrong.done()?;
        let dismissed = Proposal {
            state: ProposalState::Dismissed,
            ended_at: Some(self.app.clock.now()),
            decided_by: Some(operator.user()),
            answer: Some(reason.trim().to_owned()),
            ..open.clone()
        };
        proposals::decide(tx, &dismissed).await?;
        let detail = json!({ "product": open.product_id, "occasion": open.occasion, "reason": reason.trim() });
        self.accounts.audit(tx, operator, "proposal.dismissed", &id.to_string(), &detail).await
    }

    async fn open_proposal(&self, tx: &mut Tx, operator: &Operator, id: ProposalId) -> Result<Proposal> {
        operator.may_staff(StaffPermission::Review)?;
        let proposal = proposals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Proposal))?;
        proposal.state.check_open()?;
        Ok(proposal)
    }

    pub(crate) async fn all_proposals(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<ProposalState>,
        page: PageOf,
    ) -> Result<Page<Proposed>> {
        operator.may_staff(StaffPermission::View)?;
        let found = proposals::list(tx, state, page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for proposal in found.items {
            items.push(self.proposed(tx, proposal).await?);
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    pub(crate) async fn inspect_proposal(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: ProposalId,
    ) -> Result<(Proposed, Evidence)> {
        operator.may_staff(StaffPermission::View)?;
        let proposal = proposals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Proposal))?;
        let Proposal { account_id: seller, product_id: product, occasion, since, .. } = proposal;
        let evidence = match occasion {
            Occasion::Probing => Evidence {
                probe: self.production.last_failed_probe(tx, seller).await?,
                still_fails: self.production.failing(tx, seller, None).await?.is_some(),
                orders: Vec::new(),
            },
            Occasion::FailedOrders => {
                let (_, end) = since.month_in(&self.policies.current().await?.zone());
                let orders = proposals::failed_in(tx, product, (since, end), SHOWN_MAX).await?;
                Evidence { probe: None, still_fails: false, orders }
            }
        };
        Ok((self.proposed(tx, proposal).await?, evidence))
    }

    async fn proposed(&self, tx: &mut Tx, proposal: Proposal) -> Result<Proposed> {
        let product = self.product_name(tx, proposal.product_id).await?;
        let seller = self.accounts.find(tx, proposal.account_id).await?.name;
        Ok(Proposed { proposal, product, seller })
    }
}

fn told(occasion: Occasion, count: i64, (product, seller): (&Localized, &str)) -> (Localized, Localized) {
    let (en, zh) = (&product.en, &product.zh);
    match occasion {
        Occasion::Probing => (
            Localized::new(format!("Freeze proposed: {en}"), format!("建议冻结交易：{zh}")),
            Localized::new(
                format!(
                    "The system of {seller} has failed its probes on {count} days in a row. Decide under Proposals whether the \
                     trade of “{en}” is frozen (/operator/proposals)."
                ),
                format!(
                    "{seller} 的系统已连续 {count} 天拨测失败，请在“处置建议”（/operator/proposals）中决定是否冻结商品“{zh}”的交易。"
                ),
            ),
        ),
        Occasion::FailedOrders => (
            Localized::new(format!("Delisting proposed: {en}"), format!("建议强制下架：{zh}")),
            Localized::new(
                format!(
                    "{count} orders of “{en}” of {seller} have failed this month. Decide under Proposals whether it is delisted \
                     (/operator/proposals)."
                ),
                format!(
                    "{seller} 的商品“{zh}”本月已有 {count} 笔订单交付失败，请在“处置建议”（/operator/proposals）中决定是否强制下架。"
                ),
            ),
        ),
    }
}
