//! Codes with which sellers try their software, without an order.

use std::collections::BTreeMap;

use accounts::{Permission, Seller};
use kernel::{Error, Result, Thing, id::LicenceId};
use platform::Tx;

use crate::{
    Licensing,
    rules::{Licence, LicenceEventKind, LicenceKind, LicenceRefused, State},
    store::{
        days::{self, Total},
        licences,
    },
};

/// A test code with its activation and heartbeat state.
pub(crate) struct TestCode {
    pub(crate) licence: Licence,
    pub(crate) code: String,
    pub(crate) seen: Total,
}

impl Licensing {
    /// Makes test codes, as many as the policy leaves room for.
    pub async fn request_test_codes(&self, tx: &mut Tx, seller: &Seller, count: u32) -> Result<Vec<Licence>> {
        seller.may(Permission::Integrate)?;
        let most = self.policies.current().await?.open_api.test_codes_max;
        let present = u32::try_from(licences::test_codes(tx, seller.account()).await?.len()).map_err(Error::fault)?;
        if present.saturating_add(count) > most {
            return Err(LicenceRefused::TestCodesUsedUp(present).into());
        }
        let now = self.app.clock.now();
        let mut made = Vec::new();
        for _ in 0..count {
            let (licence, sealed) = self.fresh(now, |id, fingerprint| Licence {
                id,
                kind: LicenceKind::Test,
                account: seller.account(),
                seller: seller.account(),
                instance: None,
                order: None,
                product: None,
                sku_code: "TEST".to_owned(),
                attributes: BTreeMap::new(),
                quantities: BTreeMap::new(),
                fingerprint,
                issued_at: now,
                ordered_at: now,
                expires_at: None,
                usable_until: None,
                state: State::Created,
                version: 1,
            })?;
            licences::insert(tx, &licence, sealed).await?;
            licences::add_event(tx, &licence, LicenceEventKind::Issued, now, None).await?;
            made.push(licence);
        }
        Ok(made)
    }

    pub(crate) async fn test_codes(&self, tx: &mut Tx, seller: &Seller) -> Result<Vec<TestCode>> {
        seller.may(Permission::Integrate)?;
        let mut codes = Vec::new();
        for licence in licences::test_codes(tx, seller.account()).await? {
            let code = self.code(tx, licence.id).await?;
            let seen = days::total(tx, &licence).await?;
            codes.push(TestCode { licence, code, seen });
        }
        Ok(codes)
    }

    /// The seller's test codes as texts, newest first.
    pub async fn own_test_codes(&self, tx: &mut Tx, seller: &Seller) -> Result<Vec<String>> {
        Ok(self.test_codes(tx, seller).await?.into_iter().map(|test| test.code).collect())
    }

    /// Ends a test code, which makes room for another.
    pub async fn delete_test_code(&self, tx: &mut Tx, seller: &Seller, id: LicenceId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let now = self.app.clock.now();
        let codes = licences::test_codes(tx, seller.account()).await?;
        let found = codes.into_iter().find(|licence| licence.id == id).and_then(|licence| licence.release(now));
        let released = found.ok_or(Error::NotFound(Thing::TestCode))?;
        self.save(tx, &released, LicenceEventKind::Released, now).await
    }
}
