//! Who is told of an instance: the system that keeps it, or, of an authorisation code, the system of a seller who wants to know.

use instances::Instance;
use kernel::{Error, Result};
use platform::Tx;
use policy::AccessType;

use crate::{
    Deliveries,
    rules::{
        Delivery, Outcome,
        errand::{Errand, ErrandKind, is_frozen},
    },
    store::{self, errands},
};

impl Deliveries {
    /// Who is told such a thing of an instance; none: nobody is. What is told of codes is told at its seller's wish.
    pub(super) async fn addressee(
        &self,
        tx: &mut Tx,
        instance: &Instance,
        kind: ErrandKind,
    ) -> Result<Option<(Delivery, Option<String>)>> {
        if instance.access_type == AccessType::License
            && let Some(scenario) = kind.of_code()
        {
            let told = match kind {
                // Whoever was told to freeze a code is told when it works again, whatever its seller wants by now: nobody else
                // would unfreeze it. Who was not has nothing to undo.
                ErrandKind::Unfreeze => self.is_told_frozen(tx, instance).await?,
                ErrandKind::Notify
                | ErrandKind::Create
                | ErrandKind::Accept
                | ErrandKind::Access
                | ErrandKind::Refresh
                | ErrandKind::Convert
                | ErrandKind::Check
                | ErrandKind::Upgrade
                | ErrandKind::Freeze
                | ErrandKind::Release => self.production.takes(tx, instance.seller, scenario).await?,
            };
            if !told {
                return Ok(None);
            }
        }
        self.keeper(tx, instance).await
    }

    /// Whether the last that a seller's system was told, or is to be told, of who may use an instance is that nobody may.
    pub(super) async fn is_told_frozen(&self, tx: &mut Tx, instance: &Instance) -> Result<bool> {
        let line = errands::remote_of(tx, instance.id).await?.map_or(instance.line, |remote| remote.line_id);
        Ok(is_frozen(&errands::of_line(tx, line).await?))
    }

    /// By which delivery an instance is known at its seller's system, and under which name. A code has none but itself.
    pub(super) async fn keeper(&self, tx: &mut Tx, instance: &Instance) -> Result<Option<(Delivery, Option<String>)>> {
        if let Some(remote) = errands::remote_of(tx, instance.id).await? {
            // What was bought after a trial is known by the order of its purchase; it was delivered by that of its trial.
            let delivery = Delivery { order: instance.order, ..self.find(tx, remote.delivery_id).await? };
            return Ok(Some((delivery, Some(remote.remote_id))));
        }
        if instance.access_type != AccessType::License {
            return Ok(None);
        }
        Ok(store::of_line(tx, instance.line).await?.map(|delivery| (delivery, None)))
    }

    /// The authorisation code that an errand is about. It is kept sealed, and read when it is told.
    pub(super) async fn code_of(&self, tx: &mut Tx, errand: &Errand) -> Result<Option<String>> {
        if !errand.is_of_code() {
            return Ok(None);
        }
        let code = match self.find(tx, errand.delivery).await?.outcome {
            Outcome::Delivered { instance, .. } => self.licensing.code_of(tx, instance).await?,
            Outcome::Due { .. } | Outcome::Offered { .. } | Outcome::Failed { .. } => None,
        };
        code.map(Some).ok_or_else(|| Error::fault("a code is to be told that nobody has"))
    }
}
