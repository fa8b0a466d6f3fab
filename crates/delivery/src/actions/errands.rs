//! Errands: what sellers' systems have to be told, told, and what follows.

use accounts::{Buyer, Permission, Seller};
use instances::{EndCause, Instance, State as InstanceState};
use kernel::{
    Error, Event, Localized, Page, Result, Timestamp,
    id::{AccountId, ErrandId, InstanceId, ProductionCallId},
    page::PageOf,
};
use messages::Topic;
use platform::{Tx, jobs};
use policy::Policy;
use production::{Answer, AppInfo, Trouble};
use serde_json::json;

use crate::{
    Deliveries,
    rules::{
        Delivery, Outcome, State,
        errand::{After, Errand, ErrandKind, ErrandState, Pauses},
    },
    store::{
        self,
        errands::{self, Remote},
    },
};

/// How a buyer gets into an instance, as far as the seller's system has told.
pub(crate) struct WayIn {
    pub(crate) access: Option<AppInfo>,
    /// When the seller's system told it last; none: not yet.
    pub(crate) told_at: Option<Timestamp>,
    pub(crate) asking: bool,
}

fn pauses(policy: &Policy) -> Pauses<'_> {
    Pauses { create_minutes: &policy.delivery.retry_minutes, calls: policy.delivery.calls }
}

/// What access data are sealed to.
fn context(instance: InstanceId) -> String {
    format!("access/{instance}")
}

fn why(errand: &Errand) -> Localized {
    errand.trouble.as_ref().map(Trouble::for_seller).unwrap_or_default()
}

impl Deliveries {
    /// The seller's system has to create what was bought. A delivery that has begun goes on as it is.
    pub(super) async fn begin(&self, tx: &mut Tx, delivery: &Delivery) -> Result<()> {
        if errands::of_line(tx, delivery.line).await?.is_empty() {
            self.open_errand(tx, delivery, (ErrandKind::Create, None, EndCause::Expiry)).await?;
        }
        Ok(())
    }

    async fn open_errand(
        &self,
        tx: &mut Tx,
        delivery: &Delivery,
        (kind, remote, cause): (ErrandKind, Option<String>, EndCause),
    ) -> Result<()> {
        let now = self.app.clock.now();
        let errand = Errand {
            id: ErrandId::new(now),
            kind,
            line: delivery.line,
            order: delivery.order,
            account: delivery.account,
            seller: delivery.seller,
            delivery: delivery.id,
            remote,
            returned: cause == EndCause::Refund,
            state: ErrandState::Due,
            tries: 0,
            trouble: None,
            opened_at: now,
            due_at: now,
            ended_at: None,
        };
        errands::insert(tx, &errand).await?;
        jobs::publish(tx, now, &Event::ErrandDue { errand: errand.id }).await
    }

    /// An errand whose turn it is: open, due, and the first of its line that changes something.
    async fn ready(&self, tx: &mut Tx, id: ErrandId) -> Result<Option<Errand>> {
        let now = self.app.clock.now();
        let Some(errand) = errands::find(tx, id).await?.filter(|errand| errand.state.is_open() && errand.due_at <= now)
        else {
            return Ok(None);
        };
        let before = errands::of_line(tx, errand.line).await?;
        let waits = before.iter().any(|other| {
            other.id < id
                && other.state.is_open()
                && other.kind != ErrandKind::Access
                && errand.kind != ErrandKind::Access
        });
        Ok((!waits).then_some(errand))
    }

    /// Calls the seller's system, outside of any transaction; what came waits on disk for [`Self::on_errand_due`].
    pub async fn call_out(&self, id: ErrandId) -> Result<()> {
        let mut tx = self.app.db.read();
        let Some(errand) = self.ready(&mut tx, id).await? else { return Ok(()) };
        let order = self.orders.find(&mut tx, errand.order).await?;
        let line = self.orders.line(&mut tx, errand.line).await?.number(&order);
        let business = ProductionCallId::new(self.app.clock.now()).to_string();
        let request = errand.request((&order.number, &line), &business);
        self.production.call(errand.seller, id, &request).await
    }

