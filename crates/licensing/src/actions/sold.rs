//! The codes that a seller has sold, as a list.

use accounts::{Permission, Seller};
use kernel::{Error, Localized, Page, Result, Timestamp, id::InstanceId, page::PageOf};
use platform::{Tx, vault};

use super::lifecycle::context;
use crate::{
    Licensing,
    rules::{self, LicenceState},
    store::licences,
};

/// A sold code without the code itself.
pub(crate) struct SoldView {
    pub(crate) instance: InstanceId,
    pub(crate) hint: String,
    pub(crate) title: Localized,
    pub(crate) buyer: String,
    pub(crate) state: LicenceState,
    pub(crate) activated_at: Option<Timestamp>,
    pub(crate) last_seen_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Licensing {
    /// What a seller has sold, newest first: in one state or in any, or the one of a whole code.
    pub(crate) async fn sold(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (state, code): (Option<LicenceState>, Option<&str>),
        page: PageOf,
    ) -> Result<Page<SoldView>> {
        seller.may(Permission::View)?;
        let fingerprint = code.map(vault::fingerprint);
        let found = licences::sold(tx, seller.account(), (state, fingerprint.as_deref()), page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for row in found.items {
            let code =
                String::from_utf8(self.app.vault.unseal(&row.code_sealed, &context(row.id))?).map_err(Error::fault)?;
            items.push(SoldView {
                instance: row.instance_id,
                hint: rules::hint(&code),
                title: row.title.0,
                buyer: row.buyer,
                state: row.state,
                activated_at: row.activated_at,
                last_seen_at: row.last_seen_at,
                expires_at: row.expires_at,
            });
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }
}
