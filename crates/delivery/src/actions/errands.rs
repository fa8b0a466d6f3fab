//! Errands: what sellers' systems have to be told, told, and what follows.

use instances::{EndCause, Instance, State as InstanceState};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{ErrandId, InstanceId, ProductId, ProductionCallId},
};
use orders::Line;
use platform::{Tx, jobs};
use policy::Policy;
use production::{Answer, AppInfo, Customer, Request, Trouble};
use serde_json::{Value, json};

use crate::{
    Deliveries,
    rules::{
        Delivery, Outcome, State,
        check::Target,
        errand::{About, After, Errand, ErrandKind, ErrandState, Pauses},
        told::{content, specification},
    },
    store::{
        self,
        errands::{self, Remote},
    },
};

pub(super) fn pauses(policy: &Policy) -> Pauses<'_> {
    Pauses {
        create_minutes: &policy.delivery.retry_minutes,
        calls: policy.delivery.calls,
        check_minutes: policy.changes.check_wait_minutes,
    }
}

impl Deliveries {
    /// The seller's system has to create what was bought. A delivery that has begun goes on as it is.
    pub(super) async fn begin(&self, tx: &mut Tx, delivery: &Delivery) -> Result<()> {
        if !errands::of_line(tx, delivery.line).await?.iter().any(|errand| errand.kind == ErrandKind::Create) {
            self.open_errand(tx, delivery, (ErrandKind::Create, None, EndCause::Expiry)).await?;
        }
        Ok(())
    }

    pub(super) async fn open_errand(
        &self,
        tx: &mut Tx,
        delivery: &Delivery,
        (kind, remote, cause): (ErrandKind, Option<String>, EndCause),
    ) -> Result<()> {
        let errand = Errand { remote, returned: cause == EndCause::Refund, ..self.fresh(delivery, kind) };
        self.open_one(tx, &errand).await
    }

    pub(super) fn fresh(&self, delivery: &Delivery, kind: ErrandKind) -> Errand {
        let now = self.app.clock.now();
        Errand {
            id: ErrandId::new(now),
            kind,
            line: delivery.line,
            order: delivery.order,
            account: delivery.account,
            seller: delivery.seller,
            delivery: delivery.id,
            remote: None,
            returned: false,
            refresh: None,
            change: None,
            state: ErrandState::Due,
            tries: 0,
            trouble: None,
            opened_at: now,
            due_at: now,
            ended_at: None,
        }
    }

    /// What was given up before and must not be told after this is dropped: nobody may restart it.
    pub(super) async fn open_one(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        for earlier in errands::of_line(tx, errand.line).await? {
            if earlier.state == ErrandState::Dead && errand.kind.overtakes(earlier.kind) {
                errands::save(tx, &earlier, &earlier.clone().ended(ErrandState::Dropped, errand.opened_at)).await?;
            }
        }
        errands::insert(tx, errand).await?;
        jobs::publish(tx, errand.opened_at, &Event::ErrandDue { errand: errand.id }).await
    }

    /// An errand whose turn it is: open, due, and the first of its line that changes something.
    async fn ready(&self, tx: &mut Tx, id: ErrandId) -> Result<Option<Errand>> {
        let now = self.app.clock.now();
        let Some(errand) = errands::find(tx, id).await?.filter(|errand| errand.state.is_open() && errand.due_at <= now)
        else {
            return Ok(None);
        };
        let before = errands::of_line(tx, errand.line).await?;
        Ok((!before.iter().any(|other| errand.waits_for(other))).then_some(errand))
    }

    /// An errand whose turn has not come looks again later: whoever ends before it may not know of it yet.
    async fn wait(&self, tx: &mut Tx, id: ErrandId) -> Result<()> {
        let now = self.app.clock.now();
        let Some(errand) = errands::find(tx, id).await? else { return Ok(()) };
        let before = errands::of_line(tx, errand.line).await?;
        if !errand.state.is_open() || errand.due_at > now || !before.iter().any(|other| errand.waits_for(other)) {
            return Ok(());
        }
        let minutes = i64::from(self.policies.current().await?.delivery.calls.poll_minutes.max(1));
        jobs::schedule(tx, now, now.plus_seconds(minutes * 60), &Event::ErrandDue { errand: id }).await
    }

    /// Calls the seller's system, outside of any transaction; what came waits on disk for [`Self::on_errand_due`].
    pub async fn call_out(&self, id: ErrandId) -> Result<()> {
        let mut tx = self.app.db.read();
        let Some(errand) = self.ready(&mut tx, id).await? else { return Ok(()) };
        if self.is_silent(&mut tx, &errand).await? {
            return Ok(());
        }
        let request = self.request_of(&mut tx, &errand).await?;
        self.production.call(errand.seller, id, &request).await
    }