    /// What follows from the call that was made.
    pub async fn on_errand_due(&self, tx: &mut Tx, id: ErrandId) -> Result<()> {
        let came = self.production.take_answer(tx, id).await?;
        // Not its turn: it was restarted meanwhile, and the answer to another try has had its effect.
        let Some(errand) = self.ready(tx, id).await? else { return self.undo_late(tx, id, came).await };
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let came: std::result::Result<Answer, Trouble> = match came {
            Some(came) => came,
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
                if next.kind == ErrandKind::Create && next.tries > before.tries {
                    self.tried_in_vain(tx, &next).await?;
                }
                Ok(())
            }
            After::Created { errand, remote, access } => self.created(tx, before, &errand, (remote, access)).await,
            After::Told { errand, access } => {
                errands::save(tx, before, &errand).await?;
                self.keep_access(tx, &errand, access).await
            }
            After::Done(errand) => {
                errands::save(tx, before, &errand).await?;
                self.let_the_next_go(tx, &errand).await
            }
            After::GivenUp(errand) => {
                errands::save(tx, before, &errand).await?;
                match errand.kind {
                    ErrandKind::Create => self.never_created(tx, &errand).await,
                    ErrandKind::Access | ErrandKind::Freeze | ErrandKind::Unfreeze | ErrandKind::Release => {
                        self.tell_of_dead(tx, &errand).await?;
                        self.let_the_next_go(tx, &errand).await
                    }
                }
            }
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
        let delivered = Delivery { tries: errand.tries, ..delivery.clone() }.delivered(instance, now);
        store::save(tx, &delivered).await?;
        self.orders.line_delivered(tx, &line).await?;
        jobs::publish(tx, now, &Event::Delivered { delivery: delivery.id }).await?;
        match access {
            Some(access) => self.keep_access(tx, errand, Some(access)).await,
            None => self.open_errand(tx, &delivery, (ErrandKind::Access, Some(remote), EndCause::Expiry)).await,
        }
    }

    async fn keep_access(&self, tx: &mut Tx, errand: &Errand, access: Option<AppInfo>) -> Result<()> {
        let delivery = self.find(tx, errand.delivery).await?;
        let Outcome::Delivered { instance, .. } = delivery.outcome else { return Ok(()) };
        let sealed = match access {
            Some(access) => {
                let text = serde_json::to_vec(&access).map_err(Error::fault)?;
                Some(self.app.vault.seal(&text, &context(instance))?)
            }
            None => None,
        };
        errands::save_access(tx, errand.line, sealed, self.app.clock.now()).await
    }

