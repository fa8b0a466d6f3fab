//! Asking sellers' systems whether something could be renewed with another specification, before anything is paid.

use instances::Instance;
use kernel::{
    Result,
    id::{ErrandId, OrderLineId},
    time::HOUR,
};
use platform::Tx;
use production::Trouble;

use crate::{
    Deliveries,
    rules::{
        Delivery,
        check::{self, ChangeCheck, CheckRefused, CheckState, Target},
        errand::{Errand, ErrandKind},
    },
    store::{checks, errands},
};

impl Deliveries {
    /// Whether the system that runs an instance can be asked about another specification: about just that, or about any.
    pub async fn can_ask(
        &self,
        tx: &mut Tx,
        instance: &Instance,
        about: Option<&Target>,
    ) -> Result<std::result::Result<(), CheckRefused>> {
        let form = match errands::remote_of(tx, instance.id).await? {
            Some(_) => self.production.asked_in(tx, instance.seller).await?,
            None => None,
        };
        Ok(check::has_words(form, about))
    }

    /// What its seller's system said to just that, as far as it still tells anything; a question that nobody answers in time
    /// is over.
    pub async fn change_check(&self, tx: &mut Tx, instance: &Instance, target: &Target) -> Result<Option<ChangeCheck>> {
        let rules = self.policies.current().await?.changes;
        let last = checks::last(tx, instance.id, target).await?;
        let stands = last.and_then(|check| Some((check.stands(rules, self.app.clock.now())?, check)));
        Ok(stands.map(|(state, check)| ChangeCheck { state, ..check }))
    }

    /// Asks, unless just that is being asked or was agreed to. The answer comes later.
    pub async fn ask_change(&self, tx: &mut Tx, instance: &Instance, target: Target) -> Result<ChangeCheck> {
        // Whoever asks of the same instance comes after this one.
        self.instances.hold(tx, instance.id).await?;
        match self.change_check(tx, instance, &target).await? {
            Some(known) if matches!(known.state, CheckState::Asked | CheckState::Passed) => return Ok(known),
            Some(_) | None => {}
        }
        self.can_ask(tx, instance, Some(&target)).await??;
        let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Err(CheckRefused::NoWords.into()) };
        let now = self.app.clock.now();
        let last_hour = checks::since(tx, instance.id, now.plus_micros(-HOUR)).await?;
        check::may_ask(&last_hour, self.policies.current().await?.changes, now)?;
        let delivery = Delivery { order: instance.order, ..self.find(tx, remote.delivery_id).await? };
        let errand = Errand { remote: Some(remote.remote_id), ..self.fresh(&delivery, ErrandKind::Check) };
        self.open_one(tx, &errand).await?;
        let asked = ChangeCheck {
            errand: errand.id,
            instance: instance.id,
            account: instance.account,
            seller: instance.seller,
            target,
            state: CheckState::Asked,
            said: None,
            asked_at: now,
            answered_at: None,
            used_by: None,
        };
        checks::insert(tx, &asked).await?;
        Ok(asked)
    }

    /// An order was paid on a yes: it counts for no other one.
    pub async fn spend_check(&self, tx: &mut Tx, check: &ChangeCheck, line: OrderLineId) -> Result<()> {
        checks::spend(tx, check.errand, line).await
    }

    /// What a question asks.
    pub(super) async fn target_of(&self, tx: &mut Tx, errand: ErrandId) -> Result<Option<Target>> {
        Ok(checks::find(tx, errand).await?.map(|check| check.target))
    }

    /// A question is over.
    pub(super) async fn check_answered(
        &self,
        tx: &mut Tx,
        errand: &Errand,
        came: std::result::Result<(), Trouble>,
    ) -> Result<()> {
        let (state, said) = match came {
            Ok(()) => (CheckState::Passed, None),
            Err(no) if no.is_no() => (CheckState::Refused, self.production.said(tx, errand.seller, errand.id).await?),
            Err(_) => (CheckState::Unanswered, None),
        };
        checks::answer(tx, errand.id, (state, said), self.app.clock.now()).await
    }
}
