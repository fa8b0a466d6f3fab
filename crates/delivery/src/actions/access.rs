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
        Outcome,
        errand::{Errand, ErrandKind},
    },
    store::errands,
};

/// How a buyer gets into an instance, as far as the seller's system has told.
pub(crate) struct WayIn {
    pub(crate) access: Option<AppInfo>,
    /// When the seller's system told it last; none: not yet.
    pub(crate) told_at: Option<Timestamp>,
    pub(crate) asking: bool,
}

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