    /// A try to create it failed and another one follows.
    async fn tried_in_vain(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        let delivery = self.find(tx, errand.delivery).await?;
        let code = errand.trouble.as_ref().map(Trouble::code);
        let tried = Delivery { tries: errand.tries, outcome: Outcome::Due { last_error: code }, ..delivery };
        store::save(tx, &tried).await?;
        let zone = self.policies.current().await?.zone();
        let next = errand.due_at.format("%Y-%m-%d %H:%M", &zone);
        let why = why(errand);
        let bought = self.orders.line(tx, errand.line).await?.content.title;
        let title = Localized::new(
            format!("Your system did not create: {}", bought.en),
            format!("贵方系统未能开通：{}", bought.zh),
        );
        let text = Localized::new(
            format!("{} It is tried again at {next}. You can restart it at once under Your system, Tasks.", why.en),
            format!("{} 将于 {next} 自动重试，也可在“生产接口”的“任务”中立即重新启动。", why.zh),
        );
        self.messages.tell(tx, errand.seller, Topic::Delivery, title, text).await
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

    async fn tell_of_dead(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        let (en, zh) = match errand.kind {
            ErrandKind::Create | ErrandKind::Access => ("tell how the buyer gets in", "返回访问信息"),
            ErrandKind::Freeze => ("freeze", "冻结实例"),
            ErrandKind::Unfreeze => ("unfreeze", "解冻实例"),
            ErrandKind::Release => ("release", "释放实例"),
        };
        let why = why(errand);
        let bought = self.orders.line(tx, errand.line).await?.content.title;
        let title = Localized::new(
            format!("Your system did not {en}: {}", bought.en),
            format!("贵方系统未能{zh}：{}", bought.zh),
        );
        let text = Localized::new(
            format!(
                "{} It is not tried again by itself. Mend it, then restart it under Your system, Tasks. What stays usable meanwhile is at your cost.",
                why.en
            ),
            format!(
                "{} 系统不再自动重试。请排除问题后在“生产接口”的“任务”中重新启动，期间资源仍可使用所造成的损失由贵方承担。",
                why.zh
            ),
        );
        self.messages.tell(tx, errand.seller, Topic::Delivery, title, text).await
    }

    /// What waited for this errand of the same line is due.
    async fn let_the_next_go(&self, tx: &mut Tx, ended: &Errand) -> Result<()> {
        let all = errands::of_line(tx, ended.line).await?;
        match all.iter().find(|other| other.id > ended.id && other.state.is_open()) {
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
        errands::save(tx, &errand, &dead).await?;
        let pays_back = errand.kind == ErrandKind::Create;
        if pays_back {
            self.never_created(tx, &dead).await?;
        } else {
            self.tell_of_dead(tx, &dead).await?;
            self.let_the_next_go(tx, &dead).await?;
        }
        Ok(pays_back)
    }

    /// Its term is over: the seller's system keeps its buyer out.
    pub async fn on_instance_expired(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let instance = self.instances.find(tx, id).await?;
        match instance.state {
            InstanceState::Expired { .. } => {
                self.tell_remote(tx, &instance, (ErrandKind::Freeze, EndCause::Expiry)).await
            }
            InstanceState::Active | InstanceState::Released { .. } => Ok(()),
        }
    }

    /// It is over for good, by its term or because it was given back.
    pub async fn on_instance_released(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let instance = self.instances.find(tx, id).await?;
        match instance.state {
            InstanceState::Released { cause, .. } => {
                let now = self.app.clock.now();
                // Nor may anybody restart what was given up.
                let needless = |errand: &&Errand| errand.state.is_open() || errand.state == ErrandState::Dead;
                for errand in errands::of_line(tx, instance.line).await?.iter().filter(needless) {
                    errands::save(tx, errand, &errand.clone().ended(ErrandState::Dropped, now)).await?;
                }
                self.tell_remote(tx, &instance, (ErrandKind::Release, cause)).await
            }
            InstanceState::Active | InstanceState::Expired { .. } => Ok(()),
        }
    }

    /// Nobody may use it for now: what was used of it is not paid.
    pub async fn freeze(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let instance = self.instances.find(tx, id).await?;
        self.tell_remote(tx, &instance, (ErrandKind::Freeze, EndCause::Expiry)).await
    }

    /// It can be used again.
    pub async fn unfreeze(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let instance = self.instances.find(tx, id).await?;
        self.tell_remote(tx, &instance, (ErrandKind::Unfreeze, EndCause::Expiry)).await
    }

    async fn tell_remote(&self, tx: &mut Tx, instance: &Instance, (kind, cause): (ErrandKind, EndCause)) -> Result<()> {
        let Some(remote) = errands::remote_of(tx, instance.id).await? else { return Ok(()) };
        let delivery = self.find(tx, remote.delivery_id).await?;
        self.open_errand(tx, &delivery, (kind, Some(remote.remote_id), cause)).await
    }

    pub(crate) async fn errands(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        state: Option<ErrandState>,
        page: PageOf,
    ) -> Result<Page<Errand>> {
        seller.may(Permission::View)?;
        errands::of_seller(tx, seller.account(), state, page).await
    }

    /// Tries an errand at once, at its seller's wish.
    pub(crate) async fn restart_errand(&self, tx: &mut Tx, seller: &Seller, id: ErrandId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let errand = errands::find_for_seller(tx, seller.account(), id).await?;
        let again = errand.clone().restart(self.app.clock.now())?;
        errands::save(tx, &errand, &again).await?;
        self.accounts.audit(tx, seller, "errand.restarted", &id.to_string(), &json!({})).await?;
        jobs::publish(tx, self.app.clock.now(), &Event::ErrandDue { errand: id }).await
    }

    /// How its seller's system names an instance; none: it is not at one.
    pub async fn name_at_seller(&self, tx: &mut Tx, id: InstanceId) -> Result<Option<String>> {
        Ok(errands::remote_of(tx, id).await?.map(|remote| remote.remote_id))
    }

    /// Whether a seller's system has an instance of this name.
    pub async fn is_named(&self, tx: &mut Tx, seller: AccountId, name: &str) -> Result<bool> {
        errands::is_taken(tx, seller, name).await
    }

    /// How the buyer gets into an instance; none: it is not at a seller's system.
    pub(crate) async fn way_in(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Option<WayIn>> {
        buyer.may(Permission::View)?;
        self.instances.find_for(tx, buyer.account(), id).await?;
        let Some(remote) = errands::remote_of(tx, id).await? else { return Ok(None) };
        let all = errands::of_line(tx, remote.line_id).await?;
        let asking = all.iter().any(|errand| errand.kind == ErrandKind::Access && errand.state.is_open());
        let access = match remote.access_sealed {
            Some(sealed) => {
                let text = self.app.vault.unseal(&sealed, &context(id))?;
                Some(serde_json::from_slice(&text).map_err(Error::fault)?)
            }
            None => None,
        };
        Ok(Some(WayIn { access, told_at: remote.told_at, asking }))
    }

    /// Shows the buyer name and password, and writes down that they were shown.
    pub(crate) async fn reveal_access(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<AppInfo> {
        buyer.may(Permission::Use)?;
        let way = self.way_in(tx, buyer, id).await?;
        let access = way.and_then(|way| way.access).ok_or(Error::NotFound(kernel::Thing::Instance))?;
        self.accounts.audit(tx, buyer, "instance.access_shown", &id.to_string(), &json!({})).await?;
        Ok(access)
    }

    /// Asks the seller's system again how the buyer gets in. While it is being asked, nothing more is needed.
    pub(crate) async fn ask_access(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<()> {
        buyer.may(Permission::Use)?;
        let way = self.way_in(tx, buyer, id).await?.ok_or(Error::NotFound(kernel::Thing::Instance))?;
        let instance = self.instances.find(tx, id).await?;
        if way.asking || matches!(instance.state, InstanceState::Released { .. }) {
            return Ok(());
        }
        self.tell_remote(tx, &instance, (ErrandKind::Access, EndCause::Expiry)).await
    }
}
