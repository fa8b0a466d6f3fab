//! What opens after its buyer's acceptance: it is offered to be looked at, then accepted, by its buyer or by the days of the rules,
//! or refused.

use accounts::{Buyer, Permission};
use instances::{EndCause, Instance};
use kernel::{
    Error, Event, Localized, Result, Timestamp,
    id::{DeliveryId, InstanceId},
};
use ledger::Difference;
use messages::Topic;
use orders::{Line, LineState};
use platform::{Tx, jobs};
use serde_json::json;

use super::term;
use crate::{
    Deliveries,
    rules::{
        Delivery, Outcome, State,
        errand::{Errand, ErrandKind},
    },
    store,
};

/// How many deliveries the audit reads at once.
const SOME: i64 = 200;

/// What begins if something is accepted now.
pub(crate) struct Accepting {
    pub(crate) instance: Instance,
    pub(crate) line: Line,
    /// By when it counts as accepted.
    pub(crate) accept_by: Timestamp,
    pub(crate) begins: Timestamp,
    /// None: it has no term.
    pub(crate) ends: Option<Timestamp>,
}

/// Who has accepted it.
#[derive(Clone, Copy)]
enum By {
    Buyer,
    /// Nobody has refused it in the days of the rules.
    Time,
}

impl Deliveries {
    /// It is there, and waits for its acceptance.
    pub(super) async fn offer(&self, tx: &mut Tx, created: Delivery, id: InstanceId) -> Result<()> {
        store::save(tx, &created.offered(id)).await?;
        let instance = self.instances.find(tx, id).await?;
        self.instances.remind_of_acceptance(tx, &instance, instance.waits_until()?).await
    }