    /// What a seller's system is asked or told by an errand, as of now.
    pub(super) async fn request_of(&self, tx: &mut Tx, errand: &Errand) -> Result<Request> {
        // What is told of a renewal or a change names its own order.
        let (order, line) = match errand.refresh.map(|refresh| refresh.line).or(errand.change) {
            Some(line) => {
                let line = self.orders.line(tx, line).await?;
                (self.orders.find(tx, line.order).await?, line)
            }
            None => (self.orders.find(tx, errand.order).await?, self.orders.line(tx, errand.line).await?),
        };
        let bought = self.bought(tx, errand).await?;
        let target = self.target_of(tx, errand.id).await?;
        let code = self.code_of(tx, errand).await?;
        let content = match errand.kind {
            ErrandKind::Notify | ErrandKind::Create => content(&line, self.buyer(tx, &line).await?),
            ErrandKind::Upgrade => specification(&line),
            ErrandKind::Check => target.as_ref().map(Target::content).unwrap_or_default(),
            ErrandKind::Accept
            | ErrandKind::Access
            | ErrandKind::Refresh
            | ErrandKind::Convert
            | ErrandKind::Freeze
            | ErrandKind::Unfreeze
            | ErrandKind::Release => Vec::new(),
        };
        let (business, number) = (ProductionCallId::new(self.app.clock.now()).to_string(), line.number(&order));
        let request = errand.request(&About {
            order: &order.number,
            line: &number,
            business: &business,
            bought,
            accepted: self.accepted_at(tx, errand).await?,
            target: target.as_ref(),
            code: code.as_deref(),
            content: &content,
        });
        self.with_sale(tx, (errand, &line), request).await
    }

    /// Who bought it, as far as its seller may know: what the order query answers too.
    async fn buyer(&self, tx: &mut Tx, line: &Line) -> Result<Value> {
        let Customer { id, name, user: _, user_name: _, mobile, email } = self.customer(tx, line).await?;
        Ok(json!({ "id": id, "name": name, "email": email, "mobile": mobile }))
    }

    /// Until when what was tried goes on, as of now.
    async fn bought(&self, tx: &mut Tx, errand: &Errand) -> Result<Option<(Timestamp, ProductId)>> {
        match errand.kind {
            ErrandKind::Convert => match self.find(tx, errand.delivery).await?.outcome {
                Outcome::Delivered { instance, .. } => {
                    let instance = self.instances.find(tx, instance).await?;
                    Ok(instance.expires_at.map(|until| (until, instance.product)))
                }
                Outcome::Due { .. } | Outcome::Offered { .. } | Outcome::Failed { .. } => Ok(None),
            },
            ErrandKind::Notify
            | ErrandKind::Create
            | ErrandKind::Accept
            | ErrandKind::Access
            | ErrandKind::Refresh
            | ErrandKind::Check
            | ErrandKind::Upgrade
            | ErrandKind::Freeze
            | ErrandKind::Unfreeze
            | ErrandKind::Release => Ok(None),
        }
    }

    /// What follows from the call that was made.
    pub async fn on_errand_due(&self, tx: &mut Tx, id: ErrandId) -> Result<()> {
        let came = self.production.take_answer(tx, id).await?;
        // Not its turn: it was restarted meanwhile, and the answer to another try has had its effect.
        let Some(errand) = self.ready(tx, id).await? else {
            self.wait(tx, id).await?;
            return self.undo_late(tx, id, came).await;
        };
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let came: std::result::Result<Answer, Trouble> = match came {
            Some(came) => came,
            // There was nothing to say.
            None if self.is_silent(tx, &errand).await? => Ok(Answer::default()),
            None => match self.production.again_at(tx, errand.seller).await? {
                Some(at) => {
                    let after = errand.clone().put_off(at, pauses(&policy), now);
                    return self.follow(tx, &errand, after).await;
                }
                None => Err(Trouble::NoAddress),
            },
        };
        let mut after = errand.clone().after(came, pauses(&policy), now);
        if let After::Created { errand: created, remote, .. } = &after
            && errands::is_taken(tx, errand.seller, remote).await?
        {
            after = created.clone().taken(pauses(&policy), now);
        }
        self.follow(tx, &errand, after).await
    }

