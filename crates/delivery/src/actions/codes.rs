//! Who is told of an instance: the system that keeps it, or, of an authorisation code, the system of a seller who wants to know.

use instances::Instance;
use kernel::{Error, Result};
use platform::Tx;
use policy::AccessType;

use crate::{
    Deliveries,
    rules::{
        Delivery, Outcome,
        errand::{Errand, ErrandKind},
    },
    store::{self, errands},
};

impl Deliveries {
    /// By which delivery an instance is known at its seller's system, and under which name; none: nobody is told such a thing of
    /// it. What is told of codes is told at its seller's wish, and names the code.
    pub(super) async fn addressee(
        &self,
        tx: &mut Tx,
        instance: &Instance,
        kind: ErrandKind,
    ) -> Result<Option<(Delivery, Option<String>)>> {
        if let Some(remote) = errands::remote_of(tx, instance.id).await? {
            // What was bought after a trial is known by the order of its purchase; it was delivered by that of its trial.
            let delivery = Delivery { order: instance.order, ..self.find(tx, remote.delivery_id).await? };
            return Ok(Some((delivery, Some(remote.remote_id))));
        }
        let wanted = kind.of_code().filter(|_| instance.access_type == AccessType::License);
        let Some(scenario) = wanted else { return Ok(None) };
        if !self.production.takes(tx, instance.seller, scenario).await? {
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
            Outcome::Due { .. } | Outcome::Failed { .. } => None,
        };
        code.map(Some).ok_or_else(|| Error::fault("a code is to be told that nobody has"))
    }
}
