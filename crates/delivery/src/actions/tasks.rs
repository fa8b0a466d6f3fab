//! What sellers and the operator see of errands, what they start again and have told again, and by which names sellers' systems
//! know instances.

use std::collections::BTreeSet;

use accounts::{Member, Operator, Permission, Seller, StaffPermission};
use kernel::{
    Event, Page, Result,
    id::{AccountId, ErrandId, InstanceId},
    page::PageOf,
};
use platform::{Tx, jobs};
use serde_json::{Value, json};

use crate::{
    Deliveries,
    rules::errand::{Errand, ErrandRefused, ErrandState},
    store::errands::{self, Named},
};

/// An errand is shown in the feed of events when it is so old: those of other nodes and of transactions that took their time have
/// come in by then, so that who reads on from the last one misses none.
const SETTLED_SECONDS: i64 = 10;

/// Restarted at once at most; who has more asks again.
const RESTARTED_MOST: i64 = 200;

/// What a seller's system was or is to be told, as an event.
pub(crate) struct Told {
    pub(crate) errand: Errand,
    /// `{"type", "timestamp", "data"}`, as Standard Webhooks would bring it now.
    pub(crate) event: Value,
}

impl Deliveries {
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

    /// The errands of all sellers, or of one.
    pub(crate) async fn all_errands(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (seller, state): (Option<AccountId>, Option<ErrandState>),
        page: PageOf,
    ) -> Result<Page<Errand>> {
        operator.may_staff(StaffPermission::Support)?;
        errands::of_any(tx, (seller, state), page).await
    }

    /// What a seller's system was or is to be told after one errand, the first one first. Its program alone reads it: codes stand
    /// in it as they are told.
    pub(crate) async fn events(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (after, state): (Option<ErrandId>, Option<ErrandState>),
        limit: i64,
    ) -> Result<Vec<Told>> {
        seller.may(Permission::Integrate)?;
        let until = self.app.clock.now().plus_seconds(-SETTLED_SECONDS);
        let found = errands::told_after(tx, (seller.account(), state), (after, until), limit).await?;
        let mut told = Vec::with_capacity(found.len());
        for errand in found {
            let event = self.event_of(tx, &errand).await?.as_event();
            told.push(Told { errand, event });
        }
        Ok(told)
    }

    /// One of them for people: a code that was sold is not shown.
    pub(crate) async fn shown_event(&self, tx: &mut Tx, seller: &Seller, id: ErrandId) -> Result<Told> {
        seller.may(Permission::View)?;
        let errand = errands::find_for_seller(tx, seller.account(), id).await?;
        let request = self.event_of(tx, &errand).await?;
        Ok(Told { event: request.as_shown_event(), errand })
    }

    /// What an errand tells, however far it is: a creation that was accepted asks how far it is, and told what was bought.
    async fn event_of(&self, tx: &mut Tx, errand: &Errand) -> Result<production::Request> {
        let told = Errand { state: ErrandState::Due, ..errand.clone() };
        self.request_of(tx, &told).await
    }

    /// Tries an errand at once, at its seller's wish.
    pub(crate) async fn restart_errand(&self, tx: &mut Tx, seller: &Seller, id: ErrandId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let errand = errands::find_for_seller(tx, seller.account(), id).await?;
        self.restart_one(tx, &errand).await?;
        self.accounts.audit(tx, seller, "errand.restarted", &id.to_string(), &json!({})).await
    }

    /// The same by the operator, for a seller who asks for it.
    pub(crate) async fn restart_any(&self, tx: &mut Tx, operator: &Operator, id: ErrandId) -> Result<()> {
        operator.may_staff(StaffPermission::Support)?;
        let errand = errands::find(tx, id).await?.ok_or(kernel::Error::NotFound(kernel::Thing::Errand))?;
        self.restart_one(tx, &errand).await?;
        let detail = json!({ "account": errand.seller });
        self.accounts.audit(tx, operator, "errand.restarted", &id.to_string(), &detail).await
    }

    /// Restarts what was given up of a seller, the first one first: how many, at most so many at once.
    pub(crate) async fn restart_all(&self, tx: &mut Tx, seller: &Seller) -> Result<u32> {
        seller.may(Permission::Integrate)?;
        let mut restarted = 0;
        for errand in errands::dead_of(tx, seller.account(), RESTARTED_MOST).await? {
            match self.restart_one(tx, &errand).await {
                Ok(()) => restarted += 1,
                // Something later has made it needless.
                Err(kernel::Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let member: &Member = seller;
        let detail = json!({ "count": restarted });
        self.accounts.audit(tx, member, "errand.all_restarted", &seller.account().to_string(), &detail).await?;
        Ok(restarted)
    }

    async fn restart_one(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        let all = errands::of_line(tx, errand.line).await?;
        if errand.state == ErrandState::Dead
            && all.iter().any(|later| later.id > errand.id && later.kind.overtakes(errand.kind))
        {
            return Err(ErrandRefused::Over.into());
        }
        let again = errand.clone().restart(self.app.clock.now())?;
        errands::save(tx, errand, &again).await?;
        jobs::publish(tx, self.app.clock.now(), &Event::ErrandDue { errand: errand.id }).await
    }

    /// Tells again what was told, and what its line was told after it, at its seller's wish: how much that is.
    pub(crate) async fn replay(&self, tx: &mut Tx, seller: &Seller, id: ErrandId) -> Result<u32> {
        seller.may(Permission::Integrate)?;
        let errand = errands::find_for_seller(tx, seller.account(), id).await?;
        let now = self.app.clock.now();
        let again = errand.replayed(&errands::of_line(tx, errand.line).await?, now)?;
        for (before, after) in &again {
            errands::save(tx, before, after).await?;
            jobs::publish(tx, now, &Event::ErrandDue { errand: after.id }).await?;
        }
        let count = u32::try_from(again.len()).unwrap_or(u32::MAX);
        self.accounts.audit(tx, seller, "errand.replayed", &id.to_string(), &json!({ "count": count })).await?;
        Ok(count)
    }

    /// How its seller's system names an instance; none: it is not at one.
    pub async fn name_at_seller(&self, tx: &mut Tx, id: InstanceId) -> Result<Option<String>> {
        Ok(errands::remote_of(tx, id).await?.map(|remote| remote.remote_id))
    }

    /// Which of some names a seller's system has given to instances.
    pub async fn named(&self, tx: &mut Tx, seller: AccountId, names: &BTreeSet<&str>) -> Result<Vec<Named>> {
        errands::named(tx, seller, names).await
    }
}