    /// An instance that was made when its price had gone back already: the seller's system need not keep it.
    async fn undo_late(
        &self,
        tx: &mut Tx,
        id: ErrandId,
        came: Option<std::result::Result<Answer, Trouble>>,
    ) -> Result<()> {
        let Some(Ok(Answer { instance: Some(remote), .. })) = came else { return Ok(()) };
        let Some(errand) = errands::find(tx, id).await? else { return Ok(()) };
        let given_up = errand.kind == ErrandKind::Create && errand.state == ErrandState::Dead;
        let all = errands::of_line(tx, errand.line).await?;
        let known = all.iter().any(|other| other.kind == ErrandKind::Release && other.remote.as_ref() == Some(&remote));
        if !given_up || known || errands::is_taken(tx, errand.seller, &remote).await? {
            return Ok(());
        }
        let delivery = self.find(tx, errand.delivery).await?;
        self.open_errand(tx, &delivery, (ErrandKind::Release, Some(remote), EndCause::Refund)).await
    }

    async fn follow(&self, tx: &mut Tx, before: &Errand, after: After) -> Result<()> {
        let now = self.app.clock.now();
        match after {
            After::Again(next) => {
                errands::save(tx, before, &next).await?;
                jobs::schedule(tx, now, next.due_at, &Event::ErrandDue { errand: next.id }).await?;
                if next.kind.is_paid() && next.tries > before.tries {
                    self.tried_in_vain(tx, &next).await?;
                }
                Ok(())
            }
            After::Created { errand, remote, access } => self.created(tx, before, &errand, (remote, access)).await,
            After::Told { errand, access } => {
                errands::save(tx, before, &errand).await?;
                self.keep_access(tx, &errand, access).await
            }
            After::Answered { errand, came } => {
                errands::save(tx, before, &errand).await?;
                self.check_answered(tx, &errand, came).await
            }
            After::Done(errand) => {
                errands::save(tx, before, &errand).await?;
                if let Some(line) = errand.change {
                    jobs::publish(tx, now, &Event::ChangeCarriedOut { line }).await?;
                }
                self.let_the_next_go(tx, &errand).await
            }
            After::GivenUp(errand) => self.given_up(tx, before, errand).await.map(drop),
        }
    }

    /// The seller's system has it: the buyer owns it from now on.
    async fn created(
        &self,
        tx: &mut Tx,
        before: &Errand,
        errand: &Errand,
        (remote, access): (String, Option<AppInfo>),
    ) -> Result<()> {
        let now = self.app.clock.now();
        errands::save(tx, before, &Errand { remote: Some(remote.clone()), ..errand.clone() }).await?;
        let delivery = self.find(tx, errand.delivery).await?;
        if delivery.outcome.state() != State::Due {
            // The money has gone back meanwhile: the seller's system need not keep it.
            return self.open_errand(tx, &delivery, (ErrandKind::Release, Some(remote), EndCause::Refund)).await;
        }
        let line = self.orders.line(tx, errand.line).await?;
        let instance = self.give(tx, &line).await?;
        let row = Remote {
            line_id: line.id,
            account_id: line.account,
            seller_id: line.seller,
            delivery_id: delivery.id,
            instance_id: instance,
            remote_id: remote.clone(),
            access_sealed: None,
            told_at: None,
        };
        if !errands::insert_remote(tx, &row).await? {
            return Err(Error::Busy);
        }
        let created = Delivery { tries: errand.tries, ..delivery.clone() };
        if line.content.accept_days().is_some() {
            self.offer(tx, created, instance).await?;
        } else {
            store::save(tx, &created.delivered(instance, now)).await?;
            self.orders.line_delivered(tx, &line).await?;
            jobs::publish(tx, now, &Event::Delivered { delivery: delivery.id }).await?;
        }
        match access {
            Some(access) => self.keep_access(tx, errand, Some(access)).await,
            None => self.open_errand(tx, &delivery, (ErrandKind::Access, Some(remote), EndCause::Expiry)).await,
        }
    }

    /// It was not created in the time of the rules: the money goes back, and what was begun is released.
    async fn never_created(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        let delivery = self.find(tx, errand.delivery).await?;
        if delivery.outcome.state() == State::Due {
            let reason = errand.trouble.as_ref().map(Trouble::code).unwrap_or_default();
            let tried = Delivery { tries: errand.tries.saturating_sub(1), ..delivery.clone() };
            self.end(tx, tried, &reason).await?;
        }
        match &errand.remote {
            Some(remote) => {
                let wanted = (ErrandKind::Release, Some(remote.clone()), EndCause::Refund);
                self.open_errand(tx, &delivery, wanted).await
            }
            None => Ok(()),
        }
    }

    /// What waited for this errand of the same line is due.
    async fn let_the_next_go(&self, tx: &mut Tx, ended: &Errand) -> Result<()> {
        let all = errands::of_line(tx, ended.line).await?;
        // Who only asks waits for nobody, and wakes nobody.
        let waits = |other: &&Errand| other.id > ended.id && other.state.is_open() && !other.kind.only_asks();
        match all.iter().find(waits) {
            Some(next) => jobs::publish(tx, self.app.clock.now(), &Event::ErrandDue { errand: next.id }).await,
            None => Ok(()),
        }
    }

