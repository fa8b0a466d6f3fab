//! How buyers get into what runs at a seller's system.

use accounts::{Buyer, Permission};
use instances::{EndCause, State as InstanceState};
use kernel::{Error, Result, Thing, Timestamp, id::InstanceId};
use platform::Tx;
use production::AppInfo;
use serde_json::json;

use crate::{
    Deliveries,
    rules::{
        Delivery, Outcome,
        errand::{After, Errand, ErrandKind},
    },
    store::errands,
};

use super::errands::pauses;

/// How a buyer gets into an instance, as far as the seller's system has told.
pub(crate) struct WayIn {
    pub(crate) access: Option<AppInfo>,
    /// When the seller's system told it last; none: not yet.
    pub(crate) told_at: Option<Timestamp>,
    pub(crate) asking: bool,
}

/// A page that is opened again sooner asks nobody.
const GLANCE_SECONDS: i64 = 60;

/// What access data are sealed to.
fn context(instance: InstanceId) -> String {
    format!("access/{instance}")
}

impl Deliveries {
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
        let access = way.and_then(|way| way.access).ok_or(Error::NotFound(Thing::Instance))?;
        self.accounts.audit(tx, buyer, "instance.access_shown", &id.to_string(), &json!({})).await?;
        Ok(access)
    }

    /// Asks the seller's system again how the buyer gets in. While it is being asked, nothing more is needed.
    pub(crate) async fn ask_access(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<()> {
        buyer.may(Permission::Use)?;
        let way = self.way_in(tx, buyer, id).await?.ok_or(Error::NotFound(Thing::Instance))?;
        let instance = self.instances.find(tx, id).await?;
        if way.asking || matches!(instance.state, InstanceState::Released { .. }) {
            return Ok(());
        }
        self.tell_remote(tx, &instance, (ErrandKind::Access, EndCause::Expiry)).await
    }

    /// Asks the seller's system how the buyer gets in because the page of an instance was opened: links for one sign-in and changed
    /// passwords are as they are now. At most once a minute, not while it is asked anyway, and for a few seconds, outside of any
    /// transaction; what is not answered leaves what is known.
    pub(crate) async fn glance(&self, buyer: &Buyer, id: InstanceId) -> Result<()> {
        buyer.may(Permission::Use)?;
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        let instance = self.instances.find_for(&mut tx, buyer.account(), id).await?;
        let Some(remote) = errands::remote_of(&mut tx, id).await? else { return Ok(()) };
        let usable = matches!(instance.state, InstanceState::Active | InstanceState::Grace { .. });
        let all = errands::of_line(&mut tx, remote.line_id).await?;
        let told = all.iter().any(|errand| errand.state.is_open());
        let last = now.plus_seconds(-GLANCE_SECONDS);
        if !usable || told || !errands::claim_glance(&mut tx, remote.line_id, last, now).await? {
            return Ok(());
        }
        let delivery = Delivery { order: instance.order, ..self.find(&mut tx, remote.delivery_id).await? };
        let question = Errand { remote: Some(remote.remote_id), ..self.fresh(&delivery, ErrandKind::Access) };
        let request = self.request_of(&mut tx, &question).await?;
        tx.commit().await?;
        let Some(answer) = self.production.glance(instance.seller, &request).await? else { return Ok(()) };
        let policy = self.policies.current().await?;
        if let After::Told { errand, access } = question.after(Ok(answer), pauses(&policy), self.app.clock.now()) {
            let mut tx = self.app.db.begin().await?;
            self.keep_access(&mut tx, &errand, access).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    pub(super) async fn keep_access(&self, tx: &mut Tx, errand: &Errand, access: Option<AppInfo>) -> Result<()> {
        let delivery = self.find(tx, errand.delivery).await?;
        let instance = match delivery.outcome {
            Outcome::Offered { instance } | Outcome::Delivered { instance, .. } => instance,
            Outcome::Due { .. } | Outcome::Failed { .. } => return Ok(()),
        };
        let sealed = match access {
            Some(access) => {
                let text = serde_json::to_vec(&access).map_err(Error::fault)?;
                Some(self.app.vault.seal(&text, &context(instance))?)
            }
            None => None,
        };
        errands::save_access(tx, errand.line, sealed, self.app.clock.now()).await
    }
}
