//! What sellers see of their errands, what they start again, and by which names their systems know instances.

use std::collections::BTreeSet;

use accounts::{Permission, Seller};
use kernel::{
    Event, Page, Result,
    id::{AccountId, ErrandId, InstanceId},
    page::PageOf,
};
use platform::{Tx, jobs};
use serde_json::json;

use crate::{
    Deliveries,
    rules::errand::{Errand, ErrandRefused, ErrandState},
    store::errands::{self, Named},
};

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

    /// Tries an errand at once, at its seller's wish.
    pub(crate) async fn restart_errand(&self, tx: &mut Tx, seller: &Seller, id: ErrandId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let errand = errands::find_for_seller(tx, seller.account(), id).await?;
        let all = errands::of_line(tx, errand.line).await?;
        if errand.state == ErrandState::Dead
            && all.iter().any(|later| later.id > id && later.kind.overtakes(errand.kind))
        {
            return Err(ErrandRefused::Over.into());
        }
        let again = errand.clone().restart(self.app.clock.now())?;
        errands::save(tx, &errand, &again).await?;
        self.accounts.audit(tx, seller, "errand.restarted", &id.to_string(), &json!({})).await?;
        jobs::publish(tx, self.app.clock.now(), &Event::ErrandDue { errand: id }).await
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