    /// The job of an errand failed through our own fault until it was laid aside. True: money goes back to a buyer.
    pub async fn on_errand_given_up(&self, tx: &mut Tx, id: ErrandId) -> Result<bool> {
        let Some(errand) = errands::find(tx, id).await?.filter(|errand| errand.state.is_open()) else {
            return Ok(false);
        };
        let dead = errand.clone().ended(ErrandState::Dead, self.app.clock.now());
        self.given_up(tx, &errand, dead).await
    }

    /// An errand is not tried again by itself. One that a later one has overtaken is over for good, and nobody is asked to
    /// restart it. True: money goes back to a buyer.
    async fn given_up(&self, tx: &mut Tx, before: &Errand, dead: Errand) -> Result<bool> {
        let all = errands::of_line(tx, dead.line).await?;
        if all.iter().any(|later| later.id > dead.id && later.kind.overtakes(dead.kind)) {
            let dropped = Errand { state: ErrandState::Dropped, ..dead };
            errands::save(tx, before, &dropped).await?;
            self.let_the_next_go(tx, &dropped).await?;
            return Ok(false);
        }
        errands::save(tx, before, &dead).await?;
        match dead.kind {
            ErrandKind::Create => {
                self.never_created(tx, &dead).await?;
                Ok(true)
            }
            ErrandKind::Upgrade => {
                let now = self.app.clock.now();
                // A term that is paid back is not told either, where it has a call of its own.
                for other in all.iter().filter(|other| other.state.is_open() && other.tells_of(dead.change)) {
                    errands::save(tx, other, &other.clone().ended(ErrandState::Dropped, now)).await?;
                }
                if let Some(line) = dead.change {
                    jobs::publish(tx, now, &Event::ChangeFailed { line }).await?;
                }
                self.let_the_next_go(tx, &dead).await?;
                Ok(true)
            }
            // Its buyer is told when looking for the answer.
            ErrandKind::Check => {
                self.check_answered(tx, &dead, Err(Trouble::NotReady)).await?;
                Ok(false)
            }
            ErrandKind::Notify
            | ErrandKind::Accept
            | ErrandKind::Access
            | ErrandKind::Refresh
            | ErrandKind::Convert
            | ErrandKind::Freeze
            | ErrandKind::Unfreeze
            | ErrandKind::Release => {
                self.tell_of_dead(tx, &dead).await?;
                self.let_the_next_go(tx, &dead).await?;
                Ok(false)
            }
        }
    }

    /// Its term is over: the seller's system keeps its buyer out.
    pub async fn on_instance_expired(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let instance = self.instances.find(tx, id).await?;
        match instance.state {
            InstanceState::Expired { .. } => {
                self.tell_remote(tx, &instance, (ErrandKind::Freeze, EndCause::Expiry)).await
            }
            InstanceState::Pending { .. }
            | InstanceState::Active
            | InstanceState::Grace { .. }
            | InstanceState::Released { .. } => Ok(()),
        }
    }

    /// It is over for good, by its term or because it was given back.
    pub async fn on_instance_released(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let instance = self.instances.find(tx, id).await?;
        match instance.state {
            InstanceState::Released { cause, .. } => {
                let line = errands::remote_of(tx, id).await?.map_or(instance.line, |remote| remote.line_id);
                let now = self.app.clock.now();
                // Nor may anybody restart what was given up.
                let needless = |errand: &&Errand| errand.state.is_open() || errand.state == ErrandState::Dead;
                for errand in errands::of_line(tx, line).await?.iter().filter(needless) {
                    errands::save(tx, errand, &errand.clone().ended(ErrandState::Dropped, now)).await?;
                }
                self.never_accepted(tx, &instance).await?;
                self.tell_remote(tx, &instance, (ErrandKind::Release, cause)).await
            }
            InstanceState::Pending { .. }
            | InstanceState::Active
            | InstanceState::Grace { .. }
            | InstanceState::Expired { .. } => Ok(()),
        }
    }

    /// Nobody may use it for now: what was used of it is not paid.
    pub async fn freeze(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        self.tell_remote(tx, instance, (ErrandKind::Freeze, EndCause::Expiry)).await
    }

    pub(super) async fn tell_remote(
        &self,
        tx: &mut Tx,
        instance: &Instance,
        (kind, cause): (ErrandKind, EndCause),
    ) -> Result<()> {
        match self.addressee(tx, instance, kind).await? {
            Some((delivery, remote)) => self.open_errand(tx, &delivery, (kind, remote, cause)).await,
            None => Ok(()),
        }
    }
}
