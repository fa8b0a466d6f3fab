//! Delisting and freezing by the operator: taken with reasons, appealed once, decided by somebody else, ended.

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{
    Error, Event, Invalid, Localized, Page, Result, Thing,
    id::{AccountId, DocumentId, MeasureId, ProductId},
    page::PageOf,
};
use messages::Topic;
use platform::{Tx, jobs};
use serde_json::json;

use crate::{
    Catalogue, ProductState,
    rules::{self, AppealOutcome, MeasureKind, MeasureRefused, MeasureState, STATEMENT_MAX, Statement},
    store::{
        self,
        measures::{self, Measure},
    },
};

/// A measure with the names of whom and what it is about.
pub(crate) struct Taken {
    pub(crate) measure: Measure,
    pub(crate) product: Localized,
    pub(crate) seller: String,
}

impl Catalogue {
    /// Delists a product or freezes its trade, at once.
    pub(crate) async fn take_measure(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: ProductId,
        statement: &Statement,
    ) -> Result<Measure> {
        operator.may_staff(StaffPermission::Review)?;
        let now = self.app.clock.now();
        statement.check(now)?;
        let product = store::find_product(tx, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        match product.state {
            ProductState::OnSale | ProductState::Frozen | ProductState::Delisted => {}
            ProductState::Draft | ProductState::OffSale => return Err(MeasureRefused::NotListed.into()),
        }
        let policy = self.policies.current().await?;
        let Statement { kind, rule, facts, remedy, until } = statement;
        let measure = Measure {
            id: MeasureId::new(now),
            account_id: product.account_id,
            product_id: id,
            kind: *kind,
            state: MeasureState::InForce,
            rule: rule.trim().to_owned(),
            facts: facts.trim().to_owned(),
            remedy: remedy.trim().to_owned(),
            taken_at: now,
            taken_by: operator.user(),
            until: *until,
            appeal_until: policy.review_due(now, policy.review.appeal_window_days),
            appeal: None,
            appeal_document_id: None,
            appealed_at: None,
            appealed_by: None,
            appeal_due_at: None,
            ended_at: None,
            decided_at: None,
            decided_by: None,
            answer: None,
        };
        measures::hold(tx, id).await?;
        measures::insert(tx, &measure).await?;
        self.stand_anew(tx, id).await?;
        self.overtake_proposals(tx, id, Some(*kind)).await?;
        if let Some(until) = until {
            jobs::schedule(tx, now, *until, &Event::MeasureEndDue { measure: measure.id }).await?;
        }
        let detail =
            json!({ "product": id, "kind": kind, "rule": measure.rule, "facts": measure.facts, "until": until });
        self.accounts.audit(tx, operator, "measure.taken", &measure.id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::MeasureMoved { measure: measure.id }).await?;
        Ok(measure)
    }

    /// Gives a product the state that the measures against it leave.
    async fn stand_anew(&self, tx: &mut Tx, product: ProductId) -> Result<()> {
        let state = rules::standing_under(&measures::that_hold(tx, product).await?);
        measures::set_state(tx, product, state).await
    }

    /// The seller says why a measure is wrong.
    pub(crate) async fn appeal(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: MeasureId,
        (text, document): (&str, Option<DocumentId>),
    ) -> Result<Measure> {
        seller.may(Permission::List)?;
        let before = measures::find_for(tx, seller.account(), id).await?;
        let mut wrong = Invalid::default();
        wrong.length(text, 1, STATEMENT_MAX, "text");
        if let Some(document) = document
            && let Err(Error::NotFound(_)) = self.documents.find_for(tx, seller.account(), document).await
        {
            wrong.check(false, "document", ("is not a document of yours", "不是本账号上传的文件"));
        }
        wrong.done()?;
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let after = Measure {
            state: before.state.appeal(before.appeal_until, now)?,
            appeal: Some(text.trim().to_owned()),
            appeal_document_id: document,
            appealed_at: Some(now),
            appealed_by: Some(seller.user()),
            appeal_due_at: Some(policy.review_due(now, policy.review.appeal_days)),
            ..before.clone()
        };
        measures::save(tx, &after, before.state).await?;
        let detail = json!({ "product": after.product_id, "text": text.trim() });
        self.accounts.audit(tx, seller, "measure.appealed", &id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::MeasureMoved { measure: id }).await?;
        Ok(after)
    }

    /// Decides on an appeal; whoever took the measure may not.
    pub(crate) async fn decide_appeal(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: MeasureId,
        (outcome, answer): (AppealOutcome, &str),
    ) -> Result<Measure> {
        let measure = self.any_measure(tx, operator, id, answer).await?;
        let state = measure.state.decide(outcome, measure.taken_by, operator.user())?;
        self.move_on(tx, operator, measure, (state, answer)).await
    }

    /// Ends a measure early, because its reason is gone or was none.
    pub(crate) async fn lift_measure(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        id: MeasureId,
        answer: &str,
    ) -> Result<Measure> {
        let measure = self.any_measure(tx, operator, id, answer).await?;
        let state = measure.state.lift()?;
        self.move_on(tx, operator, measure, (state, answer)).await
    }

    async fn any_measure(&self, tx: &mut Tx, operator: &Operator, id: MeasureId, answer: &str) -> Result<Measure> {
        operator.may_staff(StaffPermission::Review)?;
        let mut wrong = Invalid::default();
        wrong.length(answer, 1, STATEMENT_MAX, "reason");
        wrong.done()?;
        measures::find(tx, id).await?.ok_or(Error::NotFound(Thing::Measure))
    }

    async fn move_on(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        before: Measure,
        (state, answer): (MeasureState, &str),
    ) -> Result<Measure> {
        let now = self.app.clock.now();
        let after = Measure {
            state,
            decided_at: Some(now),
            decided_by: Some(operator.user()),
            answer: Some(answer.trim().to_owned()),
            ended_at: (!state.holds()).then_some(now),
            ..before.clone()
        };
        measures::hold(tx, after.product_id).await?;
        measures::save(tx, &after, before.state).await?;
        self.stand_anew(tx, after.product_id).await?;
        let action = if state == MeasureState::Upheld { "measure.upheld" } else { "measure.lifted" };
        let detail = json!({ "product": after.product_id, "from": before.state, "answer": answer.trim() });
        self.accounts.audit(tx, operator, action, &after.id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::MeasureMoved { measure: after.id }).await?;
        Ok(after)
    }

    /// The time of a measure is over.
    pub async fn on_measure_end_due(&self, tx: &mut Tx, id: MeasureId) -> Result<()> {
        let Some(before) = measures::find(tx, id).await? else { return Ok(()) };
        let now = self.app.clock.now();
        if !before.state.holds() || before.until.is_none_or(|until| until > now) {
            return Ok(());
        }
        let after = Measure { state: MeasureState::Expired, ended_at: Some(now), ..before.clone() };
        measures::hold(tx, after.product_id).await?;
        measures::save(tx, &after, before.state).await?;
        self.stand_anew(tx, after.product_id).await?;
        jobs::publish(tx, now, &Event::MeasureMoved { measure: id }).await
    }

    pub(crate) async fn own_measure(&self, tx: &mut Tx, seller: &Seller, id: MeasureId) -> Result<Taken> {
        seller.may(Permission::View)?;
        let measure = measures::find_for(tx, seller.account(), id).await?;
        self.taken(tx, measure).await
    }

    /// The measures against a seller's products, or against one of them.
    pub(crate) async fn own_measures(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        product: Option<ProductId>,
        page: PageOf,
    ) -> Result<Page<Taken>> {
        seller.may(Permission::View)?;
        self.taken_of(tx, (Some(seller.account()), product), None, page).await
    }

    pub(crate) async fn all_measures(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        state: Option<MeasureState>,
        page: PageOf,
    ) -> Result<Page<Taken>> {
        operator.may_staff(StaffPermission::View)?;
        self.taken_of(tx, (None, None), state, page).await
    }

    pub(crate) async fn inspect_measure(&self, tx: &mut Tx, operator: &Operator, id: MeasureId) -> Result<Taken> {
        operator.may_staff(StaffPermission::View)?;
        let measure = measures::find(tx, id).await?.ok_or(Error::NotFound(Thing::Measure))?;
        self.taken(tx, measure).await
    }

    async fn taken_of(
        &self,
        tx: &mut Tx,
        whose: (Option<AccountId>, Option<ProductId>),
        state: Option<MeasureState>,
        page: PageOf,
    ) -> Result<Page<Taken>> {
        let found = measures::list(tx, whose, state, page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for measure in found.items {
            items.push(self.taken(tx, measure).await?);
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    async fn taken(&self, tx: &mut Tx, measure: Measure) -> Result<Taken> {
        let product = self.product_name(tx, measure.product_id).await?;
        let seller = self.accounts.find(tx, measure.account_id).await?.name;
        Ok(Taken { measure, product, seller })
    }

    /// What a product is called that a measure is to be taken against, and who sells it.
    pub(crate) async fn accused(&self, tx: &mut Tx, operator: &Operator, id: ProductId) -> Result<(Localized, String)> {
        operator.may_staff(StaffPermission::Review)?;
        let product = store::find_product(tx, id).await?.ok_or(Error::NotFound(Thing::Product))?;
        Ok((self.product_name(tx, id).await?, self.accounts.find(tx, product.account_id).await?.name))
    }

    /// Tells whom it concerns where a measure stands: the seller, or the operator of an appeal.
    pub async fn on_measure_moved(&self, tx: &mut Tx, id: MeasureId) -> Result<()> {
        let Some(measure) = measures::find(tx, id).await? else { return Ok(()) };
        let policy = self.policies.current().await?;
        let day = |moment: kernel::Timestamp| moment.format("%Y-%m-%d %H:%M", &policy.zone());
        let Taken { measure, product, seller } = self.taken(tx, measure).await?;
        let answer = measure.answer.clone().unwrap_or_default();
        let (title, text) = match measure.state {
            MeasureState::InForce => (
                heading(&measure, &product),
                statement(&measure, &product, &day(measure.appeal_until), measure.until.map(day)),
            ),
            MeasureState::Appealed => {
                let due = measure.appeal_due_at.map(day).unwrap_or_default();
                let title = Localized::new(format!("Appeal: {}", product.en), format!("申诉：{}", product.zh));
                let text = Localized::new(
                    format!(
                        "{seller} appeals the measure against “{}”. Somebody else than who took it has to decide by {due}.",
                        product.en
                    ),
                    format!(
                        "{seller} 对商品“{}”的处置提出申诉，须由作出处置以外的审核员在 {due} 前完成审核。",
                        product.zh
                    ),
                );
                return self.messages.tell_operator(tx, Topic::Product, title, text).await;
            }
            MeasureState::Upheld => (
                Localized::new(format!("Appeal not granted: {}", product.en), format!("申诉未通过：{}", product.zh)),
                Localized::new(
                    format!("The measure against “{}” stays in force. The operator says: {answer}", product.en),
                    format!("商品“{}”的处置维持不变，审核意见：{answer}", product.zh),
                ),
            ),
            MeasureState::Lifted => (
                Localized::new(format!("Lifted: {}", product.en), format!("处置已解除：{}", product.zh)),
                Localized::new(
                    format!("The measure against “{}” was lifted. The operator says: {answer}", product.en),
                    format!("商品“{}”的处置已解除，审核意见：{answer}", product.zh),
                ),
            ),
            MeasureState::Expired => (
                Localized::new(format!("Over: {}", product.en), format!("处置已到期：{}", product.zh)),
                Localized::new(
                    format!("The time of the measure against “{}” is over.", product.en),
                    format!("商品“{}”的处置期限已结束。", product.zh),
                ),
            ),
        };
        self.messages.tell(tx, measure.account_id, Topic::Product, title, text).await
    }
}

fn heading(measure: &Measure, product: &Localized) -> Localized {
    match measure.kind {
        MeasureKind::Delisting => {
            Localized::new(format!("Delisted: {}", product.en), format!("商品被下架：{}", product.zh))
        }
        MeasureKind::Freeze => {
            Localized::new(format!("Trade frozen: {}", product.en), format!("商品被冻结交易：{}", product.zh))
        }
    }
}

/// The statement of reasons as the seller reads it.
fn statement(measure: &Measure, product: &Localized, appeal_until: &str, until: Option<String>) -> Localized {
    let Measure { kind, rule, facts, remedy, .. } = measure;
    let (en, zh) = match kind {
        MeasureKind::Delisting => ("has been delisted: nobody finds or buys it", "已被强制下架，买家无法查看或购买"),
        MeasureKind::Freeze => ("cannot be bought for a while: its trade is frozen", "已被冻结交易，暂时不能购买"),
    };
    let (ends_en, ends_zh) = match until {
        Some(until) => (format!("until {until}"), format!("至 {until}")),
        None => ("until it is lifted".to_owned(), "至处置解除".to_owned()),
    };
    Localized::new(
        format!(
            "“{}” {en}, {ends_en}.\n- Rule: {rule}\n- Facts: {facts}\n- What you can do: {remedy}\n\
             You may appeal once, until {appeal_until}. What was bought runs on, and you keep serving it.",
            product.en
        ),
        format!(
            "商品“{}”{zh}，期限：{ends_zh}。\n- 违反的规则：{rule}\n- 事实：{facts}\n- 整改要求：{remedy}\n\
             您可在 {appeal_until} 前申诉一次。已售出的资源不受影响，须继续提供服务。",
            product.zh
        ),
    )
}
