//! Who sellers are, for buyers, for other capabilities and for themselves.

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{Error, Page, Result, Thing, Timestamp, id::AccountId, page::PageOf};
use platform::{Tx, http::IfMatch};
use sqlx::types::Json;

use crate::{
    Certification, SellerRow, Sellers,
    rules::{SellerRefused, information::FinanceContact},
    store::{certifications, profiles as store},
};

/// What everybody may know of a seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SellerProfile {
    pub account: AccountId,
    /// The company.
    pub name: String,
    pub introduction: Option<String>,
    pub website: Option<String>,
    pub service_phone: Option<String>,
    pub service_email: Option<String>,
    pub service_hours: Option<String>,
    /// Where it may sell: the regions of its certified business information.
    pub regions: Vec<String>,
    /// The codes of the contracting entities that it is certified for.
    pub entities: Vec<String>,
    pub admitted_at: Timestamp,
}

impl SellerProfile {
    fn of(seller: SellerRow, certified: &[Certification]) -> Self {
        let information = seller.information.0;
        let mut regions: Vec<String> = certified.iter().flat_map(|one| one.regions.0.clone()).collect();
        regions.sort_unstable();
        regions.dedup();
        Self {
            account: seller.account_id,
            name: seller.name,
            introduction: information.introduction,
            website: information.website,
            service_phone: information.service_phone,
            service_email: information.service_email,
            service_hours: information.service_hours,
            regions,
            entities: certified.iter().map(|one| one.entity.clone()).collect(),
            admitted_at: seller.admitted_at,
        }
    }
}

impl Sellers {
    /// What everybody may know of a seller.
    pub async fn profile(&self, tx: &mut Tx, account: AccountId) -> Result<SellerProfile> {
        let seller = self.admitted(tx, account).await?;
        Ok(SellerProfile::of(seller, &certifications::certified(tx, account).await?))
    }

    /// Refuses until business information is certified for at least one contracting entity.
    pub async fn may_publish(&self, tx: &mut Tx, account: AccountId) -> Result<()> {
        self.admitted(tx, account).await?;
        let certified = certifications::certified(tx, account).await?;
        if certified.is_empty() { Err(SellerRefused::BusinessInformationMissing.into()) } else { Ok(()) }
    }

    /// Everything that holds of the seller who asks.
    pub async fn own(&self, tx: &mut Tx, seller: &Seller) -> Result<SellerRow> {
        seller.may(Permission::View)?;
        self.admitted(tx, seller.account()).await
    }

    /// The finance contact takes effect at once.
    pub async fn set_finance_contact(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        seen: IfMatch,
        contact: &FinanceContact,
    ) -> Result<SellerRow> {
        seller.may(Permission::RunShop)?;
        contact.check()?;
        let before = self.admitted(tx, seller.account()).await?;
        seen.check(before.version)?;
        store::set_finance_contact(tx, &before, contact).await?;
        Ok(SellerRow { finance_contact: Some(Json(contact.clone())), version: before.version + 1, ..before })
    }

    /// All sellers, for the operator.
    pub async fn list(&self, tx: &mut Tx, operator: &Operator, page: PageOf) -> Result<Page<SellerRow>> {
        operator.may_staff(StaffPermission::View)?;
        store::list(tx, page).await
    }

    /// Sellers whose business information failed too often in a row.
    pub(crate) async fn blocked(&self, tx: &mut Tx, operator: &Operator, page: PageOf) -> Result<Page<SellerRow>> {
        operator.may_staff(StaffPermission::View)?;
        let most = self.policies.current().await?.sellers.business_information_failures_max;
        store::failed(tx, most, page).await
    }

    pub async fn seller_for_operator(&self, tx: &mut Tx, operator: &Operator, account: AccountId) -> Result<SellerRow> {
        operator.may_staff(StaffPermission::View)?;
        self.admitted(tx, account).await
    }

    pub(super) async fn admitted(&self, tx: &mut Tx, account: AccountId) -> Result<SellerRow> {
        store::find(tx, account).await?.ok_or(Error::NotFound(Thing::Seller))
    }
}