    /// What accepting something would begin now.
    pub(crate) async fn accepting(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Accepting> {
        buyer.may(Permission::View)?;
        let instance = self.instances.find_for(tx, buyer.account(), id).await?;
        let accept_by = instance.waits_until()?;
        let line = self.orders.line(tx, instance.line).await?;
        let begins = self.app.clock.now();
        let ends = term(&line.content.quote).ends(begins, &self.policies.current().await?.zone());
        Ok(Accepting { instance, line, accept_by, begins, ends })
    }

    /// Its buyer accepts it: its term begins.
    pub(crate) async fn accept(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Instance> {
        buyer.may(Permission::Buy)?;
        let waiting = self.instances.find_for(tx, buyer.account(), id).await?;
        let accepted = self.take_up(tx, waiting, By::Buyer).await?;
        self.accounts.audit(tx, buyer, "instance.accepted", &id.to_string(), &json!({})).await?;
        Ok(accepted)
    }

    /// Its buyer is reminded, or the days are over.
    pub async fn on_acceptance_due(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let waiting = self.instances.hold(tx, id).await?;
        let Ok(accept_by) = waiting.waits_until() else { return Ok(()) };
        if self.app.clock.now() < accept_by {
            return self.instances.remind_of_acceptance(tx, &waiting, accept_by).await;
        }
        self.take_up(tx, waiting, By::Time).await.map(drop)
    }

    async fn take_up(&self, tx: &mut Tx, waiting: Instance, by: By) -> Result<Instance> {
        let now = self.app.clock.now();
        let line = self.orders.line(tx, waiting.line).await?;
        let accepted = self.instances.accept(tx, waiting, term(&line.content.quote)).await?;
        let delivery = self.offered(tx, &accepted).await?.ok_or(Error::Busy)?;
        store::save_from(tx, State::Offered, &delivery.clone().accepted(accepted.id, now)).await?;
        self.orders.line_delivered(tx, &line).await?;
        jobs::publish(tx, now, &Event::Delivered { delivery: delivery.id }).await?;
        self.tell_remote(tx, &accepted, (ErrandKind::Accept, EndCause::Expiry)).await?;
        self.tell_of_acceptance(tx, &accepted, by).await?;
        Ok(accepted)
    }

    /// Its buyer refuses it, in words for its seller. The caller gives the money back and ends the instance.
    pub async fn refuse(&self, tx: &mut Tx, waiting: &Instance, words: &str) -> Result<()> {
        waiting.waits_until()?;
        let delivery = self.offered(tx, waiting).await?.ok_or(Error::Busy)?;
        store::save_from(tx, State::Offered, &delivery.refused(words, self.app.clock.now())).await?;
        let bought = &waiting.title;
        let title = Localized::new(format!("Not accepted: {}", bought.en), format!("验收未通过：{}", bought.zh));
        let text = Localized::new(
            format!("The buyer has looked at it ({}) and refused it: {words}", waiting.id),
            format!("买家查看后拒绝验收（{}）：{words}", waiting.id),
        );
        self.messages.tell(tx, waiting.seller, Topic::Delivery, title, text).await
    }

    /// It ended before anybody accepted it, and its buyer has not refused it: its price goes back.
    pub(super) async fn never_accepted(&self, tx: &mut Tx, released: &Instance) -> Result<()> {
        let Some(delivery) = self.offered(tx, released).await? else { return Ok(()) };
        let now = self.app.clock.now();
        let outcome = Outcome::Failed { reason: "ended before it was accepted".to_owned(), at: now };
        let ended = Delivery { outcome, ..delivery };
        store::save_from(tx, State::Offered, &ended).await?;
        jobs::publish(tx, now, &Event::DeliveryFailed { delivery: ended.id }).await
    }

    /// When something was accepted, and until when it was paid from then on, as its seller's system is told; none: it is not told
    /// of that.
    pub(super) async fn accepted_at(
        &self,
        tx: &mut Tx,
        errand: &Errand,
    ) -> Result<Option<(Timestamp, Option<Timestamp>)>> {
        if errand.kind != ErrandKind::Accept {
            return Ok(None);
        }
        let Outcome::Delivered { instance, .. } = self.find(tx, errand.delivery).await?.outcome else {
            return Ok(None);
        };
        let instance = self.instances.find(tx, instance).await?;
        Ok(Some((instance.activated_at, self.accepted_until(tx, &instance).await?)))
    }

    /// The end of the term that began with an acceptance, whatever was added to it since.
    pub(super) async fn accepted_until(&self, tx: &mut Tx, accepted: &Instance) -> Result<Option<Timestamp>> {
        let line = self.orders.line(tx, accepted.line).await?;
        Ok(term(&line.content.quote).ends(accepted.activated_at, &self.policies.current().await?.zone()))
    }

    async fn offered(&self, tx: &mut Tx, instance: &Instance) -> Result<Option<Delivery>> {
        let found = store::of_line(tx, instance.line).await?;
        Ok(found.filter(|delivery| delivery.outcome.state() == State::Offered))
    }

    async fn tell_of_acceptance(&self, tx: &mut Tx, accepted: &Instance, by: By) -> Result<()> {
        let (id, bought) = (accepted.id, &accepted.title);
        let zone = self.policies.current().await?.zone();
        let until = match accepted.expires_at.map(|end| end.format("%Y-%m-%d %H:%M", &zone)) {
            Some(end) => Localized::new(
                format!("Its term has begun and ends on {end}."),
                format!("使用期限自此起算，至 {end}。"),
            ),
            None => Localized::new("It is yours from now on.", "自此正式开通。"),
        };
        let title = Localized::new(format!("Accepted: {}", bought.en), format!("已验收：{}", bought.zh));
        let (for_buyer, for_seller) = match by {
            By::Buyer => (
                Localized::new(format!("You have accepted it ({id})."), format!("您已确认验收（{id}）。")),
                Localized::new(format!("Its buyer has accepted it ({id})."), format!("买家已确认验收（{id}）。")),
            ),
            By::Time => (
                Localized::new(
                    format!("The days to look at it ({id}) are over, so that it counts as accepted."),
                    format!("验收期限已到（{id}），视为验收通过。"),
                ),
                Localized::new(
                    format!(
                        "Its buyer has not refused it ({id}) in the days of the site's rules, so that it counts as accepted."
                    ),
                    format!("买家在规定期限内未拒绝（{id}），视为验收通过。"),
                ),
            ),
        };
        let joined =
            |said: Localized| Localized::new(format!("{} {}", said.en, until.en), format!("{}{}", said.zh, until.zh));
        self.messages.tell(tx, accepted.account, Topic::Delivery, title.clone(), joined(for_buyer)).await?;
        self.messages.tell(tx, accepted.seller, Topic::Delivery, title, joined(for_seller)).await
    }

    /// The first delivery that waits for its acceptance whose line is not paid and open, or whose instance does not wait. Give it
    /// the snapshot of the ledger's audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        let mut after: Option<DeliveryId> = None;
        loop {
            let some = store::offered_after(tx, after, SOME).await?;
            let Some(last) = some.last() else { return Ok(None) };
            after = Some(last.id);
            for delivery in &some {
                let Outcome::Offered { instance } = delivery.outcome else { continue };
                let state = self.orders.line(tx, delivery.line).await?.state;
                let waits = self.instances.find(tx, instance).await?.waits_until().is_ok();
                if state != LineState::Paid || !waits {
                    let what = format!("it waits for its acceptance, and its order line is {state}");
                    return Ok(Some(Difference::new("delivery", delivery.id.to_string(), what)));
                }
            }
        }
    }
}
